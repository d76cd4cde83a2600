# The list that a source brings itself: .buildpacks, or "buildpacks" in app.json. It counts where the app has no list.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them
#
# What it names are addresses, or short names such as heroku/python. A build uses what the registry has under them, in
# the state that is pinned there: a source cannot bring in code that no administrator has looked at.

declared_file=""       # which of the two files, where one names buildpacks
declared_references=() # as they stand there
declared_index=""      # of the request's buildpacks, the one that declared::find found

declared::read() {
	local lines="${workspace_build_dir}/.buildpacks" json="${workspace_build_dir}/app.json"
	if [[ -f "${lines}" ]]; then
		mapfile -t declared_references < <(sed -e 's/[[:space:]]//g' -e '/^#/d' -e '/^$/d' -- "${lines}")
		declared_file=".buildpacks"
	elif [[ -f "${json}" ]]; then
		mapfile -t declared_references < <(jq -r "${declared_program}" "${json}" 2>/dev/null)
		declared_file="app.json"
	fi
	((${#declared_references[@]} > 0)) || declared_file=""
}

# https://devcenter.heroku.com/articles/app-json-schema#buildpacks
declared_program='(.buildpacks? // [])[] | if type == "object" then .url else . end | strings | select(. != "")'

# Sets declared_index to the buildpack that a reference means; ends the build if there is none.
declared::find() {
	local reference="${1}" wanted name=""
	wanted="$(declared::plain "${reference}")"
	for declared_index in "${!request_names[@]}"; do
		[[ -z "${request_urls[declared_index]}" || "$(declared::plain "${request_urls[declared_index]}")" != "${wanted}" ]] ||
			return 0
	done
	# Heroku's own have short names; whatever else is meant by its address alone.
	[[ ! "${wanted}" =~ ^((.*[/:])?heroku(-community)?/(heroku-buildpack-)?)?([a-z0-9][a-z0-9._-]*)$ ]] || name="${BASH_REMATCH[5]}"
	for declared_index in "${!request_names[@]}"; do
		[[ "${request_names[declared_index]}" != "${name}" ]] || return 0
	done
	declared::unknown "${reference}"
}

# Prints an address without what does not tell one repository from another.
declared::plain() {
	local text="${1%%#*}"
	text="${text%/}"
	text="${text%.git}"
	text="${text%.tgz}"
	printf '%s' "${text,,}"
}

declared::unknown() {
	local names
	printf -v names '%s, ' "${request_names[@]}"
	verdict::fail buildpack-unknown "" 1 "${declared_file} names ${1:0:200}, which is not among the buildpacks here: ${names%, }.
An administrator can add it under this address. Or choose the app's buildpacks on its page, which counts instead."
}
