#!/usr/bin/env bash
# What package.json says. All questions are asked at once, since jq takes longer to start than to answer, and again when
# the app's own code has run, which may rewrite the file.

declare -A PACKAGE=()  # by name: texts, "script NAME" for scripts that are there, and words for what holds
PACKAGE_DIRECTORIES=() # cacheDirectories

# A question that package.json makes no sense for is answered as it is safest: there is none, or it has its own install.
# shellcheck disable=SC2016 # jq's variables, not the shell's
PACKAGE_QUESTIONS='
def note(name; value): name as $name | value as $value | ($name, $value) | (tostring | split("\u0000") | join("")), "\u0000";
if type == "object" then . else error("it is no object") end |
note("engines.node"; .engines.node? | strings), note("engines.npm"; .engines.npm? | strings),
note("engines.yarn"; .engines.yarn? | strings), note("engines.pnpm"; .engines.pnpm? | strings),
note("packageManager"; .packageManager? | strings),
note((.scripts? | objects | to_entries[] | select(.value | strings | length > 0) | "script \(.key)"); 1),
note("needs packages"; ((.dependencies? // {}) + (.optionalDependencies? // {}) | length | select(. > 0))?),
note("has packages"; ([.dependencies?, .optionalDependencies?, .workspaces? | values | .[]] | length | select(. > 0))?),
note("has devDependencies"; (.devDependencies? // {} | length | select(. > 0))?),
# with these, files of the app itself decide what is installed
note("has its own install"; try ([.scripts? // {} | keys[] | select(IN("preinstall", "install", "postinstall", "prepublish",
	"preprepare", "prepare", "postprepare"))] + [.workspaces? // empty] | length | select(. > 0)) catch 1),
note("directory"; ((.cacheDirectories? // .cache_directories? // [])[] | strings
	| select(test("^[^/].*") and (test("(^|/)\\.\\.(/|$)") | not) and . != "node_modules"))?)
'

package::read() {
	PACKAGE_JSON="${BUILD_DIR}/package.json"
	if ! package::ask; then
		report::fail "package-json-invalid" <<-EOF
			package.json is not valid JSON:

			$(tail -n 1 "${CACHE_DIR}/nodejs/parse.log")

			A missing or superfluous comma, a comment, or a leftover of a merge are the usual
			causes. Correct it, check with: node -p "require('./package.json').name"
		EOF
	fi
}

package::ask() {
	local answers="${CACHE_DIR}/nodejs/package.answers" fields=() position
	PACKAGE=() PACKAGE_DIRECTORIES=()
	jq -j "${PACKAGE_QUESTIONS}" "${PACKAGE_JSON}" >"${answers}" 2>"${CACHE_DIR}/nodejs/parse.log" || return 1
	mapfile -d '' -t fields <"${answers}"
	for ((position = 0; position + 1 < ${#fields[@]}; position += 2)); do
		if [[ "${fields[position]}" == "directory" ]]; then
			PACKAGE_DIRECTORIES+=("${fields[position + 1]}")
		else
			PACKAGE["${fields[position]}"]="${fields[position + 1]}"
		fi
	done
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

# A text such as `engines.node`; empty if it is missing or not text.
package::text() {
	printf '%s' "${PACKAGE[${1}]:-}"
}

# Does this hold, as PACKAGE_QUESTIONS calls it?
package::says() {
	[[ -n "${PACKAGE[${1}]:-}" ]]
}

package::has_script() {
	package::says "script ${1}"
}

# Is anything of Node needed while the app runs? Not if nothing is a dependency, nothing starts it and no process calls it.
package::needed_at_run_time() {
	settings::on NODE_RUNTIME && return 0
	package::has_script start && return 0
	[[ -f "${BUILD_DIR}/server.js" ]] && return 0
	package::says "needs packages" && return 0
	[[ -f "${BUILD_DIR}/Procfile" ]] || return 0
	grep -E '\b(node|npm|npx|yarn|pnpm|pm2|nodemon|bun|tsx|ts-node)\b' "${BUILD_DIR}/Procfile" >/dev/null
}
