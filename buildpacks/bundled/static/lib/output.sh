#!/usr/bin/env bash
# How a buildpack speaks: Heroku's log grammar. The same file stands in every bundled buildpack,
# because each is unpacked alone; a test keeps the copies equal.

output::step() {
	printf -- '-----> %s\n' "${*}"
}

output::note() {
	printf '       %s\n' "${*}"
}

# stdin, line by line as it comes, set in by seven spaces
output::indent() {
	sed -u 's/^/       /'
}

# stdin as a block of ` !     ` lines
output::warning() {
	printf '\n'
	sed -u -e 's/^/ !     /' -e 's/[[:space:]]*$//'
	printf '\n'
}
