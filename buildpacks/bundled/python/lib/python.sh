#!/usr/bin/env bash
# The interpreter in a virtual environment that lives at /app/.heroku/python in the build and at run time,
# so that shebangs hold in both. During the build that address is a link into BUILD_DIR.

PYTHON_HOME="/app/.heroku/python"

# Let /app/.heroku/python point to this build's tree, which may be empty yet.
python::place() {
	rm -rf "${PYTHON_HOME}" "${BUILD_DIR}/.heroku/python" "${BUILD_DIR}/.heroku/cpython"
	mkdir -p "${PYTHON_HOME%/*}" "${BUILD_DIR}/.heroku/python"
	ln -sfn "${BUILD_DIR}/.heroku/python" "${PYTHON_HOME}"
	if [[ -n "${PYTHON_MANAGED}" ]]; then
		cp -al "${PYTHON_MANAGED}" "${BUILD_DIR}/.heroku/cpython"
		ln -sfn "${BUILD_DIR}/.heroku/cpython" /app/.heroku/cpython
	fi
}

# A virtual environment works only where it was made, so one in the source is dead weight.
python::warn_of_committed() {
	local folder
	for folder in venv .venv env .env; do
		[[ -f "${BUILD_DIR}/${folder}/pyvenv.cfg" ]] || continue
		output::warning <<-EOF
			The source holds a virtual environment, ${folder}/. It was made for another machine,
			is not used here, and makes the slug larger. Add ${folder}/ to .gitignore and remove it
			with: git rm -r --cached ${folder}
		EOF
	done
}

python::make_environment() {
	uv venv --quiet --no-project --no-config --python "${PYTHON_BASE}" "${PYTHON_HOME}"
}

# Variables for this build, for later buildpacks and hooks (export), and for the instances (.profile.d).
python::set_up_environment() {
	export PATH="${PYTHON_HOME}/bin:${PATH}" VIRTUAL_ENV="${PYTHON_HOME}" PYTHONUNBUFFERED=1
	if [[ -w "${BUILDPACK_DIR}" ]]; then
		cat >"${BUILDPACK_DIR}/export" <<-'EOF'
			export PATH="/app/.heroku/python/bin:${PATH}"
			export VIRTUAL_ENV="/app/.heroku/python"
			export PYTHONPATH="${PYTHONPATH:-/app}"
			export PYTHONUNBUFFERED=true PIP_DISABLE_PIP_VERSION_CHECK=1
		EOF
	fi
	mkdir -p "${BUILD_DIR}/.profile.d"
	cp "${BUILDPACK_DIR}/lib/profile/"*.sh "${BUILD_DIR}/.profile.d/"
}
