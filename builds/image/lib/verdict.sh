# How a build ends: exactly one failed event, or the slug event and exit status 0.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

verdict_sent=""

# Ends the build. REASON is one of the channel's words, MESSAGE a sentence for the app's owner with what to do,
# DETAIL a machine-readable reason. Must run in the driver's own shell, never in a subshell.
verdict::fail() {
	local reason="${1}" buildpack="${2}" code="${3}" message="${4}" detail="${5:-}"
	local name text cause
	# What failed may have left its last line open.
	printf '\n'
	output::warning "${message}"
	name="$(json::string "${buildpack}")"
	text="$(json::string "${message}")"
	cause="$(json::string "${detail}")"
	events::end failed "${message%%$'\n'*}"
	events::send "{\"event\":\"failed\",\"reason\":\"${reason}\",\"buildpack\":${name},\"code\":${code},\"message\":${text},\"detail\":${cause}}"
	verdict_sent="failed"
	exit 1
}

# Ends a preview, which asks the buildpacks and builds nothing: the detected event was all that was wanted.
verdict::detected() {
	verdict_sent="detected"
	exit 0
}

# The last trap: says so when the driver itself broke, lets buildpacks keep what the next build can use, and leaves nothing
# running and no build directory behind.
verdict::end() {
	local status="$?"
	trap - EXIT
	set +e
	process::end_all
	if [[ -z "${verdict_sent}" && -n "${events_nonce}" ]]; then
		(verdict::fail driver "" "${status}" "$(verdict::excuse "${status}")" "driver-exit-${status}")
		status=1
	fi
	buildpack::keep
	cache::tell
	workspace::remove
	exit "${status}"
}

verdict::excuse() {
	local status="${1}"
	if ((status == 143)); then
		printf 'The build was stopped.'
	else
		printf 'The platform could not finish this build (driver status %s); this is not your app'\''s fault.\n' "${status}"
		printf 'Deploy again, and tell an administrator if it happens again.'
	fi
}
