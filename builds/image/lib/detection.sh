# Which buildpacks build this app: the app's list, or in automatic mode those whose detect says yes.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

detection_plan=()   # indexes into the request's buildpacks, in order
detection_listed="" # whether they are somebody's list, which all must apply

detection::run() {
	events::begin detect
	slugignore::apply
	((${#request_names[@]} > 0)) || verdict::fail no-buildpack "" 1 "No buildpack is enabled for this app. Add one to its list, or ask an administrator."
	[[ "${request_automatic}" != "true" ]] || declared::read
	if [[ -n "${declared_file}" ]]; then
		detection::declare
		detection::use_list
	elif [[ "${request_automatic}" == "true" ]]; then
		detection::choose
	else
		detection_plan=("${!request_names[@]}")
		detection::use_list
	fi
	detection::announce
	events::end "done"
}

# The source's own list, as indexes; one that is there twice builds once.
detection::declare() {
	local reference name names=""
	for reference in "${declared_references[@]}"; do
		declared::find "${reference}"
		name="${request_names[declared_index]}"
		[[ ", ${names}" != *", ${name}, "* ]] || continue
		names+="${name}, "
		detection_plan+=("${declared_index}")
	done
	output::step "Using the buildpacks that ${declared_file} names: ${names%, }"
}

# The others are asked when it is their turn: what earlier ones build and export may be what they look for.
detection::use_list() {
	detection_listed="yes"
	buildpack_labels=("${request_names[@]}")
	detection::require "${detection_plan[0]}"
}

# Automatic mode: asks every buildpack, in order; those that apply are used in that order.
detection::choose() {
	local index
	for index in "${!request_names[@]}"; do
		if buildpack::detect "${index}"; then
			detection_plan+=("${index}")
		fi
	done
	((${#detection_plan[@]} > 0)) || detection::give_up
}

detection::give_up() {
	local index names
	for index in "${!request_names[@]}"; do
		output::file "${workspace_run_dir}/detect.${index}.err"
	done
	printf -v names '%s, ' "${request_names[@]}"
	verdict::fail no-buildpack "" 1 "No buildpack recognises this app. Asked: ${names%, }.
Is the file that names the app's packages (requirements.txt, package.json …) committed, and in the app's directory?"
}

# A listed buildpack that does not apply ends the build: a list is somebody's decision, not a guess.
detection::require() {
	local index="${1}" status=0
	buildpack::detect "${index}" || status="$?"
	((status != 0)) || {
		output::file "${workspace_run_dir}/detect.${index}.err"
		return 0
	}
	output::file "${workspace_run_dir}/detect.${index}.err"
	verdict::fail not-detected "${request_names[index]}" "${status}" \
		"The ${request_names[index]} buildpack is in this app's list but does not recognise the app.
Add what it looks for, or take it off the list."
}

# Opens the buildpack's step and, for a listed one, asks it now unless it was asked already.
detection::confirm() {
	local index="${1}"
	events::begin "buildpack:${index}"
	if [[ -n "${detection_listed}" ]] && ((index != detection_plan[0])); then
		detection::require "${index}"
		events::send "{\"event\":\"label\",\"index\":${index},\"label\":$(json::string "${buildpack_labels[index]}")}"
	fi
	output::step "${buildpack_labels[index]} app detected"
}

# Tells the page which buildpacks will run, in order.
detection::announce() {
	local index name label separator="" list=""
	for index in "${detection_plan[@]}"; do
		name="$(json::string "${request_names[index]}")"
		label="$(json::string "${buildpack_labels[index]}")"
		list+="${separator}{\"index\":${index},\"name\":${name},\"label\":${label}}"
		separator=","
	done
	events::send "{\"event\":\"detected\",\"buildpacks\":[${list}]}"
}
