# Whether the container's limits were what ended a command: the counters of its control group, version 1 or 2.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Sets limits_cause (machine-readable) and limits_sentence, or empties both. A builder is fresh, so any count is its own.
limits_cause="" limits_sentence=""
limits::explain() {
	local count ceiling
	limits_cause="" limits_sentence=""
	count="$(limits::count oom_kill /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control)"
	if ((count > 0)); then
		ceiling="$(limits::first /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes)"
		limits_cause="out-of-memory"
		limits_sentence="The build ran out of memory (limit: $(limits::mebibytes "${ceiling}")). Use less at once, or ask an administrator for more."
		return
	fi
	count="$(limits::count max /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events)"
	if ((count > 0)); then
		ceiling="$(limits::first /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max)"
		limits_cause="too-many-processes"
		limits_sentence="The build started too many processes: at most ${ceiling} may run at the same time. Look for a command that starts itself again."
	fi
}

# Prints the number after a key in the first of the files that exists, else 0.
limits::count() {
	local key="${1}" name number path
	shift
	for path in "$@"; do
		[[ -r "${path}" ]] || continue
		while read -r name number; do
			[[ "${name}" != "${key}" ]] || {
				printf '%s' "${number}"
				return
			}
		done <"${path}"
	done
	printf '0'
}

# Prints the content of the first of the files that exists, else 0.
limits::first() {
	local path
	for path in "$@"; do
		[[ -r "${path}" ]] || continue
		printf '%s' "$(<"${path}")"
		return
	done
	printf '0'
}

# Prints a limit in MiB; version 1 writes "none" as a number near 2^63, version 2 as "max".
limits::mebibytes() {
	if [[ "${1}" =~ ^[0-9]{1,15}$ ]]; then
		printf '%s MiB' "$((${1} / 1048576))"
	else
		printf 'the whole machine'
	fi
}
