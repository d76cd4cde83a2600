#!/usr/bin/env bash
# Questions to package.json.

package::read() {
	PACKAGE_JSON="${BUILD_DIR}/package.json"
	if ! jq -e 'type == "object"' "${PACKAGE_JSON}" >/dev/null 2>"${CACHE_DIR}/nodejs/parse.log"; then
		report::fail "package-json-invalid" <<-EOF
			package.json is not valid JSON:

			$(tail -n 1 "${CACHE_DIR}/nodejs/parse.log")

			A missing or superfluous comma, a comment, or a leftover of a merge are the usual
			causes. Correct it, check with: node -p "require('./package.json').name"
		EOF
	fi
}

# The value of a path such as `.engines.node`, as text; empty if it is missing or not text.
package::text() {
	jq -r "(${1}? // empty) | strings" "${PACKAGE_JSON}"
}

package::has_script() {
	jq -e --arg name "${1}" '.scripts[$name]? | strings | length > 0' "${PACKAGE_JSON}" >/dev/null
}

# Is anything of Node needed while the app runs? Not if nothing is a dependency, nothing starts it and no process calls it.
package::needed_at_run_time() {
	settings::on NODE_RUNTIME && return 0
	package::has_script start && return 0
	[[ -f "${BUILD_DIR}/server.js" ]] && return 0
	jq -e '(.dependencies? // {}) + (.optionalDependencies? // {}) | length > 0' "${PACKAGE_JSON}" >/dev/null && return 0
	[[ -f "${BUILD_DIR}/Procfile" ]] || return 0
	grep -E '\b(node|npm|npx|yarn|pnpm|pm2|nodemon|bun|tsx|ts-node)\b' "${BUILD_DIR}/Procfile" >/dev/null
}
