# Runs what is not ours, and leaves nothing of it running.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Inode of the first PID namespace (PROC_PID_INIT_INO in linux/proc_ns.h).
process_host_namespace="pid:[4026531836]"

# process::end_all ends every process it may, so it belongs in a container and nowhere else.
process::check_namespace() {
	local namespace
	namespace="$(readlink /proc/self/ns/pid)"
	if [[ "${namespace}" == "${process_host_namespace}" ]]; then
		output::warning "The driver runs in a builder container only."
		exit 1
	fi
}

# Runs a command in DIRECTORY with environment_next and nothing else, for at most LIMIT seconds (0: the worker's
# limit alone), and returns its status; process_overran says whether the limit ended it. When it ended, everything it
# left behind is ended too: a daemon that holds the log open would keep the build from ending, and a fork bomb would eat
# the next buildpack's processes. What was started beside it is waited for before, unless the command failed.
process_overran=""
process::run() {
	local pid status=0 limit="${2}" began="${SECONDS}"
	process::start "$@"
	pid="${process_pid}"
	wait "${pid}" || status="$?"
	process_overran=""
	((status == 0 || limit == 0 || SECONDS - began < limit)) || process_overran="yes"
	((status != 0)) || process::await_beside
	process_beside=""
	process::end_all
	return "${status}"
}

# Starts a command beside the one that runs next, which has the processor first; what it says goes nowhere.
process_beside=""
process::run_beside() {
	process::start "${1}" "${2}" /usr/bin/nice -n 10 "${@:3}" >/dev/null 2>&1
	process_beside="${process_pid}"
}

process::await_beside() {
	[[ -n "${process_beside}" ]] || return 0
	! kill -0 "${process_beside}" 2>/dev/null || output::detail "Waiting for what the next buildpack fetches meanwhile."
	wait "${process_beside}" || true
}

# Starts a command as process::run runs it, and sets process_pid.
process_pid=""
process::start() {
	# Job control gives the command a process group of its own: its "kill 0" must not reach the driver.
	set -m
	process::become "$@" </dev/null &
	process_pid="$!"
	set +m
}

# Turns this subshell into the command. After the export only positional parameters are touched: a config var
# may bear the name of any variable here.
process::become() {
	trap - EXIT TERM INT HUP
	cd -- "${1}" || exit 97
	shift
	if ((${1} > 0)); then
		set -- /usr/bin/timeout --kill-after=2 "$@"
	else
		shift
	fi
	unset PWD OLDPWD SHLVL
	export "${environment_next[@]}"
	# bash's exec leaves a SHLVL behind.
	exec /usr/bin/env --unset=SHLVL "$@"
}

# SIGKILL to all processes of the container but this shell and init, in one call that forks nothing and
# misses no process that is just being made (kill(2), pid -1).
process::end_all() {
	kill -KILL -1 2>/dev/null || true
}

# Puts the words that start SCRIPT into process_command. A script without "#!" is bash's, as on Heroku, where a
# shell starts it; the kernel would refuse it.
process_command=()
process::command_of() {
	local script="${1}" magic=""
	IFS= read -r -d '' -n 4 magic <"${script}" || true
	process_command=("${script}")
	[[ "${magic}" == "#!"* || "${magic}" == $'\x7fELF' ]] || process_command=(/bin/bash "${script}")
}
