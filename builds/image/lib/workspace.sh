# The directories of a build: BUILD_DIR, ENV_DIR, /app, and a /tmp that holds nothing of an earlier build.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

workspace_build_dir="" workspace_env_dir="/slipway/env" workspace_run_dir="/slipway/run"

workspace::prepare() {
	workspace_build_dir="/tmp/build_${request_id}"
	mkdir -p -- "${workspace_run_dir}" "${workspace_env_dir}"
	workspace::sweep
	# The image's user may have come with files in its home; buildpacks expect to find none.
	workspace::erase /app -mindepth 1 -maxdepth 1
	[[ -d "${workspace_build_dir}" ]] || exit 66
	rm -rf -- "${workspace_build_dir}/.git"
	((${#request_directories[@]} == 0)) || workspace::make_executable
}

# /tmp is the app's cache volume: a build that was killed left its files here.
workspace::sweep() {
	workspace::erase /tmp -mindepth 1 -maxdepth 1 ! -path "${workspace_build_dir}" ! -path /tmp/cache
}

workspace::remove() {
	[[ -z "${workspace_build_dir}" ]] || workspace::erase /tmp -mindepth 1 -maxdepth 1 ! -path /tmp/cache
}

# Removes what find finds; directories that somebody made unreadable too.
workspace::erase() {
	find "$@" -exec rm -rf -- {} + 2>/dev/null && return
	find "$@" -exec chmod -R u+rwX -- {} + 2>/dev/null || true
	find "$@" -exec rm -rf -- {} + 2>/dev/null || true
}

# Buildpacks are often committed, or packed by hand, without their executable bits.
workspace::make_executable() {
	local index scripts=()
	for index in "${!request_directories[@]}"; do
		scripts+=("${request_directories[index]}"/bin/*)
	done
	chmod -f +x -- "${scripts[@]}" || true
}

# Fails the build when a command took BUILD_DIR away.
workspace::check() {
	local index="${1}" what="${2}"
	[[ -d "${workspace_build_dir}" ]] || verdict::fail compile "${request_names[index]}" 1 \
		"${what} deleted the build directory, so there is nothing left to build.
Remove the command that deletes or renames it (BUILD_DIR)." build-dir-deleted
}
