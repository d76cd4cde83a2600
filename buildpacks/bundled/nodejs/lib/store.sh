#!/usr/bin/env bash
# The platform's store: packages of the npm registry, unpacked. Every build may read it, the platform alone fills it.
# An entry bears the checksum of the archive that it was unpacked from: who has a checksum from the registry it trusts
# knows what it gets, whoever asked for the entry.

STORE="/slipway/store/nodejs"

# What the platform keeps for all: Node and the package managers, no app's packages.
STORE_TAKES='^(node-linux-(x64|arm64)|npm|yarn|pnpm|@yarnpkg/cli-dist)@[0-9]+\.[0-9]+\.[0-9]+$'

# Where what the registry says of a package is kept, for a day.
store::packument() {
	printf '%s/packuments/%s/%s' "${STORE}" "$(sha256sum <<<"${REGISTRY}" | cut -c1-64)" "${1/\//%2f}"
}

# Let `target` be a link to the entry of the chosen version.
store::link() {
	local target="${1}" entry="${STORE}/${CHOSEN_SHA512:-none}"
	if [[ ! -d "${entry}" ]]; then
		store::note_missing
		return 1
	fi
	rm -rf "${target}"
	ln -s "${entry}" "${target}"
}

# Let the report say that the store lacks the chosen version, or fresh news of its package.
store::note_missing() {
	local wanted="${CHOSEN_PACKAGE}@${CHOSEN_VERSION}"
	[[ -d "${STORE%/*}" && -z "${REGISTRY_OF_APP}" && "${wanted}" =~ ${STORE_TAKES} ]] || return 0
	[[ " ${STORE_LACKS:-} " != *" ${wanted} "* ]] || return 0
	STORE_LACKS="${STORE_LACKS:+${STORE_LACKS} }${wanted}"
	report::set store_lacks "${STORE_LACKS}"
}

# What lies at `source`, whatever link leads there: hard links where it lies in the cache, copies where in the store.
store::bring() {
	local source target="${2}"
	source="$(realpath -e "${1}")"
	if ! cp -al "${source}" "${target}" 2>/dev/null; then
		rm -rf "${target}"
		cp -a "${source}" "${target}"
	fi
}
