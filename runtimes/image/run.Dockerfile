# What instances run in: the interpreters and shared libraries of the build image, without its compilers.
ARG BASE
FROM ${BASE}
ENV LANG=C.UTF-8 HOME=/app PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
RUN useradd --uid 1000 --user-group --home-dir /app --no-create-home --shell /bin/bash slipway \
    && install -d -o slipway -g slipway /app
COPY slipway-run /usr/local/bin/slipway-run
USER slipway
WORKDIR /app
ENTRYPOINT ["/usr/local/bin/slipway-run"]
CMD ["exec bash"]
