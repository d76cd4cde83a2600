#!/usr/bin/env bash
# Let later buildpacks, hooks and instances find what lies below .apt instead of below /.

# Packages register programs such as ImageMagick's `convert` with update-alternatives, in a script meant for root. Run as
# nobody special, with a stand-in for that one program, it does this and fails at the rest, which is no harm.
paths::link_alternatives() {
	local archive="${1}" script="${CACHE_DIR}/apt/postinst"
	dpkg-deb --info "${archive}" postinst >"${script}" 2>/dev/null || return 0
	if grep -F 'update-alternatives' "${script}" >/dev/null; then
		chmod +x "${script}"
		env -i APT_ROOT="${BUILD_DIR}/.apt" PATH="${BUILDPACK_DIR}/lib/stand-in:/usr/bin:/bin" DEBIAN_FRONTEND=noninteractive \
			timeout 20 "${script}" configure </dev/null >/dev/null 2>&1 || true
	fi
	rm -f "${script}"
}

# Files that name places of their package: pkg-config's, and links to absolute addresses.
paths::relocate() {
	local link target
	while IFS= read -r -d '' link; do
		target="$(readlink "${link}")"
		[[ -e "${BUILD_DIR}/.apt${target}" || -L "${BUILD_DIR}/.apt${target}" ]] || continue
		ln -sfn "$(realpath -ms --relative-to="$(dirname "${link}")" "${BUILD_DIR}/.apt${target}")" "${link}"
	done < <(find "${BUILD_DIR}/.apt" -type l -lname '/*' -print0)
	# pkg-config answers with the place that a .pc file stands in: its variable, not bash's
	# shellcheck disable=SC2016
	find "${BUILD_DIR}/.apt" -type f -name '*.pc' -exec sed -i -E 's#^(prefix *= *)/usr/?$#\1${pcfiledir}/../../..#' {} +
	find "${BUILD_DIR}/.apt" -type f -name '*.pc' -path '*/share/pkgconfig/*' -exec sed -i -E 's#(/\.\.){3}$#/../..#' {} +
}

paths::set_up() {
	local triplet
	triplet="$(gcc -print-multiarch 2>/dev/null || echo "$(uname -m)-linux-gnu")"
	if [[ -e "${BUILD_DIR}/.heroku/python" ]]; then
		output::warning <<-'EOF'
			The apt buildpack stands after python in the list. Packages that python compiles
			do not find what is installed here: move apt before python.
		EOF
	fi
	paths::write "${BUILD_DIR}/.apt" "${triplet}" build >"${BUILDPACK_DIR}/export"
	mkdir -p "${BUILD_DIR}/.profile.d"
	# single quotes: HOME is told by the place where the app runs
	# shellcheck disable=SC2016
	paths::write '${HOME}/.apt' "${triplet}" run >"${BUILD_DIR}/.profile.d/000_apt.sh"
}

# Where programs and libraries lie; for a build also headers and pkg-config files.
paths::write() {
	local root="${1}" triplet="${2}" stage="${3}" libraries
	libraries="${root}/usr/lib/${triplet}:${root}/usr/lib:${root}/lib/${triplet}:${root}/lib"
	paths::prepend PATH "${root}/usr/local/bin:${root}/usr/bin:${root}/usr/sbin:${root}/bin"
	paths::prepend LD_LIBRARY_PATH "$(paths::all_of "${root}" "${libraries}")"
	paths::imagemagick "${root}"
	[[ "${stage}" == "build" ]] || return 0
	paths::prepend LIBRARY_PATH "${libraries}"
	paths::prepend CPATH "${root}/usr/include:${root}/usr/include/${triplet}"
	paths::prepend PKG_CONFIG_PATH "${root}/usr/lib/${triplet}/pkgconfig:${root}/usr/lib/pkgconfig:${root}/usr/share/pkgconfig"
}

# The one program that people fetch most looks for its parts at fixed places, and has variables to say others.
paths::imagemagick() {
	local root="${1}" found
	found="$(cd "${BUILD_DIR}/.apt" && find usr/lib -type d -path '*/ImageMagick-*/coders' -print -quit)"
	[[ -n "${found}" ]] || return 0
	paths::prepend MAGICK_CODER_MODULE_PATH "${root}/${found}"
	paths::prepend MAGICK_FILTER_MODULE_PATH "${root}/${found%/*}/filters"
	found="$(find "${BUILD_DIR}/.apt" -maxdepth 5 -type d -regextype posix-extended \
		-regex '.*/(etc|usr/share)/ImageMagick-[^/]*|.*/ImageMagick-[^/]*/config-[^/]*' -printf "${root}/%P:")"
	paths::prepend MAGICK_CONFIGURE_PATH "${found%:}"
}

# Packages such as libblas put their library one folder deeper and link to it by update-alternatives, which needs root.
paths::all_of() {
	local root="${1}" list="${2}" folder
	mkdir -p "${BUILD_DIR}/.apt/usr/lib"
	while IFS= read -r folder; do
		list+=":${root}/${folder}"
	done < <(find "${BUILD_DIR}/.apt/usr/lib" -mindepth 2 -maxdepth 3 -name '*.so.[0-9]*' -not -path '*-linux-gnu/lib*.so.*' -printf 'usr/lib/%P\n' 2>/dev/null |
		sed 's#/[^/]*$##' | sort -u)
	printf '%s' "${list}"
}

# What is there already stays behind: the variable is read where the line is sourced.
# shellcheck disable=SC2016
paths::prepend() {
	printf 'export %s="%s${%s:+:${%s}}"\n' "${1}" "${2}" "${1}" "${1}"
}
