# CACHE_DIR: one directory per app that its buildpacks share, kept from build to build.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them
#
# What a failed build means for it. A buildpack that fails half-way may leave a half-written cache; most failures,
# though, are a typo in the app, and throwing the cache away would make the next try slow for nothing. So the cache is
# kept after a failed build, and a mark says that buildpacks did not come to their end. When two builds in a row did not,
# the cache itself is under suspicion: the third starts with an empty one, so no broken cache can hold up an app for
# longer than that. The mark is made before the first compile, not after the failure, because a build that is killed
# (time limit, cancel, out of memory) runs no code at its end. Detection, Procfile and slug size do not count: buildpacks
# had finished, or had not begun.

cache_dir="/tmp/cache/app"
cache_mark="/tmp/cache/unfinished"

# Makes CACHE_DIR a directory, empties it if two builds in a row did not finish, and marks this one as unfinished.
cache::open() {
	local unfinished=0
	[[ ! -f "${cache_mark}" ]] || read -r unfinished <"${cache_mark}" || true
	[[ "${unfinished}" =~ ^[0-9]$ ]] || unfinished=0
	if ((unfinished >= 2)); then
		output::step "Clearing the cache, because the last ${unfinished} builds that used it did not finish"
		workspace::erase "${cache_dir}" -maxdepth 0
		unfinished=0
	fi
	cache::ensure
	printf '%s\n' "$((unfinished + 1))" >"${cache_mark}"
}

# Buildpacks may delete CACHE_DIR, and one day one will leave a file in its place.
cache::ensure() {
	[[ -d "${cache_dir}" && ! -L "${cache_dir}" && -w "${cache_dir}" ]] && return
	[[ -d /tmp/cache && ! -L /tmp/cache && -w /tmp/cache ]] || workspace::erase /tmp/cache -maxdepth 0
	[[ ! -e "${cache_dir}" && ! -L "${cache_dir}" ]] || workspace::erase "${cache_dir}" -maxdepth 0
	mkdir -p -- "${cache_dir}"
}

# Says how many bytes the cache takes on disk. The last word of a build: the worker stores the slug meanwhile.
cache::tell() {
	local bytes
	[[ -d "${cache_dir}" && "${verdict_sent}" != "detected" ]] || return 0
	read -r bytes _ < <(du --summarize --block-size=1 -- "${cache_dir}" 2>/dev/null)
	[[ ! "${bytes}" =~ ^[0-9]+$ ]] || events::send "{\"event\":\"cache\",\"bytes\":${bytes}}"
}

# All buildpacks came to their end.
cache::close() {
	cache::ensure
	rm -f -- "${cache_mark}"
}
