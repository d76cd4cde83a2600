#!/usr/bin/env bash
# Which package manager an app uses: the one its lock file belongs to, in the version that package.json names.
# Sets MANAGER, LOCK_FILE and, by the room of that name, MANAGER_VERSION and the commands.

declare -A MANAGER_OF=(["package-lock.json"]=npm ["npm-shrinkwrap.json"]=npm ["yarn.lock"]=yarn ["pnpm-lock.yaml"]=pnpm)

manager::choose() {
	local file found=() named
	for file in npm-shrinkwrap.json package-lock.json yarn.lock pnpm-lock.yaml; do
		[[ ! -f "${BUILD_DIR}/${file}" ]] || found+=("${file}")
	done
	# npm itself prefers the shrinkwrap where both exist
	[[ "${found[*]-}" != "npm-shrinkwrap.json package-lock.json" ]] || found=(npm-shrinkwrap.json)
	((${#found[@]} <= 1)) || manager::several "${found[@]}"
	named="$(package::text packageManager)"
	named="${named%%@*}"
	LOCK_FILE="${found[0]-}"
	MANAGER="${MANAGER_OF[${LOCK_FILE:-package-lock.json}]}"
	if [[ -n "${named}" && -n "${LOCK_FILE}" && "${named}" != "${MANAGER}" ]]; then
		manager::mismatch "${named}"
	fi
	[[ -n "${LOCK_FILE}" ]] || MANAGER="${named:-npm}"
	manager::refine
	report::set package_manager "${MANAGER}"
}

# yarn is two programs: 1, and 2 and later ("berry").
manager::refine() {
	case "${MANAGER}" in
	npm | pnpm) ;;
	yarn) ! manager::is_berry || MANAGER="berry" ;;
	*) manager::unknown ;;
	esac
	[[ -n "${LOCK_FILE}" ]] || output::note "There is no lock file: each build may get newer packages. Commit the one that ${MANAGER/berry/yarn} writes."
}

manager::is_berry() {
	local version
	version="$(manager::version_named yarn)"
	[[ -f "${BUILD_DIR}/.yarnrc.yml" ]] && return 0
	[[ -f "${BUILD_DIR}/yarn.lock" ]] && grep -E '^__metadata:' "${BUILD_DIR}/yarn.lock" >/dev/null && return 0
	[[ "${version}" =~ ^[^0-9]*[2-9] ]]
}

# The version or range of a package manager that package.json asks for: packageManager, then engines.
manager::version_named() {
	local name="${1}" exact
	exact="$(package::text packageManager)"
	if [[ "${exact}" == "${name}@"* ]]; then
		exact="${exact#*@}"
		echo "${exact%%+*}"
	else
		package::text "engines.${name}"
	fi
}

# Install a package manager beside Node: its package from the registry, its programs on PATH.
# Arguments: name, package, range, then programs as name=path in the package.
manager::install() {
	local name="${1}" package="${2}" range="${3}" program status=0 target
	target="${NODE_HOME}/lib/node_modules/${name}"
	shift 3
	if [[ ! -f "${target}/package.json" || ! -f "${target}.range" || "$(<"${target}.range")" != "${package} ${range}" ]]; then
		registry::choose "${package}" "${range}" "${NODE_VERSION}" || status="${?}"
		((status == 0)) || manager::unavailable "${status}" "${name}" "${range}"
		mkdir -p "${target%/*}"
		store::link "${target}" || registry::unpack "${target}"
		printf '%s' "${package} ${range}" >"${target}.range"
	fi
	for program in "${@}"; do
		[[ -x "${target}/${program#*=}" ]] || chmod +x "${target}/${program#*=}"
		ln -sfn "../lib/node_modules/${name}/${program#*=}" "${NODE_HOME}/bin/${program%%=*}"
	done
	MANAGER_VERSION="${name} $(jq -r .version "${target}/package.json")"
}

manager::unavailable() {
	local status="${1}" name="${2}" range="${3}"
	((status != 4)) || registry::unreachable
	report::fail "package-manager-version-unavailable" <<-EOF
		No published ${name} fits "${range}" and runs on Node.js ${NODE_VERSION}.

		Correct engines.${name} or packageManager in package.json, or leave them out.
	EOF
}

manager::several() {
	report::fail "lock-several" <<-EOF
		Two different lockfiles found: ${*}

		Each belongs to another package manager, and they would install different things.
		Keep the one of the package manager that you use, remove the others, and commit.
	EOF
}

manager::mismatch() {
	report::fail "lock-of-other-manager" <<-EOF
		package.json says packageManager "${1}", but the lock file is ${LOCK_FILE}, which
		belongs to ${MANAGER}.

		Remove the lock file and commit the one that "${1} install" writes, or correct
		packageManager.
	EOF
}

manager::unknown() {
	report::fail "package-manager-unknown" <<-EOF
		package.json names a packageManager that this buildpack does not know: ${MANAGER}

		It can be npm, yarn or pnpm.
	EOF
}
