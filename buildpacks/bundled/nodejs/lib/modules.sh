#!/usr/bin/env bash
# node_modules: restored when nothing changed, else installed with the app's package manager.

# What decides the content of node_modules. Empty if it may change while all of that stays the same:
# scripts of the app's own around installing, workspaces, packages linked from the source, no lock file.
modules::key() {
	local lock="${1}"
	[[ -f "${BUILD_DIR}/${lock}" ]] || return 0
	jq -e '[.scripts? // {} | keys[] | select(IN("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"))] + [.workspaces? // empty] | length == 0' "${PACKAGE_JSON}" >/dev/null || return 0
	grep -E '"link": true|link:|file:|portal:' "${BUILD_DIR}/${lock}" >/dev/null && return 0
	{
		printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "${NODE_VERSION}" "${MANAGER_VERSION}"
		jq -S '{dependencies, devDependencies, optionalDependencies, peerDependencies, overrides, resolutions, pnpm}' "${PACKAGE_JSON}"
		cat "${BUILD_DIR}/${lock}"
		cat "${BUILD_DIR}/.npmrc" "${BUILD_DIR}/.yarnrc" "${BUILD_DIR}/.yarnrc.yml" 2>/dev/null || true
	} | sha256sum | cut -d' ' -f1
}

modules::install() {
	local key=""
	settings::on_unless_off NODE_MODULES_CACHE && key="$(modules::key "${LOCK_FILE}")"
	if [[ -n "${key}" ]] && tree::restore "${key}" "${BUILD_DIR}/node_modules"; then
		output::step "Dependencies have not changed: using what the last build installed"
		return
	fi
	output::step "Installing dependencies with ${INSTALL_COMMAND[*]}"
	scripts::execute install "${INSTALL_COMMAND[@]}"
	if [[ -n "${key}" && -d "${BUILD_DIR}/node_modules" ]]; then
		tree::keep "${key}" "${BUILD_DIR}/node_modules"
	fi
}

modules::prune() {
	if settings::get NPM_CONFIG_PRODUCTION | grep -x false >/dev/null; then
		output::step "Keeping devDependencies, because NPM_CONFIG_PRODUCTION is false"
	elif ! jq -e '(.dependencies? // {}) + (.optionalDependencies? // {}) + {workspaces: .workspaces?} | map(values) | length > 0' "${PACKAGE_JSON}" >/dev/null; then
		rm -rf "${BUILD_DIR}/node_modules"
	elif jq -e '.devDependencies? // {} | length > 0' "${PACKAGE_JSON}" >/dev/null; then
		output::step "Removing devDependencies"
		scripts::execute prune "${PRUNE_COMMAND[@]}"
	fi
}
