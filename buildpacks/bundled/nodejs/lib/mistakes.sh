#!/usr/bin/env bash
# What went wrong, in words that say what to do. Patterns are texts of npm, yarn, pnpm, Node and node-gyp;
# the first that fits explains, so the exact ones stand before the general.

mistakes::explain() {
	local what="${1}" log="${2}" name pattern
	while read -r name pattern; do
		if grep -qE -e "${pattern}" "${log}"; then
			"mistakes::${name}" "${log}"
		fi
	done <<-'EOF'
		out_of_memory    (heap out of memory|Allocation failed|FATAL ERROR: .*memory)
		lock_out_of_date (can only install packages when your package.json and|from lock file|lockfile needs to be updated|YN0028|OUTDATED_LOCKFILE|lockfile would have been (modified|created)|FROZEN_LOCKFILE)
		lock_damaged     (EINTEGRITY|[Ii]ntegrity check failed|YN0018|LOCKFILE_(BROKEN|.*CONFLICT)|Merge conflict|EJSONPARSE.*lock|lockfile.*(broken|parse))
		conflict         (ERESOLVE|PEER_DEP_ISSUES)
		refused          (code E40[13]|ERR_PNPM_FETCH_40[13]|40[13] (Unauthorized|Forbidden)|YN0041)
		not_found        (code E404|code ETARGET|No matching version|ERR_PNPM_(FETCH_404|NO_MATCHING_VERSION)|Couldn.t find (package|any versions)|YN0035|YN0082)
		platform         (EBADPLATFORM|[Uu]nsupported platform|is incompatible with this module.*platform)
		engine           (EBADENGINE|[Uu]nsupported engine|engine "?[a-z]+"? is incompatible|UNSUPPORTED_ENGINE)
		certificate      (UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|SELF_SIGNED_CERT|self.signed certificate|CERT_)
		unreachable      (ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|ECONNRESET|network (timeout|request)|YN0001.*(RequestError|fetch))
		native           (gyp ERR!|node-pre-gyp ERR|fatal error: [^ ]+\.h)
		openssl          (ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines)
		command_missing  (: (command )?not found|ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL.*ENOENT)
		module_missing   (Cannot find (module|package)|Could not resolve|failed to resolve import|Module not found|ERR_MODULE_NOT_FOUND)
	EOF
	if [[ "${what}" == "install" || "${what}" == "prune" ]]; then
		mistakes::install
	fi
	mistakes::script "${what}"
}

mistakes::out_of_memory() {
	report::fail "out-of-memory" <<-'EOF'
		Node.js ran out of memory while building.

		The limit is 2560 MB. A config var NODE_OPTIONS=--max_old_space_size=4096 raises
		it, as far as the builder's own memory reaches.
	EOF
}

mistakes::lock_out_of_date() {
	report::fail "lock-out-of-date" <<-EOF
		${LOCK_FILE} does not fit package.json; the lines above name the packages.

		This comes about when package.json is edited by hand, or one of the two files is
		not committed. Run "${MANAGER/berry/yarn} install" on your machine and commit both.
	EOF
}

mistakes::lock_damaged() {
	report::fail "lock-damaged" <<-EOF
		${LOCK_FILE} does not hold together: a checksum differs, or a merge left its marks.

		Delete it, run "${MANAGER/berry/yarn} install" on your machine, and commit the new one.
	EOF
}

mistakes::conflict() {
	report::fail "dependencies-conflict" <<-'EOF'
		Two dependencies want versions of a third that exclude each other; the lines above
		tell which.

		Raise or lower one of them. An .npmrc with legacy-peer-deps=true makes npm accept
		it as it is.
	EOF
}

mistakes::refused() {
	report::fail "registry-refused" <<-'EOF'
		The registry refused access to a package (401 or 403).

		It is private, or the token is wrong or expired. Put the registry and
		_authToken=${NPM_TOKEN} into .npmrc, and the token into the config var NPM_TOKEN.
	EOF
}

mistakes::not_found() {
	report::fail "package-not-found" <<-'EOF'
		The registry has no such package or version; the lines above name it.

		Either the name or the version in package.json is wrong, or it is private: then
		the app needs an .npmrc with its registry and a token in a config var.
	EOF
}

mistakes::platform() {
	report::fail "package-other-platform" <<-EOF
		A package exists only for another system than $(uname -s) on $(uname -m).

		Move it from dependencies to optionalDependencies, where it is left out elsewhere.
	EOF
}

mistakes::engine() {
	report::fail "engine-incompatible" <<-EOF
		A package, or package.json itself, does not accept Node.js ${NODE_VERSION}.

		Set engines.node in package.json to a version that all of them accept.
	EOF
}

mistakes::certificate() {
	report::fail "registry-certificate" <<-'EOF'
		The certificate of the registry is signed by nobody this machine trusts.

		This happens behind a company proxy. An administrator can give the platform the
		company's CA bundle.
	EOF
}

mistakes::unreachable() {
	report::fail "registry-unreachable" <<-'EOF'
		The registry, or a host that a dependency names, does not answer.

		Deploy again in a moment. If it stays, look at the addresses in .npmrc and in the
		lock file: can the builders reach them?
	EOF
}

mistakes::native() {
	report::fail "native-build-failed" <<-EOF
		A package with native code could not be compiled; node-gyp's words stand above.

		A newer release may have ready binaries for Node.js ${NODE_VERSION%%.*}. If a header is missing,
		put the apt buildpack before nodejs and list the package in an Aptfile.
	EOF
}

mistakes::openssl() {
	report::fail "openssl-legacy" <<-EOF
		The build tools ask OpenSSL for an algorithm that Node.js 17 and later refuse.

		Update webpack (5.61 or later) or what brings it. Until then, a config var
		NODE_OPTIONS=--openssl-legacy-provider makes it work.
	EOF
}

mistakes::command_missing() {
	report::fail "command-missing" <<-EOF
		A script calls a program that is not installed:

		$(grep -E ': (command )?not found' "${1}" | tail -n 1)

		Add the package that brings it to dependencies or devDependencies. What is installed
		globally on your machine is not here.
	EOF
}

mistakes::module_missing() {
	report::fail "module-missing" <<-EOF
		A module is missing:

		$(grep -E 'Cannot find|Could not resolve|failed to resolve|not found' "${1}" | head -n 1)

		If it is a package, add it to package.json. If it is a file of your own, look at
		upper and lower case: here Foo.js and foo.js are two files.
	EOF
}

mistakes::install() {
	report::fail "install-failed" <<-EOF
		Installing the dependencies failed; the lines above are the package manager's own.

		Try the same in a fresh clone on your machine with Node.js ${NODE_VERSION}.
	EOF
}

mistakes::script() {
	report::fail "script-failed" <<-EOF
		The script "${1}" of package.json failed; its output stands above.

		The script runs with NODE_ENV=production and Node.js ${NODE_VERSION}; devDependencies
		are there. Try it in a fresh clone on your machine.
	EOF
}
