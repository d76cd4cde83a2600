# Caddy's binary from Debian unstable, which stands alone: Debian 12 and 13 ship 2.6, which drops websockets on reload.
# A mirror that is a snapshot has an index past its date; the signature is checked all the same.
ARG BASE
FROM ${BASE}
RUN uri="$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)" \
    && echo "deb ${uri} unstable main" >/tmp/unstable.list \
    && set -- -q -o Acquire::Check-Valid-Until=false -o Dir::Etc::SourceList=/tmp/unstable.list -o Dir::Etc::SourceParts=/dev/null \
    && apt-get "$@" update \
    && cd /tmp && apt-get "$@" download caddy \
    && dpkg-deb --fsys-tarfile caddy_*.deb | tar -x -C / ./usr/bin/caddy \
    && rm -rf /var/lib/apt/lists/* /tmp/*
