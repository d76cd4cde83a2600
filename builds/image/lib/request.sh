# What this build is about: /slipway/build.json, read once and deleted, since it holds the channel's nonce.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

request_id="" request_stack="" request_source_version="" request_request_id=""
request_automatic="" request_only="" request_slug_bytes=""
request_detect_seconds="" request_release_seconds="" request_report_seconds="" request_export_seconds=""
request_environment=()   # NAME=value of the installation: mirrors, package indexes
request_names=()         # per buildpack: its name …
request_versions=()      # … its version …
request_urls=()          # … where it was fetched from, empty for a bundled one …
request_directories=()   # … and its root
request_buildpack_env=() # INDEX=NAME=value, an administrator's settings for one buildpack

request::read() {
	local path="/slipway/build.json" fields=() position
	# Records end in NUL, which no value can hold: values may well hold newlines.
	mapfile -d '' -t fields < <(jq -j "${request_program}" "${path}")
	rm -f -- "${path}"
	for ((position = 0; position + 1 < ${#fields[@]}; position += 2)); do
		request::take "${fields[position]}" "${fields[position + 1]}"
	done
	[[ -n "${events_nonce}" && -n "${request_id}" ]] || {
		output::warning "The build's description is missing or broken."
		exit 1
	}
}

request::take() {
	local field="${1}" value="${2}"
	case "${field}" in
	channel) events_nonce="${value}" ;;
	name) request_names+=("${value}") ;;
	version) request_versions+=("${value}") ;;
	url) request_urls+=("${value}") ;;
	dir) request_directories+=("${value}") ;;
	env) request_buildpack_env+=("${value}") ;;
	environment) request_environment+=("${value}") ;;
	id | stack | source_version | request_id | automatic | only | slug_bytes) printf -v "request_${field}" '%s' "${value}" ;;
	detect_seconds | release_seconds | report_seconds | export_seconds) printf -v "request_${field}" '%s' "${value}" ;;
	*) ;;
	esac
}

# shellcheck disable=SC2016 # jq's variables, not the shell's
request_program='
def record(name; value): name, "\u0000", (value // "" | tostring), "\u0000";
record("id"; .id), record("channel"; .channel), record("stack"; .stack),
record("source_version"; .source_version), record("request_id"; .request_id),
record("automatic"; .automatic), record("only"; .only), record("slug_bytes"; .limits.slug_bytes // 524288000),
# These look at files; one that takes longer hangs.
record("detect_seconds"; .limits.detect_seconds // 60), record("release_seconds"; .limits.release_seconds // 60),
record("report_seconds"; .limits.report_seconds // 30), record("export_seconds"; .limits.export_seconds // 30),
(.environment // {} | to_entries[] | record("environment"; "\(.key)=\(.value)")),
(.buildpacks // [] | to_entries[] | .key as $index | .value |
	record("name"; .name), record("version"; .version), record("url"; .url), record("dir"; .dir),
	(.env // {} | to_entries[] | record("env"; "\($index)=\(.key)=\(.value)")))
'
