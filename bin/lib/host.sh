# shellcheck shell=bash
# The machine itself: who we are on it, and Debian packages that it lacks.

# Run as root: directly, or by sudo where that asks no password.
host::root() {
	if ((EUID == 0)); then
		"${@}"
	else
		sudo -n "${@}"
	fi
}

host::may_be_root() {
	host::root true 2>/dev/null
}

host::has_apt() {
	command -v apt-get >/dev/null
}

# The lists of packages, unless they are of this hour.
host::update() {
	[[ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Release' -mmin -60 -print -quit)" ]] || return 0
	host::root apt-get --quiet update
}

# host::install PACKAGE...: install those packages, or say in one line what to install. Steps that run beside each
# other wait for each other here, since apt itself does not wait for its lists.
host::install() {
	if ! host::has_apt || ! host::may_be_root; then
		step::fail "Install these packages, then run it again: ${*}"
	fi
	exec 7>"${SLIPWAY_DATA}/apt.lock"
	flock 7
	host::update
	host::root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 --quiet --yes install --no-install-recommends "${@}" ||
		step::fail "These packages could not be installed; install them, then run it again: ${*}"
	exec 7>&-
}
