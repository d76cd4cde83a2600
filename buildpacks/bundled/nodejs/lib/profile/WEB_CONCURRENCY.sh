# shellcheck shell=bash
# How many workers suit this instance: as many as fit into its memory with 512 MB each.
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

web_concurrency::set() {
	local memory workers
	memory="$(web_concurrency::memory_megabytes)"
	[[ -n "${memory}" ]] || return 0
	# above 16 GB the heaps are meant to be larger, and more than 200 is a limit misread
	workers="$((memory > 16384 ? memory / 2048 : memory / 512))"
	((workers >= 1 && workers <= 200)) || workers=1
	export WEB_CONCURRENCY="${workers}"
}

if [[ -z "${WEB_CONCURRENCY:-}" ]]; then
	web_concurrency::set
fi
unset -f web_concurrency::memory_megabytes web_concurrency::set
