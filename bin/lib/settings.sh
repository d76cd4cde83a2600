# shellcheck shell=bash
# Where things are, and what is set: the environment first, then the file .env, then a default.

SLIPWAY_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

# settings::get NAME DEFAULT
settings::get() {
	local name="${1}" default="${2}" value=""
	if [[ -n "${!name:-}" ]]; then
		printf '%s' "${!name}"
		return
	fi
	if [[ -r "${SLIPWAY_ROOT}/.env" ]]; then
		value="$(sed -nE "s/^(export )?${name}=//p" "${SLIPWAY_ROOT}/.env" | tail -n 1)"
		value="${value#[\"\']}"
		value="${value%[\"\']}"
	fi
	printf '%s' "${value:-${default}}"
}

# Resolve every setting that bin/ needs and hand it on to whatever is started from here.
settings::load() {
	SLIPWAY_DATA="$(settings::get SLIPWAY_DATA var)"
	[[ "${SLIPWAY_DATA}" == /* ]] || SLIPWAY_DATA="${SLIPWAY_ROOT}/${SLIPWAY_DATA}"
	SLIPWAY_LOGS="${SLIPWAY_DATA}/log"
	SLIPWAY_NAMESPACE="$(settings::get SLIPWAY_NAMESPACE slipway)"
	SLIPWAY_BIND="$(settings::get SLIPWAY_BIND 127.0.0.1)"
	SLIPWAY_PORT="$(settings::get SLIPWAY_PORT 8000)"
	SLIPWAY_APPS_PORT="$(settings::get SLIPWAY_APPS_PORT 8080)"
	SLIPWAY_TLS="$(settings::get SLIPWAY_TLS off)"
	SLIPWAY_HTTPS_PORT="$(settings::get SLIPWAY_HTTPS_PORT 8443)"
	SLIPWAY_REDIS_PORT="$(settings::get SLIPWAY_REDIS_PORT 6380)"
	SLIPWAY_DEBIAN_MIRROR="$(settings::get SLIPWAY_DEBIAN_MIRROR '')"
	SLIPWAY_CA_BUNDLE="$(settings::get SLIPWAY_CA_BUNDLE "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}")"
	export SLIPWAY_DATA SLIPWAY_LOGS SLIPWAY_NAMESPACE SLIPWAY_BIND SLIPWAY_PORT SLIPWAY_APPS_PORT SLIPWAY_REDIS_PORT
	export SLIPWAY_DEBIAN_MIRROR SLIPWAY_CA_BUNDLE SLIPWAY_TLS SLIPWAY_HTTPS_PORT
	mkdir -p "${SLIPWAY_LOGS}"
	cd "${SLIPWAY_ROOT}" || exit 1
}

settings::load
