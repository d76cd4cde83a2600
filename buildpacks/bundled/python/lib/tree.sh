#!/usr/bin/env bash
# The installed tree, kept between builds: CACHE_DIR/python/tree, valid for one key.
#
# Trees are hard links of each other and of uv's cache (one file system), so keeping one costs no bytes
# and restoring one costs no copies. The price: who edits an installed file in place edits all of them.
# So whatever became newer than the stamp, written when the tree was kept, condemns tree and uv's cache.

tree::open() {
	TREE_ROOT="${CACHE_DIR}/python"
	mkdir -p "${TREE_ROOT}"
	if [[ -d "${TREE_ROOT}/tree" ]] && ! tree::is_untouched; then
		output::note "Installed files were edited in place by the last build: installing afresh."
		rm -rf "${TREE_ROOT}/tree" "${TREE_ROOT}/key" "${TREE_ROOT}/uv"
	fi
}

tree::is_untouched() {
	[[ -f "${TREE_ROOT}/stamp" ]] || return 1
	[[ -z "$(find "${TREE_ROOT}/tree" -type f -newer "${TREE_ROOT}/stamp" -print -quit)" ]]
}

# Put the kept tree where the app will have it, if it was made for this key.
tree::restore() {
	local key="${1}"
	[[ -f "${TREE_ROOT}/key" && "$(<"${TREE_ROOT}/key")" == "${key}" ]] || return 1
	rmdir "${BUILD_DIR}/.heroku/python"
	cp -al "${TREE_ROOT}/tree" "${BUILD_DIR}/.heroku/python"
}

# Keep what was just installed, before the app's own code runs over it. The key comes last:
# a build killed half-way leaves a tree that no key fits.
tree::keep() {
	local key="${1}"
	rm -rf "${TREE_ROOT}/key" "${TREE_ROOT}/tree"
	cp -al "${BUILD_DIR}/.heroku/python" "${TREE_ROOT}/tree"
	touch "${TREE_ROOT}/stamp"
	printf '%s' "${key}" >"${TREE_ROOT}/key"
}
