# The base of a stack where an image registry can be reached; elsewhere bin/base makes the same with mmdebstrap.
ARG FROM
FROM ${FROM}
ARG PACKAGES
COPY dpkg.cfg /etc/dpkg/dpkg.cfg.d/slipway
COPY apt.conf /etc/apt/apt.conf.d/90slipway
COPY sources.list sources-list /tmp/
COPY bundle.crt /tmp/bundle.crt
COPY host.crt /usr/local/share/ca-certificates/host.crt
RUN if [ -s /tmp/sources.list ]; then rm -f /etc/apt/sources.list.d/*; cp /tmp/sources.list /etc/apt/sources.list; fi \
    && /tmp/sources-list \
    && apt-get -o Acquire::https::CAInfo=/tmp/bundle.crt update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::https::CAInfo=/tmp/bundle.crt install -q -y --no-install-recommends ${PACKAGES} \
    && update-ca-certificates \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /tmp/*
