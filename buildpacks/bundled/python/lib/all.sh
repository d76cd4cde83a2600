#!/usr/bin/env bash
# Every room of this buildpack.

# Kept trees of another version of this buildpack do not fit.
BUILDPACK_VERSION="1"

for room in output report settings index tree lend project manager version python install mistakes \
	requirements pipenv poetry uv pyproject hooks django; do
	# shellcheck source=/dev/null
	source "${BUILDPACK_DIR}/lib/${room}.sh"
done
