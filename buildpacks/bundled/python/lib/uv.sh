#!/usr/bin/env bash
# uv.lock, as uv's own project interface installs it. The app itself comes afterwards (project.sh).

uv::files() {
	KEY_FILES=(pyproject.toml uv.lock)
	if [[ ! -f "${BUILD_DIR}/pyproject.toml" ]]; then
		report::fail "pyproject-missing" <<-'EOF'
			The source has a uv.lock, but not the pyproject.toml it was made from.

			Commit both; look whether .gitignore or .slugignore leaves it out.
		EOF
	fi
}

# Not with packages from a path in the source, beside the app itself.
uv::are_fixed() {
	! grep -E '^source = \{ (editable|directory|path) = ' "${BUILD_DIR}/uv.lock" | grep -v '= "\." }' >/dev/null
}

uv::install() {
	output::step "Installing uv.lock with uv"
	uv::check
	if [[ -n "${UV_DEFAULT_INDEX:-}" ]]; then
		uv::install_from_mirror
	else
		install::open_environment
		install::run env UV_PROJECT_ENVIRONMENT="${PYTHON_HOME}" uv sync --frozen --no-default-groups --no-install-project --python "${PYTHON_BASE}"
	fi
}

# The lock names the index it was made with; a mirror in its place is no reason to call it out of date.
uv::check() {
	local log="${CACHE_DIR}/python/lock.log"
	if ! (cd "${BUILD_DIR}" && env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_INDEX_STRATEGY uv lock --check --python "${PYTHON_BASE}") >"${log}" 2>&1; then
		output::indent <"${log}"
		! grep -qE 'needs to be updated|--locked|--check' "${log}" || mistakes::lock_out_of_date uv.lock pyproject.toml "uv lock"
		mistakes::explain "${log}"
	fi
}

# Addresses of files in the lock lead to the public index; names, versions and checksums lead to the mirror.
uv::install_from_mirror() {
	local list=".heroku/uv-requirements.txt"
	(cd "${BUILD_DIR}" && uv export --quiet --frozen --no-default-groups --no-emit-project --python "${PYTHON_BASE}" --output-file "${list}")
	install::requirements "${list}"
	rm -f "${BUILD_DIR}/${list}"
}
