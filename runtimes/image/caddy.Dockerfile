# The router in front of all apps. Its administration is a socket inside the container: apps cannot reach it.
ARG BASE
ARG CADDY
FROM ${CADDY} AS caddy
FROM ${BASE}
COPY --from=caddy /usr/bin/caddy /usr/bin/caddy
RUN useradd --system --home-dir /var/lib/caddy --create-home caddy \
    && install -d -o caddy -g caddy /run/caddy /etc/caddy \
    && caddy version
COPY caddy.json /etc/caddy/caddy.json
RUN chown caddy:caddy /etc/caddy/caddy.json && caddy validate --config /etc/caddy/caddy.json
USER caddy
ENV HOME=/var/lib/caddy
CMD ["caddy", "run", "--config", "/etc/caddy/caddy.json"]
