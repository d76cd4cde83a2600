# shellcheck shell=bash
# Where people reach the console and the apps, and where the console is asked from this machine.

# The address at which the console listens, or one of this machine's where it listens at all of them.
address::here() {
	case "${SLIPWAY_BIND}" in
	0.0.0.0 | ::) printf '127.0.0.1' ;;
	*) printf '%s' "${SLIPWAY_BIND}" ;;
	esac
}

# The name under which the console lets itself be asked: the first that is allowed.
address::host() {
	local hosts host
	hosts="$(settings::get SLIPWAY_ALLOWED_HOSTS localhost)"
	host="${hosts%%,*}"
	host="${host#.}"
	[[ "${host}" != '*' ]] || host=localhost
	printf '%s' "${host}"
}

# Behind a server that speaks TLS it is that server's address that counts: the first origin that is trusted.
address::console() {
	local origins
	origins="$(settings::get SLIPWAY_TRUSTED_ORIGINS '')"
	[[ -n "${origins}" ]] || origins="http://$(address::host)$(address::port "${SLIPWAY_PORT}")"
	printf '%s' "${origins%%,*}"
}

address::apps() {
	printf 'http://<app>.%s%s' "$(settings::get SLIPWAY_APPS_DOMAIN localhost)" "$(address::port "${SLIPWAY_APPS_PORT}")"
}

address::port() {
	[[ "${1}" == 80 ]] || printf ':%s' "${1}"
}
