# Reads a Procfile: one "type: command" per line, "#" and "//" for comments.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

declare -A procfile_commands=() # by process type
procfile_types=()               # in the file's order

# Fills procfile_types and procfile_commands, or ends the build with the line that cannot be read.
procfile::read() {
	local path="${1}" line number=0
	[[ -f "${path}" ]] || procfile::fail "Procfile is not a file."
	(("$(stat -L -c %s -- "${path}")" <= 65536)) || procfile::fail "Procfile is larger than 64 KiB."
	cmp -s -- "${path}" <(iconv -f UTF-8 -t UTF-8 -- "${path}" 2>/dev/null | tr -d '\0') ||
		procfile::fail "Procfile is not UTF-8 text. Save it as plain text in UTF-8."
	while IFS= read -r line || [[ -n "${line}" ]]; do
		number=$((number + 1))
		((number > 1)) || line="${line#$'\xef\xbb\xbf'}"
		procfile::take "${number}" "$(procfile::trim "${line}")"
	done <"${path}"
}

procfile::trim() {
	local text="${1#"${1%%[![:space:]]*}"}"
	printf '%s' "${text%"${text##*[![:space:]]}"}"
}

declare -A procfile_lines=() # where a type was declared
procfile::take() {
	local number="${1}" line="${2}" type
	[[ -n "${line}" && "${line}" != "#"* && "${line}" != "//"* ]] || return 0
	[[ "${line}" != "<<<<<<<"* && "${line}" != ">>>>>>>"* && "${line}" != "=======" ]] ||
		procfile::fail "Procfile, line ${number}: a merge conflict was left in the file. Resolve it and commit."
	[[ "${line}" =~ ^([A-Za-z0-9][A-Za-z0-9_-]{0,62})[[:space:]]*:[[:space:]]*(.*)$ ]] ||
		procfile::fail "Procfile, line ${number}: expected \"type: command\", for instance \"web: gunicorn wsgi\"; found \"${line:0:80}\"."
	type="${BASH_REMATCH[1]}"
	[[ -n "${BASH_REMATCH[2]}" ]] || procfile::fail "Procfile, line ${number}: the process type \"${type}\" has no command."
	[[ -z "${procfile_lines[${type}]:-}" ]] ||
		procfile::fail "Procfile, line ${number}: the process type \"${type}\" was declared on line ${procfile_lines[${type}]} already. Remove one of them."
	procfile_lines["${type}"]="${number}"
	procfile_commands["${type}"]="${BASH_REMATCH[2]}"
	procfile_types+=("${type}")
}

procfile::fail() {
	verdict::fail procfile "" 1 "${1}" procfile-unreadable
}
