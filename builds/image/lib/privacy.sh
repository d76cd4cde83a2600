# Keeps the event channel's nonce from buildpacks, which run as the same user as the driver.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Continues in a copy of bash that its user may execute but not read: Linux then lets nobody of that user look into
# the process (/proc/PID/mem, environ, ptrace; see would_dump() in fs/exec.c and ptrace(2), "dumpable").
# The interpreter of a later buildpack command is an ordinary one again, so nothing changes for buildpacks.
privacy::enter() {
	# An unreadable environ is the kernel's word that the process is hidden already.
	if [[ -r /proc/self/environ && "${1:-}" != "--hidden" ]]; then
		mkdir -p -- /slipway/run
		cp -- "${BASH}" /slipway/run/bash
		chmod 0111 /slipway/run/bash
		exec /slipway/run/bash "${DRIVER}/build" --hidden
	fi
	rm -f -- /slipway/run/bash
}
