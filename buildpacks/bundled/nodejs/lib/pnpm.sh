#!/usr/bin/env bash
# pnpm. Its store lies in the cache and is linked into node_modules; pnpm itself checks that nobody edited it.

pnpm::set_up() {
	local range
	range="$(manager::version_named pnpm)"
	manager::install pnpm pnpm "${range:-$(pnpm::range_of_lock)}" pnpm=bin/pnpm.cjs pnpx=bin/pnpx.cjs
}

pnpm::range_of_lock() {
	case "$(sed -nE "s/^lockfileVersion: *'?([0-9]+).*/\1/p" "${BUILD_DIR}/pnpm-lock.yaml" 2>/dev/null)" in
	5) echo "7.x" ;;
	6) echo "8.x" ;;
	*) echo "10.x" ;;
	esac
}

pnpm::commands() {
	export npm_config_store_dir="${CACHE_DIR}/nodejs/pnpm-store" npm_config_manage_package_manager_versions=false CI=1
	export npm_config_registry="${npm_config_registry:-${REGISTRY}}"
	INSTALL_COMMAND=(pnpm install --prod=false --reporter=append-only)
	[[ -z "${LOCK_FILE}" ]] || INSTALL_COMMAND+=(--frozen-lockfile)
	RUN_COMMAND=(pnpm run)
	FLAGS_AFTER=()
	PRUNE_COMMAND=(pnpm prune --prod --ignore-scripts)
	KEEP_SWITCH="PNPM_SKIP_PRUNING"
}
