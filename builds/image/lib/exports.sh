# The export file: what a buildpack wants later detects, compiles and hooks to find in their environment.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Sources the export file of a buildpack and carries over the environment that it leaves.
# Bash sources it, since it holds shell code ("${VAR:-default}", "declare -x"), but not this shell: an "exit" in it, a
# "set -e", a variable of the wrong name must not reach the driver. Whatever was exported up to such a break counts.
exports::carry() {
	local index="${1}" directory="${request_directories[$1]}" dump="${workspace_run_dir}/export" status=0
	[[ -f "${directory}/export" ]] || return 0
	rm -f -- "${dump}"
	environment_next=("${environment_carried[@]}")
	process::run "${directory}" "${request_export_seconds}" /bin/bash -c "${exports_program}" export "${directory}/export" \
		3>"${dump}" || status="$?"
	if ((status != 0)); then
		output::warning "The export file of ${request_names[index]} stopped early; what it set until then is used."
	fi
	exports::keep "${dump}"
}

# "|| :" takes the sting out of a "set -e" in the file: a failing line does not end the rest.
# shellcheck disable=SC2016 # for the other bash
exports_program='
trap "/usr/bin/env -0 >&3; exit 90" EXIT
source "${1}" || :
trap - EXIT
/usr/bin/env -0 >&3
exit 0
'

# Takes over the NAME=value records of a dump, but for what every shell sets itself.
exports::keep() {
	local dump="${1}" entries=() entry
	mapfile -d '' -t entries <"${dump}"
	((${#entries[@]} > 0)) || return 0
	environment_carried=()
	for entry in "${entries[@]}"; do
		[[ "${entry}" =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || continue
		case "${entry%%=*}" in
		_ | PWD | OLDPWD | SHLVL | BASHOPTS | SHELLOPTS) ;;
		*) environment_carried+=("${entry}") ;;
		esac
	done
}
