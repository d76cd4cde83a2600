# shellcheck shell=bash
# One line per step with the seconds since the start; what a step says goes to var/log/<name>.log.

SLIPWAY_STARTED="${SLIPWAY_STARTED:-${EPOCHREALTIME/[.,]/}}"
export SLIPWAY_STARTED

# Seconds with one decimal, from microseconds.
step::seconds() {
	local microseconds="${1}"
	printf '%d.%d' "$((microseconds / 1000000))" "$((microseconds / 100000 % 10))"
}

step::say() {
	local mark="${1}" text="${2}" now="${EPOCHREALTIME/[.,]/}"
	printf '[%6ss] %s %s\n' "$(step::seconds "$((now - SLIPWAY_STARTED))")" "${mark}" "${text}"
}

# End with one sentence that says what to do.
step::fail() {
	local text="${1}"
	step::say '✗' "${text}" >&2
	exit 1
}

# Say that a step still runs: after one second, then every ten, with the last line of its log.
step::watch() {
	local pid="${1}" title="${2}" log="${3}" tenths=0
	while kill -0 "${pid}" 2>/dev/null; do
		if ((tenths == 10)); then
			step::say '…' "${title}"
		elif ((tenths > 0 && tenths % 100 == 0)); then
			step::say '…' "${title}, $((tenths / 10)) s: $(tail -n 1 "${log}" | tr -d '\r' | cut -c 1-80)"
		fi
		sleep 0.1
		tenths=$((tenths + 1))
	done
}

# What a step failed of: its own last sentence if it ended with step::fail, else the end of its log.
step::why() {
	local title="${1}" status="${2}" log="${3}" last
	last="$(tail -n 1 "${log}")"
	if [[ "${last}" == *'✗ '* ]]; then
		step::say '✗' "${last#*✗ }"
	else
		step::say '✗' "${title} failed (exit status ${status}). The end of ${log}:"
		tail -n 20 "${log}" | sed 's/^/           /'
	fi
}

# step::run NAME TITLE COMMAND...: run it, show its time; on failure show why and return its status.
# COMMAND is a program, not a function: a function would run without `set -e` here.
step::run() {
	local name="${1}" title="${2}" log begun pid status=0
	shift 2
	log="${SLIPWAY_LOGS}/${name}.log"
	begun="${EPOCHREALTIME/[.,]/}"
	"${@}" >"${log}" 2>&1 </dev/null &
	pid="${!}"
	step::watch "${pid}" "${title}" "${log}"
	wait "${pid}" || status="${?}"
	if ((status != 0)); then
		step::why "${title}" "${status}" "${log}" >&2
		return "${status}"
	fi
	step::say '✓' "${title} ($(step::seconds "$((${EPOCHREALTIME/[.,]/} - begun))") s)"
}
