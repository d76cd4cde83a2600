#!/usr/bin/env bash
# What later buildpacks, hooks and instances get of Node.

runtime::place() {
	local home="${NODE_HOME}"
	if package::needed_at_run_time; then
		home="${BUILD_DIR}/.heroku/node"
		rm -rf "${home}"
		runtime::copy_to "${home}"
		mkdir -p "${BUILD_DIR}/.profile.d"
		cp "${BUILDPACK_DIR}/lib/profile/"*.sh "${BUILD_DIR}/.profile.d/"
	else
		output::note "Only devDependencies, no start script, and no process of the Procfile calls Node.js:"
		output::note "it stays out of the slug. A config var NODE_RUNTIME=1 keeps it in."
	fi
	runtime::export "${home}"
}

# Links that lead to a program are copied as such, those into the store would lead nowhere at run time.
runtime::copy_to() {
	local home="${1}" package
	mkdir -p "${home}/lib/node_modules"
	cp -a "${NODE_HOME}/bin" "${home}/bin"
	rm "${home}/bin/node"
	store::bring "${NODE_HOME}/bin/node" "${home}/bin/node"
	for package in "${NODE_HOME}/lib/node_modules"/*/; do
		store::bring "${package}" "${home}/lib/node_modules/$(basename "${package}")"
	done
}

runtime::export() {
	local home="${1}"
	[[ -w "${BUILDPACK_DIR}" ]] || return 0
	cat >"${BUILDPACK_DIR}/export" <<-EOF
		export PATH="${home}/bin:${BUILD_DIR}/node_modules/.bin:\${PATH}"
		export NODE_HOME="${home}"
	EOF
}
