#!/usr/bin/env bash
# Where settings come from: the app's config vars (one file each in ENV_DIR), then the platform's environment.

# Names that would break the build, or bash itself, if an app's config var replaced them.
SETTINGS_KEPT_OUT='^(PATH|HOME|LANG|STACK|BUILD_DIR|CACHE_DIR|ENV_DIR|GIT_DIR|CPATH|CPPATH|LD_.*|LIBRARY_PATH|PYTHONHOME|PYTHONPATH|VIRTUAL_ENV|BASH.*|SHELLOPTS|UID|EUID|PPID|IFS|ENV|POSIXLY_CORRECT)$'

# The value of one setting; empty if nobody set it.
settings::get() {
	local name="${1}" value=""
	if [[ -f "${ENV_DIR}/${name}" ]]; then
		IFS= read -r -d '' value <"${ENV_DIR}/${name}" || true
	else
		value="${!name:-}"
	fi
	printf '%s' "${value}"
}

# Is a switch such as DISABLE_COLLECTSTATIC on? Unset, empty, `0` and `false` are off.
settings::on() {
	local value
	value="$(settings::get "${1}")"
	[[ -n "${value}" && "${value}" != "0" && "${value}" != "false" ]]
}

# A switch that is on by itself: only `0` and `false` turn it off.
settings::on_unless_off() {
	local value
	value="$(settings::get "${1}")"
	[[ "${value}" != "0" && "${value}" != "false" ]]
}

# Export all config vars, exact to the byte. Call it in a subshell, just before the app's own code runs.
settings::export_all() {
	local file name value
	for file in "${ENV_DIR}"/*; do
		name="${file##*/}"
		[[ -f "${file}" && "${name}" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
		[[ "${name}" =~ ${SETTINGS_KEPT_OUT} ]] && continue
		IFS= read -r -d '' value <"${file}" || true
		export "${name}=${value}"
	done
}
