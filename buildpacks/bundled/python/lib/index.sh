#!/usr/bin/env bash
# pip's settings, as the platform or the app's config vars give them, said in uv's words.
# No index is named here: without a setting, uv and pip use their own default.
# Sources: pip "Configuration", uv "Environment variables" and "Compatibility with pip".

# Sets INSTALLER: uv, or pip where PYTHON_INSTALLER says so.
index::choose_installer() {
	INSTALLER="$(settings::get PYTHON_INSTALLER)"
	INSTALLER="${INSTALLER:-uv}"
	if [[ "${INSTALLER}" != "uv" && "${INSTALLER}" != "pip" ]]; then
		report::fail "installer-unknown" <<-EOF
			The config var PYTHON_INSTALLER is "${INSTALLER}".

			It can be "uv", which is also the choice without it, or "pip".
		EOF
	fi
}

index::carry_over() {
	local name value
	for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_CERT PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT; do
		value="$(settings::get "${name}")"
		[[ -z "${value}" ]] || export "${name}=${value}"
	done
	index::say_to_uv
	export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off
	export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=hardlink UV_CACHE_DIR="${CACHE_DIR}/python/uv"
}

index::say_to_uv() {
	[[ -z "${PIP_INDEX_URL:-}" ]] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-${PIP_INDEX_URL}}"
	[[ -z "${PIP_EXTRA_INDEX_URL:-}" ]] || export UV_INDEX="${UV_INDEX:-${PIP_EXTRA_INDEX_URL}}"
	[[ -z "${PIP_FIND_LINKS:-}" ]] || export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS// /,}}"
	[[ -z "${PIP_NO_INDEX:-}" ]] || export UV_NO_INDEX=1
	[[ -z "${PIP_TRUSTED_HOST:-}" ]] || export UV_INSECURE_HOST="${UV_INSECURE_HOST:-${PIP_TRUSTED_HOST}}"
	[[ -z "${PIP_DEFAULT_TIMEOUT:-}" ]] || export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-${PIP_DEFAULT_TIMEOUT}}"
	[[ -z "${PIP_CERT:-}" ]] || export SSL_CERT_FILE="${SSL_CERT_FILE:-${PIP_CERT}}"
	# pip takes the best version that any of the indexes has, uv by itself stops at the first index
	export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
}

# What of the settings decides which files get installed, without anybody's password.
index::fingerprint() {
	printf '%s\n' "${UV_DEFAULT_INDEX:-}" "${UV_INDEX:-}" "${UV_FIND_LINKS:-}" "${UV_INDEX_STRATEGY}" |
		sed -E 's#://[^/@ ]*@#://#g'
}
