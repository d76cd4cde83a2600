#!/usr/bin/env bash
# requirements.txt, installed through uv's pip interface, or by pip itself with PYTHON_INSTALLER=pip.

# Sets REQUIREMENTS_FILES: the file and everything it includes by -r and -c, each once, relative to BUILD_DIR.
requirements::collect() {
	local file included
	file="$(realpath -m --relative-to="${BUILD_DIR}" -- "${BUILD_DIR}/${1}")"
	[[ " ${REQUIREMENTS_FILES[*]-} " != *" ${file} "* ]] || return 0
	[[ -f "${BUILD_DIR}/${file}" ]] || return 0
	REQUIREMENTS_FILES+=("${file}")
	while IFS= read -r included; do
		requirements::collect "$(dirname "${file}")/${included}"
	done < <(sed -nE 's/^[[:space:]]*(-r|-c|--requirement|--constraint)[=[:space:]]*([^#[:space:]]+).*/\2/p' "${BUILD_DIR}/${file}")
}

# May the result be kept for the same text? Not if a line points to something that changes while the
# text stays: a path in the source, a URL, a branch. A Git URL with a full commit is fixed.
requirements::are_fixed() {
	local moving='^[[:space:]]*(-e|--editable|\.|/|file:)|^[^#]*(@|[[:space:]]|^)[[:space:]]*(git|hg|svn|bzr|https?|file|ssh)(\+[a-z]+)?:'
	! (cd "${BUILD_DIR}" && cat -- "${REQUIREMENTS_FILES[@]}") |
		sed -E -e '/@[0-9a-f]{40}([#[:space:]]|$)/d' -e '/^[[:space:]]*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)/d' |
		grep -E "${moving}" >/dev/null
}

requirements::key() {
	{
		printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "${PYTHON_VERSION}" "${INSTALLER}"
		index::fingerprint
		cd "${BUILD_DIR}" && sha256sum -- "${REQUIREMENTS_FILES[@]}"
	} | sha256sum | cut -d' ' -f1
}

# A requirements file may say ${TOKEN}: hand over the config vars it names, and no others.
requirements::export_named() {
	local name
	while IFS= read -r name; do
		export "${name}=$(settings::get "${name}")"
	done < <(cd "${BUILD_DIR}" && sed -nE 's/^[^#]*\$\{([A-Z][A-Z0-9_]*)\}.*/\1/p' "${REQUIREMENTS_FILES[@]}" | sort -u)
}

# shellcheck disable=SC2034 # read by install::into_new_tree
requirements::command() {
	if [[ "${INSTALLER}" == "pip" ]]; then
		INSTALL_COMMAND=("${PYTHON_HOME}/bin/python" -m pip install --no-compile --cache-dir "${CACHE_DIR}/python/pip" -r requirements.txt)
	else
		INSTALL_COMMAND=(uv pip install --python "${PYTHON_HOME}/bin/python" -r requirements.txt)
	fi
}

requirements::install() {
	local key=""
	REQUIREMENTS_FILES=()
	requirements::collect requirements.txt
	if requirements::are_fixed; then
		key="$(requirements::key)"
		if tree::restore "${key}" "${BUILD_DIR}/.heroku/python"; then
			output::step "Requirements have not changed: using what the last build installed"
			return
		fi
	fi
	output::step "Installing requirements.txt with ${INSTALLER}"
	requirements::export_named
	install::into_new_tree requirements::command
	[[ -z "${key}" ]] || tree::keep "${key}" "${BUILD_DIR}/.heroku/python"
}
