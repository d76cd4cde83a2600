#!/usr/bin/env bash
# Which package manager an app uses, and its commands. Sets MANAGER, MANAGER_VERSION, LOCK_FILE,
# INSTALL_COMMAND, RUN_COMMAND and PRUNE_COMMAND.

manager::choose() {
	MANAGER="npm"
	manager::npm
}

manager::npm() {
	MANAGER_VERSION="npm ${NPM_VERSION}"
	LOCK_FILE="package-lock.json"
	[[ ! -f "${BUILD_DIR}/npm-shrinkwrap.json" ]] || LOCK_FILE="npm-shrinkwrap.json"
	INSTALL_COMMAND=(npm install --include=dev --no-save)
	if [[ -f "${BUILD_DIR}/${LOCK_FILE}" ]] && ! settings::on USE_NPM_INSTALL; then
		INSTALL_COMMAND=(npm ci --include=dev)
	fi
	RUN_COMMAND=(npm run --if-present)
	PRUNE_COMMAND=(npm prune --omit=dev)
}
