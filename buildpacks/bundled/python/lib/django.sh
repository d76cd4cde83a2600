#!/usr/bin/env bash
# Django's static files.

django::collect_static() {
	local manage
	[[ -f "${PYTHON_HOME}/lib/python${PYTHON_VERSION%.*}/site-packages/django/__init__.py" ]] || return 0
	manage="$(cd "${BUILD_DIR}" && find . -maxdepth 3 -name manage.py -type f -not -path './.*' -not -path '*/node_modules/*' -printf '%d %P\n' | sort -n | head -n 1 | cut -d' ' -f2-)"
	[[ -n "${manage}" ]] || return 0
	if settings::on DISABLE_COLLECTSTATIC || [[ -f "${BUILD_DIR}/.heroku/collectstatic_disabled" ]]; then
		output::step "Leaving out collectstatic, because DISABLE_COLLECTSTATIC is set"
		return
	fi
	django::run "${manage}"
}

django::run() {
	local manage="${1}" log="${CACHE_DIR}/python/collectstatic.log"
	output::step "Running python ${manage} collectstatic --noinput"
	if ! (
		cd "${BUILD_DIR}"
		settings::export_all
		python "${manage}" collectstatic --noinput --traceback 2>&1
	) | tee "${log}" | output::indent; then
		django::explain "${manage}" "${log}"
	fi
	rm -f "${log}"
}

django::explain() {
	local manage="${1}" log="${2}"
	if grep -q 'without having set the STATIC_ROOT' "${log}"; then
		report::fail "collectstatic-static-root" <<-'EOF'
			Django does not know where to collect static files: STATIC_ROOT is not set.

			Add to your settings: STATIC_ROOT = BASE_DIR / "staticfiles"
			An app without static files of its own sets the config var DISABLE_COLLECTSTATIC=1.
		EOF
	fi
	report::fail "collectstatic-other" <<-EOF
		Collecting Django's static files failed; Django's own message stands above.

		Often the settings need a config var that this app does not have yet. Try it on
		your machine: python ${manage} collectstatic --noinput. To deploy without it, set
		the config var DISABLE_COLLECTSTATIC=1.
	EOF
}
