#!/usr/bin/env bash
# Fetch packages with what they depend on, and unpack them below .apt, as a user without rights.
#
# What the run image has already is not fetched again; what only the build image has (compilers, headers) is, because
# instances run without it. The build image carries the run image's list of packages for that.

PACKAGES_OF_RUN_IMAGE="/usr/local/share/slipway/run-packages"

# A week is the longest that an unchanged Aptfile goes without the distribution's security fixes.
packages::key() {
	{
		printf '%s\n' "${BUILDPACK_VERSION}" "${STACK}" "$(uname -m)" "$(date -u +%G-%V)"
		cat "${BUILD_DIR}/Aptfile" /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true
	} | sha256sum | cut -d' ' -f1
}

packages::install() {
	local key
	key="$(packages::key)"
	if tree::restore "${key}" "${BUILD_DIR}/.apt"; then
		output::step "The Aptfile has not changed: using what a build of this week unpacked"
		return
	fi
	packages::configure
	output::step "Updating the lists of packages"
	packages::run update apt-get "${APT_OPTIONS[@]}" update -qq
	packages::fetch
	packages::unpack
	tree::keep "${key}" "${BUILD_DIR}/.apt"
}

# A world of its own for apt: its lists and downloads in the cache, the image's sources and keys, the app's on top.
packages::configure() {
	local state="${CACHE_DIR}/apt/state" sources="${CACHE_DIR}/apt/sources" status="${PACKAGES_OF_RUN_IMAGE}"
	[[ -f "${status}" ]] || status="/var/lib/dpkg/status"
	rm -rf "${sources}" "${CACHE_DIR}/apt/archives"
	mkdir -p "${state}/lists/partial" "${sources}" "${CACHE_DIR}/apt/archives/partial"
	cp /etc/apt/sources.list.d/* "${sources}/" 2>/dev/null || true
	cp /etc/apt/sources.list "${sources}/image.list"
	((${#APT_REPOSITORIES[@]} == 0)) || printf '%s\n' "${APT_REPOSITORIES[@]}" >"${sources}/app.list"
	APT_OPTIONS=(
		-o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)"
		-o Dir::State="${state}" -o Dir::State::status="${status}" -o Dir::Cache="${CACHE_DIR}/apt"
		-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="${sources}"
		-o APT::Get::AllowUnauthenticated=false -o Acquire::Retries=2 -o Acquire::Languages=none
	)
	[[ -z "${SSL_CERT_FILE:-}" ]] || APT_OPTIONS+=(-o Acquire::https::CaInfo="${SSL_CERT_FILE}")
}

packages::fetch() {
	local url
	if ((${#APT_PACKAGES[@]} > 0)); then
		output::step "Fetching ${APT_PACKAGES[*]}"
		packages::run fetch apt-get "${APT_OPTIONS[@]}" install -qq -y --download-only --reinstall --no-install-recommends "${APT_PACKAGES[@]}"
	fi
	for url in "${APT_URLS[@]}"; do
		output::step "Fetching ${url##*/}"
		packages::run download curl --silent --show-error --fail --location --retry 2 --connect-timeout 10 \
			--output "${CACHE_DIR}/apt/archives/${url##*/}" "${url}"
	done
}

packages::unpack() {
	local archive
	rm -rf "${BUILD_DIR}/.apt"
	mkdir -p "${BUILD_DIR}/.apt"
	for archive in "${CACHE_DIR}/apt/archives/"*.deb; do
		[[ -f "${archive}" ]] || continue
		output::note "Unpacking $(basename "${archive}" .deb)"
		packages::run unpack dpkg-deb --extract "${archive}" "${BUILD_DIR}/.apt"
	done
	for archive in "${CACHE_DIR}/apt/archives/"*.deb; do
		[[ ! -f "${archive}" ]] || paths::link_alternatives "${archive}"
	done
	rm -rf "${CACHE_DIR}/apt/archives"
	paths::relocate
}

packages::run() {
	local what="${1}" log="${CACHE_DIR}/apt/${1}.log"
	shift
	if ! "${@}" 2>&1 | tee "${log}" | output::indent; then
		mistakes::explain "${what}" "${log}"
	fi
	rm -f "${log}"
}
