#!/usr/bin/env bash
# The kept tree is lent to the build, and taken back when that is over (bin/slipway-keep): moved both times, so it costs
# nothing. One that came back changed is lost; for this app's next builds it is linked, as tree.sh does it.
#
# `lent` names the tree that is out: its inode, and the key that it is kept under when it comes back. The stamp says since when.

# Do builds of this app change what was installed?
lend::is_linked() {
	[[ -n "${PROJECT[package]}" || -f "${TREE_ROOT}/linked" ]]
}

# After tree::open, with the same caches: a tree that is still out is gone, since its build was killed or changed it. Did that
# edit in place what caches share with it?
lend::open() {
	[[ -f "${TREE_ROOT}/lent" ]] || return 0
	[[ -z "$(find "${@}" -type f -newer "${TREE_ROOT}/stamp" -print -quit 2>/dev/null)" ]] || tree::condemn "${@}"
	rm "${TREE_ROOT}/lent"
}

# Let `target` be the kept tree, if it was made for this key.
lend::restore() {
	local key="${1}" target="${2}"
	if lend::is_linked; then
		tree::restore "${key}" "${target}"
		return
	fi
	tree::fits "${key}" || return 1
	rm -rf "${TREE_ROOT}/key" "${target}"
	mv "${TREE_ROOT}/tree" "${target}"
	touch "${TREE_ROOT}/stamp" # after the move, which is a change as well
	lend::note "${key}" "${target}"
}

# Keep what was just installed, before the stamp was written: once it comes back.
lend::keep() {
	local key="${1}" source="${2}"
	if lend::is_linked; then
		tree::keep "${key}" "${source}"
		return
	fi
	rm -rf "${TREE_ROOT}/key" "${TREE_ROOT}/tree"
	lend::note "${key}" "${source}"
}

lend::note() {
	printf '%s\n%s\n' "$(stat -c %i "${2}")" "${1}" >"${TREE_ROOT}/lent"
}

# Keep a tree that no build needs where it is.
lend::put() {
	local key="${1}" source="${2}"
	rm -rf "${TREE_ROOT}/key" "${TREE_ROOT}/tree"
	touch "${TREE_ROOT}/stamp"
	mv "${source}" "${TREE_ROOT}/tree"
	printf '%s' "${key}" >"${TREE_ROOT}/key"
}

# The build is over; `source` is what became of the tree.
lend::take_back() {
	local source="${1}" lent
	[[ -d "${source}" && -f "${TREE_ROOT}/lent" ]] || return 0
	mapfile -t lent <"${TREE_ROOT}/lent"
	if [[ -n "$(find "${source}" -cnewer "${TREE_ROOT}/stamp" -print -quit)" ]]; then
		touch "${TREE_ROOT}/linked"
	elif [[ "$(stat -c %i "${source}")" == "${lent[0]}" ]]; then
		lend::put "${lent[1]}" "${source}"
		rm "${TREE_ROOT}/lent"
	fi
}
