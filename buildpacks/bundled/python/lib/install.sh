#!/usr/bin/env bash
# Install what the app's package manager lists: restore the kept tree when nothing changed, else make a new one.

# With what to install, and where what was installed before is kept.
install::choose() {
	index::choose_installer
	index::carry_over
	project::read
	manager::choose
	version::read
	version::choose
	tree::open "${CACHE_DIR}/python" "${CACHE_DIR}/python/uv"
	AHEAD="${CACHE_DIR}/python/ahead"
}

install::dependencies() {
	install::find_key
	if [[ -n "${KEY}" ]] && { install::take_ahead || tree::restore "${KEY}" "${BUILD_DIR}/.heroku/python"; }; then
		install::tell_origin
		return
	fi
	rm -rf "${AHEAD}" "${AHEAD}.log"
	install::anew
}

# Sets KEY_FILES, and KEY to what the result depends on; empty where the same files may mean something else tomorrow.
install::find_key() {
	KEY="" KEY_FILES=()
	"${MANAGER}::files"
	! "${MANAGER}::are_fixed" || KEY="$(install::key)"
}

# A removed package must not stay, so every change begins with an empty environment.
install::anew() {
	python::make_environment
	"${MANAGER}::install"
	install::compile_bytecode
	[[ -z "${KEY}" ]] || tree::keep "${KEY}" "${BUILD_DIR}/.heroku/python"
	tree::limit "${UV_CACHE_DIR}" 2000
	tree::limit "${CACHE_DIR}/python/pip" 1000
}

# Keep what a compile with these very files would install, if that is not kept already, and a second tree of it for that
# compile to take. What it says is shown then.
install::ahead() {
	rm -rf "${AHEAD}" "${AHEAD}.log"
	install::find_key
	[[ -n "${KEY}" ]] || return 0
	! tree::fits "${KEY}" || return 0
	mkdir -p "${AHEAD}"
	(cd "${BUILD_DIR}" && cp --parents -- "${KEY_FILES[@]}" "${AHEAD}")
	BUILD_DIR="${AHEAD}"
	python::place
	python::set_up_environment
	install::anew >"${AHEAD}.log"
	printf '%s' "${KEY}" >"${AHEAD}/key"
}

# Moved, not linked once more: that is a matter of some thousand files.
install::take_ahead() {
	local status=1
	if tree::fits "${KEY}" && [[ -f "${AHEAD}/key" && "$(<"${AHEAD}/key")" == "${KEY}" ]]; then
		rm -rf "${BUILD_DIR}/.heroku/python"
		mv "${AHEAD}/.heroku/python" "${BUILD_DIR}/.heroku/python" && status=0
	fi
	rm -rf "${AHEAD}"
	return "${status}"
}

install::tell_origin() {
	if [[ -f "${AHEAD}.log" ]]; then
		cat "${AHEAD}.log"
		output::note "(while the buildpack before was at work)"
		rm -f "${AHEAD}.log"
	else
		output::step "Requirements have not changed: using what the last build installed"
	fi
}

# Everything that decides what gets installed.
install::key() {
	{
		printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "${PYTHON_VERSION}" "${PYTHON_BASE}" "${MANAGER}" "${INSTALLER}"
		index::fingerprint
		cd "${BUILD_DIR}" && sha256sum -- "${KEY_FILES[@]}"
	} | sha256sum | cut -d' ' -f1
}

# Run a command in BUILD_DIR, show what it says, explain what it could not do.
install::run() {
	local log="${CACHE_DIR}/python/install.log"
	if ! (cd "${BUILD_DIR}" && "${@}" 2>&1) | tee "${log}" | output::indent; then
		mistakes::explain "${log}"
	fi
	rm -f "${log}"
}

# Requirements in pip's words, through uv, or through pip itself with PYTHON_INSTALLER=pip. pip comes along, because
# hooks and one-off commands use it; a file with hashes allows nothing beside it.
install::requirements() {
	local file="${1}" also=(pip)
	! grep -E -- '--hash|--require-hashes' "${BUILD_DIR}/${file}" >/dev/null || also=()
	if [[ "${INSTALLER}" == "uv" ]]; then
		install::run uv pip install --python "${PYTHON_HOME}/bin/python" -r "${file}" "${also[@]}"
		((${#also[@]} > 0)) || install::run uv pip install --quiet --python "${PYTHON_HOME}/bin/python" pip
	else
		install::run uv pip install --quiet --python "${PYTHON_HOME}/bin/python" pip
		install::run "${PYTHON_HOME}/bin/python" -m pip install --no-compile --cache-dir "${CACHE_DIR}/python/pip" -r "${file}"
	fi
}

# Run a tool that is not part of the app (pipenv, poetry) from uv's cache.
install::tool() {
	uv tool run --quiet --no-config --python /usr/bin/python3 "${@}"
}

install::compile_bytecode() {
	local packages="lib/python${PYTHON_VERSION%.*}/site-packages"
	"${PYTHON_BASE}" -I -S "${BUILDPACK_DIR}/lib/bytecode.py" "${PYTHON_HOME}/${packages}" "${TREE_ROOT}/tree/${packages}"
}
