# One buildpack's turn: pre-compile hook, compile, export, post-compile hook, release, report.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

buildpack_compiled=() # indexes of those whose compile was started
buildpack_labels=()   # what detect printed, by index; the buildpack's name where it printed nothing

# Runs detect and returns its status, its stdout's first line in buildpack_labels, its stderr in a file.
buildpack::detect() {
	local index="${1}" status=0 label=""
	local said="${workspace_run_dir}/detect.${index}.out" complained="${workspace_run_dir}/detect.${index}.err"
	environment::for_compile "${index}"
	buildpack::run "${index}" "${request_detect_seconds}" detect "${workspace_build_dir}" \
		>"${said}" 2>"${complained}" || status="$?"
	if [[ -n "${process_overran}" ]]; then
		printf 'bin/detect did not answer within %s seconds and was stopped.\n' "${request_detect_seconds}" >>"${complained}"
	fi
	IFS= read -r -n 200 label <"${said}" || true
	label="${label//[[:cntrl:]]/}"
	buildpack_labels[index]="${label:-${request_names[index]}}"
	return "${status}"
}

# Runs bin/SCRIPT of a buildpack in its own root for at most so many seconds.
buildpack::run() {
	local index="${1}" seconds="${2}" script="${3}"
	local directory="${request_directories[index]}"
	shift 3
	process::command_of "${directory}/bin/${script}"
	process::run "${directory}" "${seconds}" "${process_command[@]}" "$@"
}

buildpack::build() {
	local index="${1}"
	hooks_ran=""
	detection::confirm "${index}"
	hooks::run pre "${index}"
	[[ -z "${hooks_failed}" ]] || buildpack::fail_hook "${index}" ""
	workspace::check "${index}" "The pre-compile hook"
	buildpack::compile "${index}"
	exports::carry "${index}"
	hooks::run post "${index}"
	[[ -z "${hooks_failed}" ]] || {
		buildpack::report "${index}"
		buildpack::fail_hook "${index}" "${buildpack_failure_reason}"
	}
	workspace::check "${index}" "The post-compile hook"
	buildpack::release "${index}"
	buildpack::report "${index}"
	events::end "done" "${hooks_ran:+ran ${hooks_ran}}"
}

buildpack::compile() {
	local index="${1}" status=0
	cache::ensure
	buildpack::prefetch_after "${index}"
	environment::for_compile "${index}"
	buildpack_compiled+=("${index}")
	buildpack::run "${index}" 0 compile "${workspace_build_dir}" "${cache_dir}" "${workspace_env_dir}" || status="$?"
	if ((status != 0)); then
		buildpack::report "${index}"
		limits::explain
		verdict::fail compile "${request_names[index]}" "${status}" \
			"The ${request_names[index]} buildpack failed to compile the app (exit status ${status}).
${limits_sentence:-The lines above say why; correct that and deploy again.}" "${buildpack_failure_reason:-${limits_cause}}"
	fi
	workspace::check "${index}" "The ${request_names[index]} buildpack"
}

# The buildpack that comes next may fetch what it will need while this one compiles: bin/slipway-prefetch, a name that no
# other platform's buildpack has. It gets what compile gets, may write in CACHE_DIR alone, and whatever becomes of it, its
# own compile does what is left to do.
buildpack::prefetch_after() {
	local index="${1}" next="" position script
	for ((position = 0; position + 1 < ${#detection_plan[@]}; position++)); do
		[[ "${detection_plan[position]}" != "${index}" ]] || next="${detection_plan[position + 1]}"
	done
	[[ -n "${next}" ]] || return 0
	script="${request_directories[next]}/bin/slipway-prefetch"
	[[ -f "${script}" ]] || return 0
	environment::for_compile "${next}"
	process::command_of "${script}"
	process::run_beside "${request_directories[next]}" 0 "${process_command[@]}" \
		"${workspace_build_dir}" "${cache_dir}" "${workspace_env_dir}"
}

buildpack::fail_hook() {
	local index="${1}" detail="${2}" file status
	read -r file status <<<"${hooks_failed}"
	limits::explain
	verdict::fail hook "${request_names[index]}" "${status}" \
		"${file} failed with exit status ${status}; it ran for the ${request_names[index]} buildpack.
${limits_sentence:-The lines above say why; correct that and deploy again.}" "${detail:-${limits_cause}}"
}

# Runs bin/release where there is one. Only the last buildpack's default process types count.
buildpack_release_file=""
buildpack::release() {
	local index="${1}" status=0
	buildpack_release_file="${workspace_run_dir}/release.${index}"
	: >"${buildpack_release_file}"
	[[ -f "${request_directories[index]}/bin/release" ]] || return 0
	environment::for_release "${index}"
	buildpack::run "${index}" "${request_release_seconds}" release "${workspace_build_dir}" \
		>"${buildpack_release_file}" || status="$?"
	((status == 0)) || buildpack::fail_release "${index}" "${status}"
}

buildpack::fail_release() {
	local index="${1}" status="${2}" what="failed with exit status ${2}"
	[[ -z "${process_overran}" ]] || what="did not answer within ${request_release_seconds} seconds and was stopped"
	buildpack::report "${index}"
	verdict::fail release "${request_names[index]}" "${status}" \
		"bin/release of the ${request_names[index]} buildpack ${what}." "${buildpack_failure_reason}"
}

# Asks a buildpack that compiled, or failed to, what it has to report. It is never shown, and its failures are ignored.
buildpack_failure_reason=""
buildpack::report() {
	local index="${1}" file="${workspace_run_dir}/report.${1}" report="{}" version
	buildpack_failure_reason=""
	if [[ -f "${request_directories[index]}/bin/report" ]]; then
		cache::ensure
		environment::for_release "${index}"
		buildpack::run "${index}" "${request_report_seconds}" report \
			"${workspace_build_dir}" "${cache_dir}" "${workspace_env_dir}" >"${file}" 2>/dev/null || true
		report="$(yaml::scalars "${file}" 2>/dev/null)" || report="{}"
	fi
	if [[ "${report}" == *'"failure_reason"'* ]]; then
		buildpack_failure_reason="$(jq -r .failure_reason <<<"${report}")"
	fi
	version="$(json::string "${request_versions[index]}")"
	events::send "{\"event\":\"buildpack\",\"index\":${index},\"version\":${version},\"report\":${report}}"
}

# The build is over, well or not, and BUILD_DIR about to go: what the next build can use of it, a buildpack takes into
# CACHE_DIR with bin/slipway-keep, a name that no other platform's buildpack has. Nobody hears what it says.
buildpack::keep() {
	local index
	for index in "${buildpack_compiled[@]}"; do
		[[ -f "${request_directories[index]}/bin/slipway-keep" ]] || continue
		cache::ensure
		environment::for_release "${index}"
		buildpack::run "${index}" "${request_report_seconds}" slipway-keep \
			"${workspace_build_dir}" "${cache_dir}" "${workspace_env_dir}" >/dev/null 2>&1 || true
	done
}
