#!/usr/bin/env bash
# requirements.txt, with what it includes.

requirements::files() {
	requirements::check requirements.txt
	requirements::collect requirements.txt
}

# Adds the file and everything it includes by -r and -c, each once, to KEY_FILES.
requirements::collect() {
	local file included
	file="$(realpath -m --relative-to="${BUILD_DIR}" -- "${BUILD_DIR}/${1}")"
	[[ " ${KEY_FILES[*]-} " != *" ${file} "* ]] || return 0
	if [[ ! -f "${BUILD_DIR}/${file}" ]]; then
		requirements::include_missing "${file}"
	fi
	KEY_FILES+=("${file}")
	while IFS= read -r included; do
		[[ "${included}" == *://* ]] || requirements::collect "$(dirname "${file}")/${included}"
	done < <(sed -nE 's/^[[:space:]]*(-r|-c|--requirement|--constraint)[=[:space:]]*([^#[:space:]]+).*/\2/p' "${BUILD_DIR}/${file}")
}

# May the result be kept for the same text? Not if a line points to something that changes while the
# text stays: a path in the source, a URL, a branch. A Git URL with a full commit is fixed.
requirements::are_fixed() {
	local moving='^[[:space:]]*(-e|--editable|\.|/|file:)|(@|[[:space:]]|^)[[:space:]]*(git|hg|svn|bzr|https?|file|ssh)(\+[a-z]+)?:'
	! (cd "${BUILD_DIR}" && cat -- "${KEY_FILES[@]}") |
		sed -E -e 's/(^|[[:space:]])#.*//' -e '/@[0-9a-f]{40}([#[:space:]]|$)/d' \
			-e '/^[[:space:]]*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)/d' |
		grep -E "${moving}" >/dev/null
}

requirements::install() {
	output::step "Installing requirements.txt with ${INSTALLER}"
	requirements::export_named
	install::requirements requirements.txt
}

# A requirements file may say ${TOKEN}: hand over the config vars it names, and no others.
requirements::export_named() {
	local name
	while IFS= read -r name; do
		export "${name}=$(settings::get "${name}")"
	done < <(sed -nE 's/^[^#]*\$\{([A-Z][A-Z0-9_]*)\}.*/\1/p' "${KEY_FILES[@]/#/${BUILD_DIR}/}" | sort -u)
}

# What no package manager explains well.
requirements::check() {
	local file="${BUILD_DIR}/${1}"
	if LC_ALL=C grep -qaP '\x00|^\xff\xfe|^\xfe\xff' "${file}"; then
		report::fail "requirements-encoding" <<-EOF
			${1} is not plain text in UTF-8.

			PowerShell's "pip freeze > requirements.txt" writes UTF-16. Save the file as UTF-8,
			or run: pip freeze | Out-File -Encoding utf8 requirements.txt
		EOF
	fi
	if grep -nE '^(<<<<<<<|=======$|>>>>>>>)' "${file}" >"${CACHE_DIR}/python/markers.log"; then
		report::fail "requirements-merge-conflict" <<-EOF
			${1} holds the marks of a merge that was not finished, at line $(head -n 1 "${CACHE_DIR}/python/markers.log" | cut -d: -f1).

			Decide for one side, remove the lines <<<<<<<, ======= and >>>>>>>, and commit.
		EOF
	fi
}

requirements::include_missing() {
	report::fail "requirements-include-missing" <<-EOF
		requirements.txt includes ${1}, which is not in the source.

		The path counts from the file that names it. Add the file, or correct the line; look
		whether .gitignore or .slugignore leaves it out.
	EOF
}
