#!/usr/bin/env bash
# What bin/report hands to the platform: one `key: "value"` per line, also YAML.
# REPORT_FILE lies in the cache, because BUILD_DIR becomes the slug.

report::begin() {
	REPORT_FILE="${1}"
	mkdir -p "$(dirname "${REPORT_FILE}")"
	: >"${REPORT_FILE}"
	trap 'report::unexpected "${LINENO}" "${BASH_COMMAND}"' ERR
	trap 'report::end "${?}"' EXIT
}

# bash ends without a word to ERR where a variable is unset: no failure stays without a reason.
report::end() {
	local status="${1}"
	((status == 0)) || grep -qs '^failure_reason:' "${REPORT_FILE}" || report::set failure_reason "unexpected-error"
}

report::set() {
	local key="${1}" value="${2}"
	value="${value//\\/\\\\}"
	value="${value//\"/\\\"}"
	printf '%s: "%s"\n' "${key}" "${value//$'\n'/ }" >>"${REPORT_FILE}"
}

# End the build. The reason is for machines; stdin is for the user: what happened, how it comes about, what to do.
report::fail() {
	local reason="${1}"
	trap - ERR
	report::set failure_reason "${reason}"
	output::warning >&2
	exit 1
}

report::unexpected() {
	local line="${1}" command="${2}"
	report::fail "unexpected-error" <<-EOF
		The buildpack itself stopped at a command that it did not expect to fail.

		Line ${line}: ${command}

		The lines above may say why. This is not a fault of your app's code; deploy
		again with a cleared cache, and tell an administrator if it stays.
	EOF
}
