#!/usr/bin/env bash
# Run the package manager and the app's own scripts: in BUILD_DIR, with config vars, Node on PATH.

scripts::execute() {
	local what="${1}" log="${CACHE_DIR}/nodejs/${1//[^a-z]/-}.log"
	shift
	if ! (
		cd "${BUILD_DIR}"
		settings::export_all
		scripts::environment
		"${MANAGER}::commands"
		"${@}" 2>&1
	) | tee "${log}" | output::indent; then
		mistakes::explain "${what}" "${log}"
	fi
	rm -f "${log}"
	package::ask || true
}

scripts::environment() {
	export NODE_ENV="${NODE_ENV:-production}" NODE_OPTIONS="${NODE_OPTIONS:---max_old_space_size=2560}"
	export NPM_CONFIG_LOGLEVEL="${NPM_CONFIG_LOGLEVEL:-error}"
	export npm_config_cache="${CACHE_DIR}/nodejs/npm" npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
	# node-gyp compiles against the headers of this very Node instead of fetching them
	export npm_config_nodedir="${NODE_HOME}" npm_config_python=/usr/bin/python3
	# the app's own .npmrc wins over the platform's registry, as a config var wins over both
	if [[ ! -f "${ENV_DIR}/NPM_CONFIG_REGISTRY" && -n "$(registry::from_file "${BUILD_DIR}/.npmrc")" ]]; then
		unset NPM_CONFIG_REGISTRY npm_config_registry
	fi
}

scripts::run_if_there() {
	local name="${1}"
	shift
	package::has_script "${name}" || return 0
	output::step "Running ${name}"
	scripts::execute "${name}" "${RUN_COMMAND[@]}" "${name}" "${@}"
}

# heroku-postbuild stands in for build where an app has both.
scripts::build() {
	local flags
	read -ra flags <<<"$(settings::get NODE_BUILD_FLAGS)"
	if package::has_script heroku-postbuild; then
		scripts::run_if_there heroku-postbuild
	else
		((${#flags[@]} == 0)) || flags=("${FLAGS_AFTER[@]}" "${flags[@]}")
		scripts::run_if_there build "${flags[@]}"
	fi
}
