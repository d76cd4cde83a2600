#!/usr/bin/env bash
# What went wrong, in words that say what to do. Patterns are texts of apt and curl.

mistakes::explain() {
	local what="${1}" log="${2}" name pattern
	while read -r name pattern; do
		if grep -qE -e "${pattern}" "${log}"; then
			"mistakes::${name}" "${log}"
		fi
	done <<-'EOF'
		no_package  (Unable to locate package|has no installation candidate|Couldn.t find any package|Version .* was not found)
		conflict    (unmet dependencies|held broken packages|Depends: .* but)
		no_key      (NO_PUBKEY|is not signed|couldn.t be verified)
		repository  (does not have a Release file|Malformed entry|Type .* is not known|Unable to parse)
		unreachable (Could not (resolve|connect)|Temporary failure|Connection (timed out|refused)|Failed to fetch|Could not handshake)
	EOF
	[[ "${what}" != "download" ]] || mistakes::deb
	report::fail "apt-failed" <<-'EOF'
		apt could not do what the Aptfile asks for; its own words stand above.

		Try the same packages in a container of the stack's distribution.
	EOF
}

mistakes::no_package() {
	report::fail "package-not-found" <<-EOF
		The Aptfile names a package that this stack's distribution does not have:

		$(grep -E '^E: ' "${1}" | head -n 3)

		Names differ between Ubuntu, Debian and their releases; look at the stack's own.
		A package from elsewhere needs a :repo: line, or the address of its .deb file.
	EOF
}

mistakes::conflict() {
	report::fail "packages-conflict" <<-'EOF'
		The packages of the Aptfile, or what they depend on, do not go together here; the
		lines above tell which.

		A pinned version (name=1.2) or a repository for another release is the usual cause.
	EOF
}

mistakes::no_key() {
	report::fail "repository-unsigned" <<-'EOF'
		A :repo: of the Aptfile is signed by a key that this machine does not know.

		If you trust the repository and its address is https, say so in the line:
		:repo:deb [trusted=yes] https://… suite component
	EOF
}

mistakes::repository() {
	report::fail "repository-invalid" <<-'EOF'
		A :repo: line of the Aptfile leads to no repository for this distribution.

		After :repo: comes a line of sources.list: deb https://host/path suite component
	EOF
}

mistakes::unreachable() {
	report::fail "mirror-unreachable" <<-'EOF'
		The distribution's mirror, or a repository of the Aptfile, does not answer.

		Deploy again in a moment. If it stays, an administrator checks the mirror.
	EOF
}

mistakes::deb() {
	report::fail "deb-not-found" <<-'EOF'
		A .deb file of the Aptfile could not be fetched; the line above says why.

		Check its address in a browser. It must be reachable without a login.
	EOF
}
