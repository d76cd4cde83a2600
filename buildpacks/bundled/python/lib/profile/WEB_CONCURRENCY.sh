# shellcheck shell=bash
# How many workers suit this instance: 2 per core and one more, as far as 256 MB for each allow.
# A value that the user set wins. Without a known memory limit nothing is set: guessing from the
# host's memory would start dozens of workers in a small container.

web_concurrency::memory_megabytes() {
	local file bytes
	if [[ "${MEMORY_AVAILABLE:-}" =~ ^[1-9][0-9]*$ ]]; then
		echo "${MEMORY_AVAILABLE}"
		return
	fi
	for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
		[[ -r "${file}" ]] || continue
		read -r bytes <"${file}"
		# version 1 says "no limit" with a number of petabytes
		if [[ "${bytes}" =~ ^[0-9]+$ ]] && ((${#bytes} < 15)); then
			echo "$((bytes / 1048576))"
			return
		fi
	done
}

web_concurrency::cores() {
	local quota="" period="" cores
	cores="$(nproc)"
	if [[ -r /sys/fs/cgroup/cpu.max ]]; then
		read -r quota period </sys/fs/cgroup/cpu.max
	elif [[ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]]; then
		read -r quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us
		read -r period </sys/fs/cgroup/cpu/cpu.cfs_period_us
	fi
	if [[ "${quota}" =~ ^[1-9][0-9]*$ ]] && (((quota + period - 1) / period < cores)); then
		cores="$(((quota + period - 1) / period))"
	fi
	echo "${cores}"
}

web_concurrency::set() {
	local memory workers by_memory
	memory="$(web_concurrency::memory_megabytes)"
	[[ -n "${memory}" ]] || return 0
	workers="$((2 * $(web_concurrency::cores) + 1))"
	by_memory="$((memory / 256))"
	((by_memory < workers)) && workers="${by_memory}"
	((workers < 1)) && workers=1
	export WEB_CONCURRENCY="${workers}"
}

if [[ -z "${WEB_CONCURRENCY:-}" ]]; then
	web_concurrency::set
fi
unset -f web_concurrency::memory_megabytes web_concurrency::cores web_concurrency::set
