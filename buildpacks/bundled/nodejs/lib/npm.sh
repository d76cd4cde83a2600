#!/usr/bin/env bash
# npm. It is there for every app, since it runs scripts where nothing else is asked for.

npm::set_up() {
	local range
	range="$(manager::version_named npm)"
	manager::install npm npm "${range:-$(npm::usual_range)}" npm=bin/npm-cli.js npx=bin/npx-cli.js
}

# The line that came with this Node; npm's own engines decide what of it runs there.
npm::usual_range() {
	case "${NODE_VERSION%%.*}" in
	16) echo "8.x" ;;
	18 | 19 | 20 | 21 | 22 | 23) echo "10.x" ;;
	24 | 25 | 26) echo "11.x" ;;
	*) echo "*" ;;
	esac
}

npm::commands() {
	INSTALL_COMMAND=(npm install --include=dev)
	if [[ -n "${LOCK_FILE}" ]] && ! settings::on USE_NPM_INSTALL; then
		INSTALL_COMMAND=(npm ci --include=dev)
	fi
	RUN_COMMAND=(npm run)
	FLAGS_AFTER=(--)
	PRUNE_COMMAND=(npm prune --omit=dev --ignore-scripts)
	KEEP_SWITCH=""
}
