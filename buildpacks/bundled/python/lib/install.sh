#!/usr/bin/env bash
# Install what the app's package manager lists: restore the kept tree when nothing changed, else change it, or make a new one.

KEEPING="" # the process that keeps what was installed
TAKEN=""   # the key of the kept tree, while it is being changed into what is wanted now

# With what to install, and where what was installed before is kept.
install::choose() {
	index::choose_installer
	index::carry_over
	project::read
	manager::choose
	version::read
	version::choose
	tree::open "${CACHE_DIR}/python" "${CACHE_DIR}/python/uv"
	lend::open "${CACHE_DIR}/python/uv"
	AHEAD="${CACHE_DIR}/python/ahead"
}

install::dependencies() {
	install::find_key
	if [[ -n "${KEY}" ]] && lend::restore "${KEY}" "${BUILD_DIR}/.heroku/python"; then
		install::tell_origin
		return
	fi
	rm -rf "${AHEAD}" "${AHEAD}.log"
	install::anew
	touch "${TREE_ROOT}/stamp"
	install::keep lend::keep &
	KEEPING="${!}"
}

# Sets KEY_FILES, and KEY to what the result depends on; empty where the same files may mean something else tomorrow.
# BASE is the same without the files: what was installed for it may be changed into what is wanted now.
install::find_key() {
	KEY="" KEY_FILES=() BASE="$(install::base | sha256sum | cut -d' ' -f1)"
	"${MANAGER}::files"
	! "${MANAGER}::are_fixed" || KEY="$(install::key)"
}

install::anew() {
	"${MANAGER}::install"
	TAKEN=""
	install::compile_bytecode
	tree::limit "${UV_CACHE_DIR}" 2000
	tree::limit "${CACHE_DIR}/python/pip" 1000
}

# The environment to install into. What is not listed any more must not stay, nor what has a newer version by now. uv sees
# to both, so it begins with what was installed before; pip does not, and begins with an empty one.
install::open_environment() {
	if [[ "${INSTALLER}" == "uv" && -n "${KEY}" && -d "${TREE_ROOT}/tree" && -f "${TREE_ROOT}/key" ]] &&
		[[ "$(cat "${TREE_ROOT}/base" 2>/dev/null)" == "${BASE}" ]]; then
		TAKEN="$(<"${TREE_ROOT}/key")"
		rm -rf "${TREE_ROOT}/key" "${BUILD_DIR}/.heroku/python"
		mv "${TREE_ROOT}/tree" "${BUILD_DIR}/.heroku/python"
	else
		python::make_environment
	fi
}

# What was taken goes back if nothing was changed in it: most mistakes show before that, and the next try is quick as well.
install::give_back() {
	[[ -n "${TAKEN}" && -z "$(find "${BUILD_DIR}/.heroku/python" -newer "${TREE_ROOT}/stamp" -print -quit)" ]] || return 0
	lend::put "${TAKEN}" "${BUILD_DIR}/.heroku/python"
}

# By lend::keep, beside what comes next (the app's own code collects static files meanwhile), or by lend::put.
install::keep() {
	[[ -n "${KEY}" ]] || return 0
	rm -f "${TREE_ROOT}/base"
	"${1}" "${KEY}" "${BUILD_DIR}/.heroku/python"
	printf '%s' "${BASE}" >"${TREE_ROOT}/base"
}

# What the app may change from here on is kept as it was.
install::finish_keeping() {
	[[ -z "${KEEPING}" ]] || wait "${KEEPING}"
	KEEPING=""
}

# Keep what a compile with these very files would install, if that is not kept already. What it says is shown then.
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
	install::keep lend::put
	rm -rf "${AHEAD}"
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
		install::base
		cd "${BUILD_DIR}" && sha256sum -- "${KEY_FILES[@]}"
	} | sha256sum | cut -d' ' -f1
}

install::base() {
	printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "${PYTHON_VERSION}" "${PYTHON_BASE}" "${MANAGER}" "${INSTALLER}"
	index::fingerprint
}

# Run a command in BUILD_DIR, show what it says, explain what it could not do.
install::run() {
	local log="${CACHE_DIR}/python/install.log"
	if ! (cd "${BUILD_DIR}" && "${@}" 2>&1) | tee "${log}" | output::indent; then
		install::give_back
		mistakes::explain "${log}"
	fi
	rm -f "${log}"
}

# Requirements in pip's words, through uv, or through pip itself with PYTHON_INSTALLER=pip. pip comes along, because
# hooks and one-off commands use it; a file with hashes allows nothing beside it.
install::requirements() {
	local file="${1}" also=(pip)
	install::open_environment
	! grep -E -- '--hash|--require-hashes' "${BUILD_DIR}/${file}" >/dev/null || also=()
	if [[ "${INSTALLER}" == "uv" ]]; then
		install::run uv pip install --exact --upgrade --python "${PYTHON_HOME}/bin/python" -r "${file}" "${also[@]}"
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
	"${PYTHON_BASE}" -I -S "${BUILDPACK_DIR}/lib/bytecode.py" "${PYTHON_HOME}/${packages}"
}
