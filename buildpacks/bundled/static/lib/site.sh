#!/usr/bin/env bash
# Which folder is the site, and what has to be made of it.

# Sets SITE_ROOT, relative to BUILD_DIR: static.json's root, else the first usual folder with an index.html.
site::choose_root() {
	local folder
	if [[ -f "${BUILD_DIR}/static.json" ]]; then
		site::read_configuration
		[[ -z "${SITE_ROOT}" ]] || return 0
	fi
	for folder in dist dist/browser dist/*/browser dist/* build out public _site www .; do
		while IFS= read -r SITE_ROOT; do
			[[ ! -f "${BUILD_DIR}/${SITE_ROOT}/index.html" ]] || return 0
		done < <(compgen -G "${BUILD_DIR}/${folder}" | sed "s#^${BUILD_DIR}/##" || true)
	done
	report::fail "no-index" <<-'EOF'
		There is no index.html in any of the usual folders (dist, build, out, public, the
		root of the source).

		If a build makes it, put the nodejs buildpack before static. If it lies elsewhere,
		say where in static.json: {"root": "folder"}
	EOF
}

site::read_configuration() {
	if ! SITE_ROOT="$(jq -r 'if type == "object" then .root // "" else error("not an object") end' "${BUILD_DIR}/static.json" 2>"${CACHE_DIR}/static/parse.log")"; then
		report::fail "static-json-invalid" <<-EOF
			static.json is not valid: $(tail -n 1 "${CACHE_DIR}/static/parse.log")

			It is one JSON object, such as {"root": "dist", "routes": {"/**": "index.html"}}.
		EOF
	fi
	SITE_ROOT="${SITE_ROOT%/}"
	if [[ -n "${SITE_ROOT}" && ("${SITE_ROOT}" == /* || "/${SITE_ROOT}/" == */../* || ! -d "${BUILD_DIR}/${SITE_ROOT}") ]]; then
		report::fail "root-missing" <<-EOF
			static.json names the folder "${SITE_ROOT}", which is not in the source and was not built.

			The path counts from the root of the source. If a build makes the folder, put the
			nodejs buildpack before static.
		EOF
	fi
}

# What built the site does not serve it: Node.js and node_modules stay out of the slug.
site::leave_out_node() {
	[[ "${SITE_ROOT}" != "." && -d "${BUILD_DIR}/.heroku/node" ]] || return 0
	! settings::on NODE_RUNTIME || return 0
	! grep -qsE '\b(node|npm|npx|yarn|pnpm)\b' "${BUILD_DIR}/Procfile" || return 0
	output::note "The front end is built: Node.js and node_modules stay out of the slug."
	output::note "A config var NODE_RUNTIME=1 keeps them in."
	rm -rf "${BUILD_DIR}/.heroku/node" "${BUILD_DIR}/node_modules" "${BUILD_DIR}/.profile.d/nodejs.sh"
}

# The list of files for the server, with types, tags and compressed twins, which are kept between builds.
site::prepare() {
	local target="${BUILD_DIR}/.heroku/static" python=(python3)
	output::step "Preparing ${SITE_ROOT} to be served"
	mkdir -p "${target}" "${CACHE_DIR}/static/encoded"
	cp "${BUILDPACK_DIR}/lib/server.py" "${target}/server.py"
	# Python's own library has no brotli; without it the site is served with gzip alone
	if UV_CACHE_DIR="${CACHE_DIR}/static/uv" uv run --quiet --no-project --no-config --python /usr/bin/python3 --with brotli true 2>/dev/null; then
		python=(env UV_CACHE_DIR="${CACHE_DIR}/static/uv" uv run --quiet --no-project --no-config --offline --python /usr/bin/python3 --with brotli python3)
	else
		output::note "brotli is not to be had from the package index: compressing with gzip alone."
	fi
	"${python[@]}" "${BUILDPACK_DIR}/lib/prepare.py" "${BUILD_DIR}" "${SITE_ROOT}" "${CACHE_DIR}/static/encoded" | output::indent
}
