#!/usr/bin/env bash
# What a package manager installed, kept between builds: TREE_ROOT/tree, valid for one key.
# The same file stands in every bundled buildpack that needs it; a test keeps the copies equal.
#
# Trees are hard links of each other (and of the package manager's cache), on one file system, so keeping
# one costs no bytes and restoring one costs no copies. The price: who edits an installed file in place edits
# all of them. So whatever became newer than the stamp, written when the tree was kept, condemns the tree
# and the caches it may share files with.

# Arguments: the folder to keep in, and caches whose files are linked into trees.
tree::open() {
	TREE_ROOT="${1}"
	shift
	mkdir -p "${TREE_ROOT}"
	if [[ -d "${TREE_ROOT}/tree" ]] && ! tree::is_untouched; then
		tree::condemn "${@}"
	fi
}

tree::condemn() {
	output::note "Installed files were edited in place by the last build: installing afresh."
	rm -rf "${TREE_ROOT}/tree" "${TREE_ROOT}/key" "${@}"
}

tree::is_untouched() {
	[[ -f "${TREE_ROOT}/stamp" ]] || return 1
	[[ -z "$(find "${TREE_ROOT}/tree" -type f -newer "${TREE_ROOT}/stamp" -print -quit)" ]]
}

# Was the kept tree made for this key?
tree::fits() {
	[[ -f "${TREE_ROOT}/key" && "$(<"${TREE_ROOT}/key")" == "${1}" ]]
}

# Put the kept tree at `target`, if it was made for this key. If it cannot be linked there, it is as if there were none.
tree::restore() {
	local key="${1}" target="${2}"
	tree::fits "${key}" || return 1
	rm -rf "${target}"
	if ! cp -al "${TREE_ROOT}/tree" "${target}"; then
		rm -rf "${target}" "${TREE_ROOT}/key"
		mkdir -p "${target}"
		return 1
	fi
}

# Keep what was just installed, as the app's own code found it: what is written from here on is newer than the stamp.
# The key comes last: a build killed half-way leaves a tree that no key fits.
tree::keep() {
	local key="${1}" source="${2}"
	rm -rf "${TREE_ROOT}/key" "${TREE_ROOT}/tree"
	touch "${TREE_ROOT}/stamp"
	cp -al "${source}" "${TREE_ROOT}/tree"
	printf '%s' "${key}" >"${TREE_ROOT}/key"
}

# A package manager's cache grows with every version that an app ever used. Beyond so many megabytes it begins anew;
# kept trees live on, since their files are links of their own.
tree::limit() {
	local cache="${1}" megabytes="${2}" size
	[[ -d "${cache}" ]] || return 0
	size="$(du -sm "${cache}" | cut -f1)"
	if ((size > megabytes)); then
		output::note "The package manager's cache has grown to ${size} MB: it begins anew."
		rm -rf "${cache}"
	fi
}
