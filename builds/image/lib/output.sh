# Log lines in Heroku's grammar: "-----> step", seven spaces of detail, " !     " for what went wrong.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# A line may follow output of a buildpack that did not end its last one; events end a line, so nothing is lost.

output::step() {
	printf -- '-----> %s\n' "${1}"
}

output::detail() {
	printf '       %s\n' "${1}"
}

# Prints every line of its argument behind the mark of a warning.
output::warning() {
	local line
	while IFS= read -r line; do
		printf ' !     %s\n' "${line}"
	done <<<"${1}"
}

# Copies the head of a file to the log, for what a buildpack said on a stream that was set aside.
output::file() {
	local path="${1}" bytes=20000
	[[ -s "${path}" ]] || return 0
	head -c "${bytes}" -- "${path}"
	# A last line without a newline would swallow what follows.
	[[ -z "$(tail -c 1 -- "${path}" | tr -d '\0')" ]] || printf '\n'
}
