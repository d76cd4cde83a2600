# The broker of tasks and the bell: nothing in it needs to survive, everything can be read from the database again.
ARG BASE
FROM ${BASE}
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends redis-server \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* \
    && install -d /etc/slipway
USER nobody
CMD ["redis-server", "/etc/slipway/redis.conf"]
