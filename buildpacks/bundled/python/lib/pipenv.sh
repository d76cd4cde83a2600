#!/usr/bin/env bash
# Pipfile.lock: pipenv checks it and writes it down in pip's words; uv installs that.

pipenv::files() {
	KEY_FILES=(Pipfile Pipfile.lock)
	[[ -f "${BUILD_DIR}/Pipfile" ]] || KEY_FILES=(Pipfile.lock)
}

# Not with packages from a path in the source or from a branch; a Git package is locked by its commit.
pipenv::are_fixed() {
	! jq -e '[.default[] | select(.path? or .file? or .editable?)] | length > 0' "${BUILD_DIR}/Pipfile.lock" >/dev/null 2>&1
}

pipenv::install() {
	local list=".heroku/pipfile-requirements.txt"
	output::step "Installing Pipfile.lock with pipenv and uv"
	pipenv::run verify >"${CACHE_DIR}/python/pipenv.log" 2>&1 || pipenv::explain "${CACHE_DIR}/python/pipenv.log"
	pipenv::run requirements --hash >"${BUILD_DIR}/${list}" 2>"${CACHE_DIR}/python/pipenv.log" || pipenv::explain "${CACHE_DIR}/python/pipenv.log"
	pipenv::use_mirror "${BUILD_DIR}/${list}"
	install::requirements "${list}"
	rm -f "${BUILD_DIR}/${list}"
}

pipenv::run() {
	(cd "${BUILD_DIR}" && PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_NOSPIN=1 PIPENV_QUIET=1 NO_COLOR=1 \
		PIPENV_PIPFILE="${BUILD_DIR}/Pipfile" WORKON_HOME="${CACHE_DIR}/python/pipenv" install::tool --from "pipenv>=2025" pipenv "${@}")
}

# The source that pipenv calls "pypi" is the public index: where the platform has another for it, that one serves.
pipenv::use_mirror() {
	local public
	[[ -n "${PIP_INDEX_URL:-}" ]] || return 0
	public="$(jq -r '[._meta.sources[]? | select(.name == "pypi").url][0] // ""' "${BUILD_DIR}/Pipfile.lock")"
	[[ -n "${public}" ]] || return 0
	sed -i "\\#^\\(-i\\|--index-url\\) ${public}#d" "${1}"
}

pipenv::explain() {
	local log="${1}"
	output::indent <"${log}"
	if grep -qiE 'out.?of.?date|does not match' "${log}"; then
		mistakes::lock_out_of_date Pipfile.lock Pipfile "pipenv lock"
	fi
	mistakes::explain "${log}"
}
