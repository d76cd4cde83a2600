#!/usr/bin/env bash
# yarn 2 and later.

berry::set_up() {
	local range own
	own="$(berry::own_release)"
	if [[ -n "${own}" ]]; then
		mkdir -p "${NODE_HOME}/lib/node_modules/yarn"
		rm -f "${NODE_HOME}/lib/node_modules/yarn.range"
		# the same file lies in BUILD_DIR now and in /app later
		printf '#!/usr/bin/env node\nrequire(["%s", "%s"].find(require("node:fs").existsSync));\n' \
			"${BUILD_DIR}/${own}" "/app/${own}" >"${NODE_HOME}/bin/yarn.part"
		chmod +x "${NODE_HOME}/bin/yarn.part"
		mv "${NODE_HOME}/bin/yarn.part" "${NODE_HOME}/bin/yarn"
		MANAGER_VERSION="yarn ${own}"
		return
	fi
	range="$(manager::version_named yarn)"
	manager::install yarn @yarnpkg/cli-dist "${range:-4.x}" yarn=bin/yarn.js
}

# The release that the app brings in its source (yarnPath in .yarnrc.yml).
berry::own_release() {
	local path
	[[ -f "${BUILD_DIR}/.yarnrc.yml" ]] || return 0
	path="$(sed -nE 's/^yarnPath:[[:space:]]*"?([^"[:space:]]+).*/\1/p' "${BUILD_DIR}/.yarnrc.yml")"
	[[ ! -f "${BUILD_DIR}/${path}" ]] || echo "${path}"
}

# With Plug'n'Play there is no node_modules: packages stay in .yarn/cache, which must travel in the slug.
berry::is_pnp() {
	! grep -E '^nodeLinker:[[:space:]]*"?(node-modules|pnpm)' "${BUILD_DIR}/.yarnrc.yml" >/dev/null 2>&1
}

berry::commands() {
	export YARN_ENABLE_TELEMETRY=0 YARN_ENABLE_PROGRESS_BARS=false YARN_ENABLE_GLOBAL_CACHE=true
	export YARN_GLOBAL_FOLDER="${CACHE_DIR}/nodejs/berry"
	[[ -n "${YARN_NPM_REGISTRY_SERVER:-}" ]] || export YARN_NPM_REGISTRY_SERVER="${REGISTRY}"
	! berry::is_pnp || export YARN_ENABLE_GLOBAL_CACHE=false
	INSTALL_COMMAND=(yarn install)
	[[ -z "${LOCK_FILE}" ]] || INSTALL_COMMAND+=(--immutable)
	RUN_COMMAND=(yarn run)
	FLAGS_AFTER=()
	PRUNE_COMMAND=(yarn workspaces focus --all --production)
	! berry::is_pnp || PRUNE_COMMAND=()
	KEEP_SWITCH="YARN2_SKIP_PRUNING"
}
