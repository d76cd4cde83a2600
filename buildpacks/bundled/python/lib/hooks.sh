#!/usr/bin/env bash
# bin/pre_compile and bin/post_compile, spelt with an underscore: run by this buildpack, once each,
# with config vars (the spelling with a hyphen belongs to the platform).

hooks::run() {
	local name="${1}" script="${BUILD_DIR}/bin/${1}"
	[[ -f "${script}" ]] || return 0
	output::step "Running bin/${name} hook"
	chmod +x "${script}"
	if ! (
		cd "${BUILD_DIR}"
		settings::export_all
		exec "./bin/${name}"
	) 2>&1; then
		report::fail "hook-${name//_/-}" <<-EOF
			The app's own script bin/${name} failed; its output stands above.

			The script ends the build when it exits with anything but 0. Correct it, or
			remove it from the source.
		EOF
	fi
}
