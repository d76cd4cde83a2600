# JSON without a process per value: jq takes 20 ms to start, and a build sends some twenty events.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Prints its argument as a JSON string. Bytes that are no UTF-8 become U+FFFD.
json::string() {
	local text="${1}"
	# Plain ASCII is all but a few: only the rest is worth a process.
	if [[ "${text}" == *[^\ -~]* ]]; then
		printf '%s' "${text}" | jq -Rs .
		return
	fi
	text="${text//\\/\\\\}"
	printf '"%s"' "${text//\"/\\\"}"
}

# Prints one JSON object of its arguments, taken in pairs: name, value as a string.
json::object() {
	local separator="" name value
	printf '{'
	while (($# > 0)); do
		name="$(json::string "${1}")"
		value="$(json::string "${2}")"
		printf '%s%s:%s' "${separator}" "${name}" "${value}"
		separator=","
		shift 2
	done
	printf '}'
}
