#!/usr/bin/env bash
# yarn 1.

yarn::set_up() {
	local range
	range="$(manager::version_named yarn)"
	manager::install yarn yarn "${range:-1.x}" yarn=bin/yarn.js yarnpkg=bin/yarn.js
}

yarn::commands() {
	export YARN_CACHE_FOLDER="${CACHE_DIR}/nodejs/yarn" YARN_REGISTRY="${YARN_REGISTRY:-${REGISTRY}}" npm_config_registry="${REGISTRY}"
	INSTALL_COMMAND=(yarn install --production=false --non-interactive --no-progress)
	[[ -z "${LOCK_FILE}" ]] || INSTALL_COMMAND+=(--frozen-lockfile)
	RUN_COMMAND=(yarn --silent run)
	FLAGS_AFTER=()
	PRUNE_COMMAND=(yarn install --production --ignore-scripts --prefer-offline --non-interactive --no-progress)
	KEEP_SWITCH="YARN_PRODUCTION"
}
