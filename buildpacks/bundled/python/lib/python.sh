#!/usr/bin/env bash
# The interpreter: the stack's own, in a virtual environment that lives at /app/.heroku/python in the build
# and at run time, so that shebangs hold in both. During the build that address is a link into BUILD_DIR.

PYTHON_HOME="/app/.heroku/python"

# Sets PYTHON_BASE (path) and PYTHON_VERSION (3.11.2).
python::choose() {
	PYTHON_BASE="$(command -v /usr/bin/python3 || true)"
	if [[ -z "${PYTHON_BASE}" ]]; then
		report::fail "python-missing" <<-EOF
			The stack ${STACK} has no Python of its own (/usr/bin/python3).

			Choose a stack that brings one; an administrator can add it to the image.
		EOF
	fi
	PYTHON_VERSION="$("${PYTHON_BASE}" -I -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')"
	report::set python_version "${PYTHON_VERSION}"
}

# Let /app/.heroku/python point to this build's tree, which may be empty yet.
python::place() {
	rm -rf "${PYTHON_HOME}" "${BUILD_DIR}/.heroku/python"
	mkdir -p "$(dirname "${PYTHON_HOME}")" "${BUILD_DIR}/.heroku/python"
	ln -sfn "${BUILD_DIR}/.heroku/python" "${PYTHON_HOME}"
}

python::make_environment() {
	uv venv --quiet --no-config --python "${PYTHON_BASE}" "${PYTHON_HOME}"
}

# Variables for this build, for later buildpacks and hooks (export), and for the instances (.profile.d).
python::set_up_environment() {
	local root="${1}"
	export PATH="${PYTHON_HOME}/bin:${PATH}" VIRTUAL_ENV="${PYTHON_HOME}" PYTHONUNBUFFERED=1
	if [[ -w "${root}" ]]; then
		cat >"${root}/export" <<-'EOF'
			export PATH="/app/.heroku/python/bin:${PATH}"
			export VIRTUAL_ENV="/app/.heroku/python"
			export PYTHONPATH="${PYTHONPATH:-/app}"
			export PYTHONUNBUFFERED=true PIP_DISABLE_PIP_VERSION_CHECK=1
		EOF
	fi
	mkdir -p "${BUILD_DIR}/.profile.d"
	cp "${root}/lib/profile/"*.sh "${BUILD_DIR}/.profile.d/"
}
