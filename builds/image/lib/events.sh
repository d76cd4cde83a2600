# The structured channel: RS, nonce, RS, one line of JSON, newline, in the log's own stream, so that order is kept.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# The nonce. It stays in this shell: not exported, in no argument list, in no file (see also lib/privacy.sh).
events_nonce=""

# Sends one event, given as a line of JSON.
events::send() {
	printf '\x1e%s\x1e%s\n' "${events_nonce}" "${1}"
}

events_step=""

events::begin() {
	events_step="${1}"
	events::send "{\"event\":\"step.begin\",\"step\":\"${events_step}\"}"
}

# Ends the open step, if there is one: done, failed or skipped, with a note for people.
events::end() {
	local state="${1}" note
	[[ -n "${events_step}" ]] || return 0
	note="$(json::string "${2:-}")"
	events::send "{\"event\":\"step.end\",\"step\":\"${events_step}\",\"state\":\"${state}\",\"note\":${note}}"
	events_step=""
}
