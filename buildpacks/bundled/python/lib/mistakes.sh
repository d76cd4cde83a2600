#!/usr/bin/env bash
# What went wrong while installing, in words that say what to do. Patterns are texts of uv, pip, git and compilers;
# the first that fits explains, so the exact ones stand before the general.

mistakes::explain() {
	local log="${1}" name pattern
	while read -r name pattern; do
		if grep -qiE -e "${pattern}" "${log}"; then
			"mistakes::${name}" "${log}"
		fi
	done <<-'EOF'
		out_of_memory       (killed by signal|exit code: ?-?9\b|signal: 9|Cannot allocate memory|MemoryError)
		certificate         (CERTIFICATE_VERIFY|UnknownIssuer|invalid peer certificate|self.signed certificate)
		index_refused       (HTTP status client error \(40[137]|HTTP error 40[13]|40[13] Client Error|401 Unauthorized|403 Forbidden)
		git_refused         (could not read Username|Authentication failed for|Host key verification failed|Permission denied \(publickey)
		git_failed          (Git operation failed|git (clone|fetch).*(exit|returned|did not run)|failed to (clone|fetch) .*git)
		hash_mismatch       (Hash mismatch|DO NOT MATCH THE HASHES|none of the hashes|in --require-hashes mode)
		unreadable_line     (Couldn.t parse requirement|Unsupported requirement|Invalid requirement|Expected (package name|one of)|Unexpected .*found in)
		system_library      (pg_config|mysql_config|mysqlclient.pc|gdal-config|fatal error: [^ ]+\.h|cannot find -l|library .* not found|Package .* was not found in the pkg-config)
		python_too_old      (does not satisfy Python|Requires-Python|requires a different Python|requires Python [<>=!~])
		other_platform      (no wheels with a matching|only available for Windows|pywin32|not a supported wheel on this platform)
		unreachable         (dns error|error sending request|Connection refused|Could not connect|Request failed after|Name or service not known|Network is unreachable|timed out)
		no_such_package     (was not found in the (package registry|provided package locations)|No matching distribution found|is not in the index)
		no_such_version     (there (is|are) no versions? of|no versions? of .* (match|available))
		conflict            (ResolutionImpossible|unsatisfiable|conflicting dependencies|No solution found)
		build_failed        (Failed to build|build backend returned an error|error: subprocess-exited-with-error|metadata-generation-failed)
	EOF
	mistakes::other
}

mistakes::out_of_memory() {
	report::fail "install-out-of-memory" <<-'EOF'
		A package ran out of memory while it was being compiled.

		Pin a version of it that comes as a ready wheel for this Python, or ask an
		administrator for more memory for builds.
	EOF
}

mistakes::certificate() {
	report::fail "index-certificate" <<-'EOF'
		The certificate of the package index is signed by nobody this machine trusts.

		This happens behind a company proxy. An administrator can give the platform the
		company's CA bundle; a config var PIP_TRUSTED_HOST names a host to trust blindly.
	EOF
}

mistakes::index_refused() {
	report::fail "index-refused" <<-'EOF'
		The package index refused access (401 or 403).

		The address lacks a user and password, or they are wrong or expired. Set the config
		var PIP_INDEX_URL or PIP_EXTRA_INDEX_URL to https://user:token@host/simple.
	EOF
}

mistakes::git_refused() {
	report::fail "git-refused" <<-'EOF'
		Git was refused access to a requirement's repository.

		It is private, or does not exist. Put a token into the address by a config var:
		git+https://${GIT_TOKEN}@host/owner/name.git
	EOF
}

mistakes::git_failed() {
	report::fail "git-failed" <<-'EOF'
		A requirement that comes from Git could not be fetched; the lines above say why.

		Check its address, and that the branch, tag or commit after the @ exists.
	EOF
}

mistakes::hash_mismatch() {
	report::fail "hash-mismatch" <<-'EOF'
		A package does not have the checksum that your file demands, or has none there.

		Either the file was made with another index, or it lists only some hashes. Make
		it anew (uv pip compile --generate-hashes, or pip-compile) and commit it.
	EOF
}

mistakes::unreadable_line() {
	report::fail "requirement-unreadable" <<-'EOF'
		A line of the requirements is not in pip's format; the lines above show it.

		A line is a name and a version, such as Django==5.2. Commands ("pip install …"),
		a single =, and output copied from "conda list" are the usual causes.
	EOF
}

mistakes::system_library() {
	report::fail "system-library-missing" <<-EOF
		A package has to be compiled and needs a library of the system that is not here:

		$(grep -oiE 'pg_config|mysql_config|mysqlclient|gdal-config|fatal error: .*|cannot find -l[^ ]*' "${1}" | sort -u | head -n 3)

		Put the apt buildpack before python, and list the development package in an
		Aptfile (for example libpq-dev, default-libmysqlclient-dev, libgdal-dev). For
		psycopg2 it is enough to require psycopg2-binary instead.
	EOF
}

mistakes::python_too_old() {
	report::fail "requirement-needs-other-python" <<-EOF
		A requirement does not work with Python ${PYTHON_VERSION}; the lines above name it and
		the versions it wants.

		Choose an older release of it, or another Python: .python-version names it, and
		the app's stack decides which are at hand (debian-12: 3.11, debian-13: 3.13).
	EOF
}

mistakes::other_platform() {
	report::fail "requirement-other-platform" <<-'EOF'
		A requirement exists only for another system or Python, such as Windows or macOS.

		"pip freeze" writes down what your machine needed. Remove the line, or limit it:
		pywin32==311; sys_platform == "win32"
	EOF
}

mistakes::unreachable() {
	report::fail "index-unreachable" <<-'EOF'
		The package index, or a host that a requirement names, does not answer.

		Deploy again in a moment. If it stays: is the address in PIP_INDEX_URL or
		PIP_EXTRA_INDEX_URL right, and can the builders reach it? An administrator knows.
	EOF
}

mistakes::no_such_package() {
	report::fail "requirement-not-found" <<-EOF
		The package index has no package of that name; the lines above say which.

		Its name is misspelt, or it belongs to Python itself and needs no line (such as
		json or sqlite3), or it lies in a private index that PIP_EXTRA_INDEX_URL must name.
	EOF
}

mistakes::no_such_version() {
	report::fail "requirement-version-not-found" <<-EOF
		The package index does not have the version that a requirement asks for; the lines
		above name it.

		It was never published, was withdrawn, or your index lags behind. Correct the line.
	EOF
}

mistakes::conflict() {
	report::fail "requirements-conflict" <<-EOF
		Two requirements exclude each other; the lines above tell how.

		Loosen one of the pins, or raise the package that asks for an old version. On your
		machine, "uv pip compile requirements.txt" shows the same.
	EOF
}

mistakes::build_failed() {
	report::fail "requirement-build-failed" <<-EOF
		A package has no ready wheel for Python ${PYTHON_VERSION%.*} and could not be compiled; the
		lines above are its own build's.

		A newer release of it may have wheels. If a header or a tool is missing, put the
		apt buildpack before python and list the package in an Aptfile.
	EOF
}

mistakes::lock_out_of_date() {
	report::fail "lock-out-of-date" <<-EOF
		${1} does not fit ${2}.

		This comes about when ${2} is edited, or only one of the two is committed. Run
		"${3}" and commit both files.
	EOF
}

mistakes::other() {
	report::fail "install-failed" <<-EOF
		Installing the dependencies failed; the lines above are the tool's own words.

		Try the same on your machine in a new virtual environment with Python
		${PYTHON_VERSION%.*}, correct the file, commit, and deploy again.
	EOF
}
