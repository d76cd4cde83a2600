#!/usr/bin/env bash
# What pyproject.toml says. Sets PROJECT (an associative array); empty values without such a file.

declare -A PROJECT=()

project::read() {
	local name value answer
	PROJECT=([project]="" [poetry]="" [package]="" [requires_python]="")
	[[ -f "${BUILD_DIR}/pyproject.toml" ]] || return 0
	if ! answer="$(/usr/bin/python3 -I "${BUILDPACK_DIR}/lib/pyproject.py" "${BUILD_DIR}/pyproject.toml" 2>&1)"; then
		report::fail "pyproject-invalid" <<-EOF
			pyproject.toml cannot be read: ${answer}

			The file is no valid TOML. A missing quote, or a leftover of a merge, is the usual
			cause. Correct the line it names.
		EOF
	fi
	while IFS='=' read -r name value; do
		PROJECT[${name}]="${value}"
	done <<<"${answer}"
}

# An app that is a package of its own (src/ layout, say) is put on the path, without its dependencies.
project::install_itself() {
	[[ -n "${PROJECT[package]}" ]] || return 0
	install::finish_keeping
	output::step "Installing the app itself, as its pyproject.toml has a [build-system]"
	install::run uv pip install --python "${PYTHON_HOME}/bin/python" --no-deps --editable .
	project::reach_app
}

# An editable install points into BUILD_DIR. At run time the same files lie in /app: name that place too.
project::reach_app() {
	local file
	while IFS= read -r file; do
		case "${file}" in
		*.pth) sed -i -e "\\#${BUILD_DIR}#{p; s##/app#g}" "${file}" ;;
		*) sed -i -e "s#${BUILD_DIR}#/app#g" "${file}" ;;
		esac
	done < <(grep -lF "${BUILD_DIR}" "${BUILD_DIR}/.heroku/python/lib/python"*/site-packages/*.{pth,py} 2>/dev/null || true)
}
