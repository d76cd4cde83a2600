#!/usr/bin/env bash
# Django's static files.

django::collect_static() {
	local manage
	[[ -f "${PYTHON_HOME}/lib/python${PYTHON_VERSION%.*}/site-packages/django/__init__.py" ]] || return 0
	manage="$(cd "${BUILD_DIR}" && find . -maxdepth 3 -name manage.py -type f -not -path './.*' -not -path '*/node_modules/*' -printf '%d %P\n' | sort -n | head -n 1 | cut -d' ' -f2-)"
	[[ -n "${manage}" ]] && django::has_static_files "${manage}" || return 0
	if settings::on DISABLE_COLLECTSTATIC || [[ -f "${BUILD_DIR}/.heroku/collectstatic_disabled" ]]; then
		output::step "Leaving out collectstatic, because DISABLE_COLLECTSTATIC is set"
		return
	fi
	django::run "${manage}"
}

# Static files are set up when the settings of the app, wherever they lie, name the app that collects them.
django::has_static_files() {
	local folder="${BUILD_DIR}/${1}"
	grep -rqs --include='*.py' --exclude-dir=node_modules --exclude-dir=.heroku -e 'django.contrib.staticfiles' "${folder%/*}"
}

django::run() {
	local manage="${1}" log="${CACHE_DIR}/python/collectstatic.log"
	output::step "Running python ${manage} collectstatic --noinput"
	if ! (
		cd "${BUILD_DIR}"
		settings::export_all
		# what it would write beside the packages is no part of them, and they are being kept meanwhile
		PYTHONDONTWRITEBYTECODE=1 python "${manage}" collectstatic --noinput --traceback 2>&1
	) | tee "${log}" | output::indent; then
		install::finish_keeping
		django::explain "${manage}" "${log}"
	fi
	rm -f "${log}"
}

django::explain() {
	local manage="${1}" log="${2}"
	if grep -q 'without having set the STATIC_ROOT' "${log}"; then
		django::no_static_root
	elif grep -qE "^(ModuleNotFoundError|ImportError)" "${log}"; then
		django::missing_module "$(grep -oE "No module named '[^']+'" "${log}" | tail -n 1)"
	elif grep -qE '^(KeyError|.*ImproperlyConfigured|environ\.|decouple\.UndefinedValueError)' "${log}"; then
		django::missing_setting "$(tail -n 1 "${log}")"
	fi
	report::fail "collectstatic-other" <<-EOF
		Collecting Django's static files failed; Django's own message stands above.

		Try it on your machine: python ${manage} collectstatic --noinput. A file that a
		stylesheet names but that is missing is a usual cause. To deploy without it, set
		the config var DISABLE_COLLECTSTATIC=1.
	EOF
}

django::no_static_root() {
	report::fail "collectstatic-static-root" <<-'EOF'
		Django does not know where to collect static files: STATIC_ROOT is not set.

		Add to your settings: STATIC_ROOT = BASE_DIR / "staticfiles"
		An app without static files of its own sets the config var DISABLE_COLLECTSTATIC=1.
	EOF
}

django::missing_module() {
	report::fail "collectstatic-missing-module" <<-EOF
		Django's settings need a module that is not installed: ${1:-see above}

		Add the package it belongs to to your requirements. Packages for development
		only must not be in INSTALLED_APPS here; let a config var decide.
	EOF
}

django::missing_setting() {
	report::fail "collectstatic-missing-setting" <<-EOF
		Django's settings want a value that this app does not have yet:

		${1}

		Set it as a config var and deploy again. Config vars for all environments are there
		during the build; those of one environment are not.
	EOF
}
