#!/usr/bin/env bash
# What went wrong, in words that say what to do. Patterns are texts of npm, yarn, pnpm and Node.

mistakes::explain() {
	local what="${1}" log="${2}"
	if grep -qE 'can only install packages when your package.json and|Missing: .* from lock file' "${log}"; then
		mistakes::lock_out_of_date
	elif grep -qE 'heap out of memory|Allocation failed' "${log}"; then
		mistakes::out_of_memory
	elif grep -qE 'code (E404|ETARGET)|notarget' "${log}"; then
		mistakes::no_such_version
	elif [[ "${what}" == "install" || "${what}" == "prune" ]]; then
		mistakes::install
	else
		mistakes::script "${what}"
	fi
}

mistakes::lock_out_of_date() {
	report::fail "lock-out-of-date" <<-EOF
		${LOCK_FILE} does not fit package.json; the lines above name the packages.

		This comes about when package.json is edited by hand, or one of the two files is
		not committed. Run "npm install" on your machine and commit both.
	EOF
}

mistakes::out_of_memory() {
	report::fail "out-of-memory" <<-'EOF'
		Node.js ran out of memory while building.

		The limit is 2560 MB. A config var NODE_OPTIONS=--max_old_space_size=4096 raises
		it, as far as the builder's own memory reaches.
	EOF
}

mistakes::no_such_version() {
	report::fail "package-not-found" <<-EOF
		The registry has no such package or version; the lines above name it.

		Either the name or the version in package.json is wrong, or it is private: then
		the app needs an .npmrc with its registry and a token in a config var.
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
