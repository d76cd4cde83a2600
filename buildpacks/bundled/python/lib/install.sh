#!/usr/bin/env bash
# Run a package manager over a new, empty environment, show what it says and explain what it could not do.

install::into_new_tree() {
	local prepare="${1}"
	python::make_environment
	INSTALL_COMMAND=()
	"${prepare}"
	install::run "${INSTALL_COMMAND[@]}"
	install::compile_bytecode
}

install::run() {
	local log="${CACHE_DIR}/python/install.log"
	if ! (cd "${BUILD_DIR}" && "${@}" 2>&1) | tee "${log}" | output::indent; then
		mistakes::explain "${log}"
	fi
	rm -f "${log}"
}

install::compile_bytecode() {
	local packages
	packages="lib/python${PYTHON_VERSION%.*}/site-packages"
	"${PYTHON_BASE}" -I -S "${BUILDPACK_DIR}/lib/bytecode.py" "${PYTHON_HOME}/${packages}" "${TREE_ROOT}/tree/${packages}"
}
