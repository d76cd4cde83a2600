#!/usr/bin/env bash
# poetry.lock: poetry checks it and writes its main group down in pip's words; uv installs that.

poetry::files() {
	KEY_FILES=(pyproject.toml poetry.lock)
	if [[ ! -f "${BUILD_DIR}/pyproject.toml" ]]; then
		report::fail "pyproject-missing" <<-'EOF'
			The source has a poetry.lock, but not the pyproject.toml it was made from.

			Commit both; look whether .gitignore or .slugignore leaves it out.
		EOF
	fi
}

# Not with packages from a path in the source.
poetry::are_fixed() {
	! grep -qE '^type = "(directory|file)"' "${BUILD_DIR}/poetry.lock"
}

poetry::install() {
	local list=".heroku/poetry-requirements.txt" log="${CACHE_DIR}/python/poetry.log"
	output::step "Installing poetry.lock with poetry and uv"
	poetry::run check --lock --no-interaction >"${log}" 2>&1 || poetry::explain "${log}"
	poetry::run export --no-interaction --only main --format requirements.txt --output "${list}" >"${log}" 2>&1 || poetry::explain "${log}"
	install::requirements "${list}"
	rm -f "${BUILD_DIR}/${list}"
}

poetry::run() {
	(cd "${BUILD_DIR}" && POETRY_VIRTUALENVS_CREATE=false POETRY_CACHE_DIR="${CACHE_DIR}/python/poetry" NO_COLOR=1 \
		install::tool --from "poetry>=2.1,<3" --with poetry-plugin-export poetry "${@}")
}

# `poetry check` also finds fault with fields that matter to nobody here: only a lock that does not fit ends the build.
poetry::explain() {
	local log="${1}"
	if grep -qE 'poetry.lock was last generated|changed significantly|poetry.lock. is not up to date' "${log}"; then
		output::indent <"${log}"
		mistakes::lock_out_of_date poetry.lock pyproject.toml "poetry lock"
	fi
	grep -qE '^Error' "${log}" || return 0
	output::indent <"${log}"
	mistakes::explain "${log}"
}
