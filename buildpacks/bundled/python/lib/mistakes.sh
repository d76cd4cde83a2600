#!/usr/bin/env bash
# What went wrong while installing, in words that say what to do. Patterns are texts of uv, pip and compilers.

mistakes::explain() {
	local log="${1}"
	if grep -qE 'pg_config|mysql_config|gdal-config|fatal error: .*\.h: No such file' "${log}"; then
		mistakes::missing_library "${log}"
	elif grep -qiE 'no solution found|No matching distribution|not found in the package registry|no version of' "${log}"; then
		mistakes::no_such_version
	elif grep -qiE 'CERTIFICATE_VERIFY|UnknownIssuer|certificate' "${log}"; then
		mistakes::certificate
	else
		mistakes::other
	fi
}

mistakes::missing_library() {
	report::fail "system-library-missing" <<-EOF
		A package has to be compiled and needs a library of the system that is not here:

		$(grep -oE 'pg_config|mysql_config|gdal-config|fatal error: .*' "${1}" | sort -u | head -n 3)

		Put the apt buildpack before python, and list the development package in an
		Aptfile (for example libpq-dev, default-libmysqlclient-dev, libgdal-dev). For
		psycopg2 it is enough to require psycopg2-binary instead.
	EOF
}

mistakes::no_such_version() {
	report::fail "requirement-not-found" <<-EOF
		The package index has no version that fits your requirements.

		The lines above name the package. Either its name is misspelt, or no such
		version exists for Python ${PYTHON_VERSION}, or two requirements exclude each
		other, or it lies in a private index that PIP_EXTRA_INDEX_URL does not name.
	EOF
}

mistakes::certificate() {
	report::fail "index-certificate" <<-'EOF'
		The certificate of the package index is signed by nobody this machine trusts.

		This happens behind a company proxy. An administrator can give the platform the
		company's CA bundle; a config var PIP_TRUSTED_HOST names a host to trust blindly.
	EOF
}

mistakes::other() {
	report::fail "install-failed" <<-EOF
		Installing the dependencies failed; the lines above are ${INSTALLER}'s own words.

		Try the same on your machine in a new virtual environment with Python
		${PYTHON_VERSION%.*}, correct the file, commit, and deploy again.
	EOF
}
