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

# What no package manager explains well.
package::check() {
	if [[ -e "${BUILD_DIR}/.heroku" && ! -d "${BUILD_DIR}/.heroku" ]]; then
		report::fail "heroku-is-a-file" <<-'EOF'
			The source has a file named .heroku, where a folder of that name must go.

			Buildpacks put the language runtime there. Remove the file from the source.
		EOF
	fi
	if [[ -d "${BUILD_DIR}/node_modules" ]]; then
		output::warning <<-'EOF'
			node_modules is part of the source. What it holds was made on another machine,
			so it is installed anew. Add node_modules/ to .gitignore and remove it with:
			git rm -r --cached node_modules
		EOF
		rm -rf "${BUILD_DIR}/node_modules"
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
