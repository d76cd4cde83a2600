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

# host::install PACKAGE...: install those packages, or say in one line what to install.
host::install() {
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q -y)
	if ! host::has_apt || ! host::may_be_root; then
		step::fail "Install these packages, then run it again: ${*}"
	fi
	host::root "${apt[@]}" update
	host::root "${apt[@]}" install --no-install-recommends "${@}" ||
		step::fail "These packages could not be installed; install them, then run it again: ${*}"
}
