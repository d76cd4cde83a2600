# The app's own bin/pre-compile and bin/post-compile, run around every buildpack.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them
#
# Two spellings, two owners. bin/pre-compile and bin/post-compile (hyphen) are the platform's. bin/pre_compile and
# bin/post_compile (underscore) belong to buildpacks that run them from their own compile, as Heroku's Python buildpack
# does. A file is never run by both: the underscore file is left to such a buildpack, and where both spellings are one
# file, by link or by content, the buildpack's run counts. In a list where no buildpack runs it, an underscore file
# is treated as if it were spelt with a hyphen.

hooks_ran=""     # for the note of the buildpack's step
hooks_skipped="" # files that were explained already

# Runs the hook of STAGE (pre or post) for one buildpack; a failure is returned in hooks_failed as "file status".
hooks_failed=""
hooks::run() {
	local stage="${1}" index="${2}" status=0 file
	hooks_failed=""
	hooks::choose "${stage}"
	file="${hooks_choice}"
	[[ -n "${file}" ]] || return 0
	output::step "Running ${stage}-compile hook for ${request_names[index]} (${file})"
	chmod -f +x -- "${workspace_build_dir}/${file}" || true
	environment::for_hook
	process::command_of "${workspace_build_dir}/${file}"
	process::run "${workspace_build_dir}" 0 "${process_command[@]}" || status="$?"
	hooks_ran+="${hooks_ran:+, }${file}"
	((status == 0)) || hooks_failed="${file} ${status}"
}

# Sets hooks_choice to the file that the platform runs for STAGE, or empties it.
hooks_choice=""
hooks::choose() {
	local hyphen="bin/${1}-compile" underscore="bin/${1}_compile"
	hooks_choice=""
	if [[ ! -f "${workspace_build_dir}/${underscore}" ]]; then
		[[ ! -f "${workspace_build_dir}/${hyphen}" ]] || hooks_choice="${hyphen}"
	elif [[ ! -f "${workspace_build_dir}/${hyphen}" ]]; then
		hooks::has_runner "${1}_compile" || hooks_choice="${underscore}"
	elif hooks::same "${hyphen}" "${underscore}" && hooks::has_runner "${1}_compile"; then
		hooks::explain_skip "${hyphen}" "${underscore}"
	else
		hooks_choice="${hyphen}"
	fi
}

# Whether two files of the app are one: the same inode, a link, or equal bytes.
hooks::same() {
	local one="${workspace_build_dir}/${1}" other="${workspace_build_dir}/${2}"
	[[ "${one}" -ef "${other}" ]] || cmp -s -- "${one}" "${other}"
}

# Whether a buildpack of this build runs the underscore file itself: its code, comments aside, has the file's name as
# a word. Tests, fixtures and prose of a buildpack mention many a file that its compile never runs.
hooks::has_runner() {
	local word="${1}" index
	for index in "${detection_plan[@]}"; do
		if grep -rhIw --exclude='*.md' --exclude-dir={.git,.github,test,tests,spec,fixtures,docs,vendor} -e "${word}" \
			-- "${request_directories[index]}" 2>/dev/null | grep -qv '^[[:space:]]*#'; then
			return 0
		fi
	done
	return 1
}

hooks::explain_skip() {
	local hyphen="${1}" underscore="${2}"
	[[ "${hooks_skipped}" != *"${hyphen}"* ]] || return 0
	hooks_skipped+=" ${hyphen}"
	output::detail "${hyphen} is not run separately: it is the same file as ${underscore}, which a buildpack runs itself."
}
