#!/usr/bin/env bash
# node_modules: restored when nothing changed, else installed with the app's package manager.

# Is the content of node_modules decided by the lock file and package.json alone? Not with scripts of the app's own
# around installing, with workspaces, with packages linked from the source, or without a lock file.
modules::are_fixed() {
	[[ -n "${LOCK_FILE}" && ! -f "${BUILD_DIR}/pnpm-workspace.yaml" ]] || return 1
	[[ "${MANAGER}" != "berry" ]] || ! berry::is_pnp || return 1
	! package::says "has its own install" || return 1
	! grep -E '"link": true|[" ](link|file|portal):' "${BUILD_DIR}/${LOCK_FILE}" >/dev/null
}

modules::key() {
	{
		printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "${NODE_VERSION}" "${MANAGER_VERSION}" "${REGISTRY}"
		jq -S '{dependencies, devDependencies, optionalDependencies, peerDependencies, overrides, resolutions, pnpm}' "${PACKAGE_JSON}"
		cat "${BUILD_DIR}/${LOCK_FILE}"
		cat "${BUILD_DIR}/.npmrc" "${BUILD_DIR}/.yarnrc" "${BUILD_DIR}/.yarnrc.yml" 2>/dev/null || true
	} | sha256sum | cut -d' ' -f1
}

modules::install() {
	local key=""
	if settings::on_unless_off NODE_MODULES_CACHE && modules::are_fixed; then
		key="$(modules::key)"
		if tree::restore "${key}" "${BUILD_DIR}/node_modules"; then
			modules::unshare_state
			output::step "Dependencies have not changed: using what the last build installed"
			return
		fi
	fi
	output::step "Installing dependencies with ${INSTALL_COMMAND[*]}"
	scripts::execute install "${INSTALL_COMMAND[@]}"
	tree::limit "${CACHE_DIR}/nodejs/npm" 1000
	tree::limit "${CACHE_DIR}/nodejs/yarn" 1000
	tree::limit "${CACHE_DIR}/nodejs/berry" 1000
	tree::limit "${CACHE_DIR}/nodejs/pnpm-store" 2000
	if [[ -n "${key}" && -d "${BUILD_DIR}/node_modules" ]]; then
		tree::keep "${key}" "${BUILD_DIR}/node_modules"
		modules::unshare_state
	fi
}

# Package managers keep a list of what they installed and rewrite it in place when they prune: the app gets a copy.
modules::unshare_state() {
	local file
	for file in .package-lock.json .yarn-state.yml .yarn-integrity .modules.yaml .pnpm/lock.yaml .pnpm-workspace-state.json .pnpm-workspace-state-v1.json; do
		file="${BUILD_DIR}/node_modules/${file}"
		[[ -f "${file}" ]] || continue
		cp -p "${file}" "${file}.copy"
		mv "${file}.copy" "${file}"
	done
}

modules::prune() {
	if modules::kept_whole; then
		output::step "Keeping devDependencies, because a config var says so"
	elif ! package::says "has packages"; then
		rm -rf "${BUILD_DIR}/node_modules"
	elif ((${#PRUNE_COMMAND[@]} > 0)) && package::says "has devDependencies"; then
		output::step "Removing devDependencies"
		scripts::execute prune "${PRUNE_COMMAND[@]}"
	fi
}

modules::kept_whole() {
	local value
	value="$(settings::get NPM_CONFIG_PRODUCTION)"
	[[ "${value}" == "false" ]] && return 0
	case "${KEEP_SWITCH}" in
	YARN_PRODUCTION)
		value="$(settings::get YARN_PRODUCTION)"
		[[ "${value}" == "false" ]]
		;;
	?*) settings::on "${KEEP_SWITCH}" ;;
	*) return 1 ;;
	esac
}

# Folders that the app's tools fill and want back in the next build (cacheDirectories in package.json).
modules::restore_directories() {
	local folder
	settings::on_unless_off NODE_MODULES_CACHE || return 0
	for folder in "${PACKAGE_DIRECTORIES[@]}"; do
		[[ -d "${CACHE_DIR}/nodejs/directories/${folder}" && ! -e "${BUILD_DIR}/${folder}" ]] || continue
		mkdir -p "$(dirname "${BUILD_DIR}/${folder}")"
		cp -a "${CACHE_DIR}/nodejs/directories/${folder}" "${BUILD_DIR}/${folder}"
	done
}

modules::keep_directories() {
	local folder kept="${CACHE_DIR}/nodejs/directories"
	rm -rf "${kept}"
	for folder in "${PACKAGE_DIRECTORIES[@]}"; do
		[[ -d "${BUILD_DIR}/${folder}" ]] || continue
		mkdir -p "$(dirname "${kept}/${folder}")"
		cp -a "${BUILD_DIR}/${folder}" "${kept}/${folder}"
	done
}
