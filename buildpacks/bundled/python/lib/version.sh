#!/usr/bin/env bash
# Which Python: what the app asks for, the stack's own when it satisfies, else a managed runtime.

# Sets PYTHON_REQUEST (uv's words: "3.11", "3.11.4", ">=3.11,<4"; empty: any) and PYTHON_ASKED_BY.
version::read() {
	PYTHON_REQUEST="" PYTHON_ASKED_BY=""
	if [[ -f "${BUILD_DIR}/runtime.txt" ]]; then
		version::from_runtime_txt
	elif [[ -f "${BUILD_DIR}/.python-version" ]]; then
		version::from_python_version
	elif [[ "${MANAGER}" == "pipenv" ]]; then
		PYTHON_ASKED_BY="Pipfile.lock"
		PYTHON_REQUEST="$(jq -r '._meta.requires | (.python_full_version // .python_version // "") | strings' "${BUILD_DIR}/Pipfile.lock" 2>/dev/null || true)"
	fi
	if [[ -z "${PYTHON_REQUEST}" && -n "${PROJECT[requires_python]}" ]]; then
		PYTHON_ASKED_BY="pyproject.toml (requires-python)" PYTHON_REQUEST="${PROJECT[requires_python]}"
	fi
}

version::from_runtime_txt() {
	local line
	PYTHON_ASKED_BY="runtime.txt"
	line="$(tr -d '[:space:]' <"${BUILD_DIR}/runtime.txt")"
	[[ "${line}" =~ ^python-(3\.[0-9]+(\.[0-9]+)?)$ ]] || version::invalid runtime.txt "${line}" "python-3.11"
	PYTHON_REQUEST="${BASH_REMATCH[1]}"
	output::note "runtime.txt is an old way to say it: .python-version with ${PYTHON_REQUEST} does the same."
}

version::from_python_version() {
	local lines
	PYTHON_ASKED_BY=".python-version"
	lines="$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "${BUILD_DIR}/.python-version")"
	[[ "${lines}" =~ ^(3(\.[0-9]+){0,2})$ ]] || version::invalid .python-version "${lines}" "3.11"
	PYTHON_REQUEST="${lines}"
}

version::invalid() {
	local file="${1}" content="${2}" example="${3}"
	report::fail "python-version-invalid" <<-EOF
		${file} does not name one Python version. It says:

		$(head -n 5 <<<"${content:-(nothing)}")

		It should be one line such as ${example}: no other versions, no name of a virtual
		environment, no quotes.
	EOF
}

# Sets PYTHON_BASE (path), PYTHON_VERSION (3.11.2) and, with a managed runtime, PYTHON_MANAGED (its folder).
version::choose() {
	PYTHON_MANAGED=""
	version::stack
	if [[ -z "${PYTHON_REQUEST}" ]] || version::satisfied; then
		output::step "Using Python ${PYTHON_VERSION} of the stack${PYTHON_REQUEST:+, as ${PYTHON_ASKED_BY} asks for ${PYTHON_REQUEST}}"
	elif version::fetch_managed; then
		output::step "Using Python ${PYTHON_VERSION}, as ${PYTHON_ASKED_BY} asks for ${PYTHON_REQUEST}"
	elif [[ "${PYTHON_REQUEST}" == "${PYTHON_VERSION%.*}."* ]]; then
		version::other_patch
	else
		version::unavailable
	fi
	report::set python_version "${PYTHON_VERSION}"
}

version::stack() {
	PYTHON_BASE="/usr/bin/python3"
	if [[ ! -x "${PYTHON_BASE}" ]]; then
		report::fail "python-missing" <<-EOF
			The stack ${STACK} has no Python of its own (${PYTHON_BASE}).

			Choose a stack that brings one; an administrator can add it to the image.
		EOF
	fi
	PYTHON_VERSION="$(version::of "${PYTHON_BASE}")"
}

version::of() {
	"${1}" -I -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'
}

version::satisfied() {
	local found
	found="$(uv python find --no-project --no-config --system --no-python-downloads --python-preference only-system "${PYTHON_REQUEST}" 2>/dev/null)" &&
		[[ "${found}" -ef "${PYTHON_BASE}" ]]
}

# From uv's download site, or from the mirror that UV_PYTHON_INSTALL_MIRROR names. Kept in the cache.
version::fetch_managed() {
	local mirror folder="${CACHE_DIR}/python/runtimes" found
	mirror="$(settings::get UV_PYTHON_INSTALL_MIRROR)"
	[[ -z "${mirror}" ]] || export UV_PYTHON_INSTALL_MIRROR="${mirror}"
	output::note "The stack has Python ${PYTHON_VERSION}; looking for ${PYTHON_REQUEST} among uv's managed runtimes"
	# called as a condition, so bash would go on after a failure: each step says itself that it failed
	UV_HTTP_CONNECT_TIMEOUT=5 UV_HTTP_RETRIES=1 UV_PYTHON_DOWNLOADS=manual UV_PYTHON_INSTALL_DIR="${folder}" \
		uv python install --no-bin --no-config "${PYTHON_REQUEST}" >"${CACHE_DIR}/python/managed.log" 2>&1 || return 1
	found="$(UV_PYTHON_INSTALL_DIR="${folder}" uv python find --no-project --no-config --managed-python "${PYTHON_REQUEST}" 2>>"${CACHE_DIR}/python/managed.log")" || return 1
	found="$(realpath -e "${found}")" || return 1
	PYTHON_VERSION="$(version::of "${found}")" || return 1
	PYTHON_MANAGED="${found%/bin/*}"
	PYTHON_BASE="/app/.heroku/cpython/bin/python${PYTHON_VERSION%.*}"
}

version::other_patch() {
	output::warning <<-EOF
		${PYTHON_ASKED_BY} asks for Python ${PYTHON_REQUEST}; the stack has ${PYTHON_VERSION}, with
		the distribution's security fixes, and no other patch release can be fetched
		here. Using ${PYTHON_VERSION}. Write ${PYTHON_VERSION%.*} to follow the stack.
	EOF
	output::step "Using Python ${PYTHON_VERSION} of the stack"
}

version::unavailable() {
	report::fail "python-version-unavailable" <<-EOF
		Python ${PYTHON_REQUEST} is not available, which ${PYTHON_ASKED_BY} asks for.

		This stack has Python ${PYTHON_VERSION}. Stack debian-12 has Python 3.11, stack
		debian-13 has Python 3.13. Others would be fetched as managed runtimes, but
		their source did not give one:
		$(tail -n 2 "${CACHE_DIR}/python/managed.log" | cut -c1-160)

		Ask for ${PYTHON_VERSION%.*} in ${PYTHON_ASKED_BY%% *}, change the app's stack, or let an
		administrator set UV_PYTHON_INSTALL_MIRROR among this buildpack's variables.
	EOF
}
