# The process types of a slug: what its Procfile declares, else the defaults of the last buildpack.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

processes_json="{}"
processes_release="null"

processes::discover() {
	local path="${workspace_build_dir}/Procfile" pairs=() type
	output::step "Discovering process types"
	[[ ! -e "${path}" && ! -L "${path}" ]] || procfile::read "${path}"
	for type in "${procfile_types[@]}"; do
		[[ "${type}" == "release" ]] || pairs+=("${type}" "${procfile_commands[${type}]}")
	done
	[[ -z "${procfile_commands[release]:-}" ]] || processes_release="$(json::string "${procfile_commands[release]}")"
	if ((${#pairs[@]} > 0)); then
		processes_json="$(json::object "${pairs[@]}")"
		processes::declare "Procfile declares types" "${procfile_types[@]}"
	else
		processes::take_defaults
	fi
}

# A Procfile that declares only a release command leaves the default process types in force.
processes::take_defaults() {
	local index="${detection_plan[-1]}" complaint="${workspace_run_dir}/release.complaint" types=()
	processes_json="$(yaml::scalars "${buildpack_release_file}" default_process_types 2>"${complaint}")" ||
		verdict::fail release "${request_names[index]}" 1 \
			"bin/release of the ${request_names[index]} buildpack printed what is not a YAML map: $(<"${complaint}")" release-unreadable
	if [[ "${processes_release}" == "null" ]]; then
		processes_release="$(jq -c '.release' <<<"${processes_json}")"
	fi
	processes_json="$(jq -c "${processes_known}" <<<"${processes_json}")"
	mapfile -t types < <(jq -r 'keys_unsorted[]' <<<"${processes_json}")
	if ((${#types[@]} > 0)); then
		processes::declare "Default types for ${buildpack_labels[index]}" "${types[@]}"
	else
		output::warning "No process types: nothing would run. Add a Procfile, for instance \"web: gunicorn wsgi\"."
	fi
}

# The types themselves, where their names are ones a Procfile could hold.
processes_known='del(.release) | with_entries(select(.key | test("^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")))'

processes::declare() {
	local what="${1}" list
	shift
	printf -v list '%s, ' "$@"
	output::detail "${what} -> ${list%, }"
}
