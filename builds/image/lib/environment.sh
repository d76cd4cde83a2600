# What the next command may see. A clean set is put together for each; nothing of the driver's own is exported.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

environment_base=()    # the platform's few, and the installation's settings
environment_carried=() # the same with what buildpacks' export files added
environment_next=()    # for the command that process::run starts next

# Names of config vars that hooks do not get: they would break the tools that buildpacks just set up, or bash
# (Heroku's buildpack API lists the first line; the second is what its Node and Python buildpacks add).
environment_protected=" PATH GIT_DIR CPATH CPPATH LD_PRELOAD LIBRARY_PATH
 LANG BUILD_DIR CACHE_DIR ENV_DIR LD_LIBRARY_PATH PYTHONHOME PYTHONPATH HOME
 STACK SOURCE_VERSION REQUEST_ID BUILDPACK_LOG_FILE
 BASH_ENV BASHOPTS SHELLOPTS BASH_XTRACEFD POSIXLY_CORRECT IFS PS4
 UID EUID PPID GROUPS DIRSTACK PIPESTATUS FUNCNAME RANDOM SRANDOM SECONDS LINENO "

environment::begin() {
	local name
	PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	LC_ALL="C" # the driver counts and compares bytes
	for name in $(compgen -e); do
		export -n "${name?}"
	done
	environment_base=(
		"HOME=/app" "LANG=C.UTF-8" "PATH=${PATH}"
		"STACK=${request_stack}" "SOURCE_VERSION=${request_source_version}" "REQUEST_ID=${request_request_id}"
		"BUILDPACK_LOG_FILE=/dev/null" "CURL_CONNECT_TIMEOUT=30" "CURL_TIMEOUT=600"
	)
	environment::trust /slipway/ca.crt
	environment::tell_apt /usr/local/share/slipway/run-packages
	environment_base+=("${request_environment[@]}")
	environment_carried=("${environment_base[@]}")
}

# Makes the usual tools believe the installation's certificate authorities, where there are any.
environment::trust() {
	local bundle="${1}" name
	[[ -f "${bundle}" ]] || return 0
	for name in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO CURL_CA_BUNDLE; do
		environment_base+=("${name}=${bundle}")
	done
}

# Lets apt-get fetch what instances will lack, not what this image lacks, where the run image's list of packages is known.
environment::tell_apt() {
	[[ ! -f "${1}" ]] || environment_base+=("APT_CONFIG=${DRIVER}/lib/apt.conf")
}

# For detect and compile: with the exports of earlier buildpacks.
environment::for_compile() {
	environment_next=("${environment_carried[@]}")
	environment::add_own "${1}"
}

# For release and report: without them.
environment::for_release() {
	environment_next=("${environment_base[@]}")
	environment::add_own "${1}"
}

environment::add_own() {
	local index="${1}" entry
	for entry in "${request_buildpack_env[@]}"; do
		[[ "${entry}" != "${index}="* ]] || environment_next+=("${entry#*=}")
	done
}

# For the app's hooks: exports so far, and config vars over them, save the names that would break the tools.
environment::for_hook() {
	local path name value
	environment_next=("${environment_carried[@]}")
	for path in "${workspace_env_dir}"/*; do
		name="${path##*/}"
		[[ -f "${path}" && "${name}" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
		[[ "${environment_protected}" =~ [[:space:]]"${name}"[[:space:]] ]] && continue
		# read keeps trailing newlines, which a command substitution would drop.
		IFS= read -r -d '' value <"${path}" || true
		if ((${#value} > 131000)); then
			output::warning "Config var ${name} is too long to be exported to a hook (the limit is 128 KiB)."
			continue
		fi
		environment_next+=("${name}=${value}")
	done
}
