#!/usr/bin/env bash
# Which package manager an app uses: exactly one. Sets MANAGER to requirements, pipenv, poetry, uv or pyproject,
# each of which has a room of its own with `files`, `are_fixed` and `install`.

manager::choose() {
	local file found=() dependencies=()
	declare -A managers=(["requirements.txt"]=requirements [Pipfile]=pipenv ["Pipfile.lock"]=pipenv ["poetry.lock"]=poetry ["uv.lock"]=uv)
	for file in requirements.txt Pipfile Pipfile.lock poetry.lock uv.lock; do
		[[ -f "${BUILD_DIR}/${file}" ]] || continue
		dependencies+=("${file}")
		[[ " ${found[*]-} " == *" ${managers[${file}]} "* ]] || found+=("${managers[${file}]}")
	done
	case "${#found[@]}" in
	0) manager::without_file ;;
	1) MANAGER="${found[0]}" ;;
	*) manager::several "${dependencies[@]}" ;;
	esac
	if [[ "${MANAGER}" == "pipenv" && ! -f "${BUILD_DIR}/Pipfile.lock" ]]; then
		manager::no_lock Pipfile Pipfile.lock "pipenv lock"
	fi
	report::set package_manager "${MANAGER}"
}

manager::without_file() {
	if [[ -n "${PROJECT[poetry]}" && -z "${PROJECT[project]}" ]]; then
		manager::no_lock "pyproject.toml with a [tool.poetry] table" poetry.lock "poetry lock"
	elif [[ -n "${PROJECT[project]}" ]]; then
		MANAGER="pyproject"
	elif [[ -f "${BUILD_DIR}/setup.py" ]]; then
		manager::setup_py
	else
		manager::none
	fi
}

manager::several() {
	report::fail "package-manager-several" <<-EOF
		Multiple Python package manager files were found:

		$(printf '    %s\n' "${@}")

		Each belongs to another tool, and they would install different things. Keep the
		files of the tool that you use, remove the others from the source, and commit.
	EOF
}

manager::no_lock() {
	report::fail "lock-missing" <<-EOF
		No '${2}' found!

		The source has a ${1}, but not the lock file that says which
		versions to install. Run "${3}" and commit ${2}.
	EOF
}

manager::setup_py() {
	report::fail "setup-py-only" <<-'EOF'
		The source has a setup.py, and no file that lists what to install.

		A setup.py is for packages that are published. To install what it needs, add a
		requirements.txt with a single line: .
	EOF
}

manager::none() {
	local near hint=""
	near="$(manager::near_misses)"
	if [[ -n "${near}" ]]; then
		hint="Found instead: ${near}. Give it the right name, or set its folder as the app's directory."
	fi
	report::fail "package-manager-none" <<-EOF
		Couldn't find any supported Python package manager files.

		At the root of the source, one of these is needed: requirements.txt, uv.lock,
		poetry.lock, Pipfile.lock, or a pyproject.toml with a [project] table.
		${hint:-An app that needs no packages has an empty requirements.txt.}
	EOF
}

# Misspelt names, and files in sub-folders.
manager::near_misses() {
	cd "${BUILD_DIR}" && find . -maxdepth 3 -type f \( -iname 'requirement*.t*xt' -o -iname 'requirments*' -o -iname 'requirements.in' \
		-o -iname 'pipfile*' -o -iname 'poetry.lock' -o -iname 'uv.lock' \) -not -path '*/node_modules/*' -printf '%P\n' |
		sort | head -n 5 | paste -sd, | sed 's/,/, /g'
}
