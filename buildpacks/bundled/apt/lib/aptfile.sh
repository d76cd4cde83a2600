#!/usr/bin/env bash
# The Aptfile: a package (`libpq-dev`, `ffmpeg=7:5.1.6-0+deb12u1`), the URL of a .deb, or `:repo:deb … suite component` per
# line; `#` begins a comment. Sets APT_PACKAGES, APT_URLS and APT_REPOSITORIES.

aptfile::read() {
	local line number=0
	APT_PACKAGES=() APT_URLS=() APT_REPOSITORIES=()
	while IFS= read -r line || [[ -n "${line}" ]]; do
		number="$((number + 1))"
		line="${line%%#*}"
		line="${line%$'\r'}"
		read -r line <<<"${line}"
		[[ -z "${line}" ]] || aptfile::sort_in "${line}" "${number}"
	done <"${BUILD_DIR}/Aptfile"
	report::set packages "${APT_PACKAGES[*]-}"
}

aptfile::sort_in() {
	local line="${1}" number="${2}" word
	case "${line}" in
	:repo:*) APT_REPOSITORIES+=("${line#:repo:}") ;;
	http://*.deb | https://*.deb) APT_URLS+=("${line}") ;;
	*)
		for word in ${line}; do
			[[ "${word}" =~ ^[a-z0-9][a-z0-9.+-]*(:[a-z0-9]+)?(=[A-Za-z0-9.+~:-]+)?$ ]] || aptfile::invalid "${word}" "${number}"
			APT_PACKAGES+=("${word}")
		done
		;;
	esac
}

aptfile::invalid() {
	report::fail "aptfile-invalid" <<-EOF
		Line ${2} of the Aptfile is none that apt understands: ${1}

		A line is a package's name (libpq-dev), the https address of a .deb file, or
		:repo: and a line of sources.list. Commands and options do not belong here.
	EOF
}
