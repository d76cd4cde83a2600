# An ssh server for tests, beside Git: Debian's package on the build image, so that none is installed on the machine.
ARG BUILD
FROM ${BUILD}
USER root
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends openssh-server \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_*
USER slipway
