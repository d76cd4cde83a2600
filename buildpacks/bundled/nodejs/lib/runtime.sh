#!/usr/bin/env bash
# What later buildpacks, hooks and instances get of Node.

runtime::place() {
	local home="${NODE_HOME}"
	if package::needed_at_run_time; then
		home="${BUILD_DIR}/.heroku/node"
		rm -rf "${home}"
		mkdir -p "${home}/lib"
		cp -al "${NODE_HOME}/bin" "${home}/bin"
		cp -al "${NODE_HOME}/lib/node_modules" "${home}/lib/node_modules"
		mkdir -p "${BUILD_DIR}/.profile.d"
		cp "${BUILDPACK_DIR}/lib/profile/"*.sh "${BUILD_DIR}/.profile.d/"
	else
		output::note "Only devDependencies, no start script, and no process of the Procfile calls Node.js:"
		output::note "it stays out of the slug. A config var NODE_RUNTIME=1 keeps it in."
	fi
	runtime::export "${home}"
}

runtime::export() {
	local home="${1}"
	[[ -w "${BUILDPACK_DIR}" ]] || return 0
	cat >"${BUILDPACK_DIR}/export" <<-EOF
		export PATH="${home}/bin:${BUILD_DIR}/node_modules/.bin:\${PATH}"
		export NODE_HOME="${home}"
	EOF
}
