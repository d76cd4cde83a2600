# Packs BUILD_DIR into the slug: a tar relative to /app, in zstd, with its checksum taken from the same stream.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

slug_path="/slipway/out/slug.tar.zst"

slug::build() {
	local checksum size files unpacked
	events::begin package
	processes::discover
	mkdir -p -- "${slug_path%/*}"
	slug::pack || slug::pack_again
	read -r checksum _ <"${workspace_run_dir}/slug.sha256"
	size="$(stat -c %s -- "${slug_path}")"
	slug::check_size "${size}"
	output::step "Compiled slug size is $(slug::megabytes "${size}")M"
	files="$(grep -vc '/$' "${workspace_run_dir}/slug.list" || true)"
	unpacked="$(slug::unpacked)"
	events::end "done"
	events::send "{\"event\":\"slug\",\"path\":\"${slug_path}\",\"sha256\":\"${checksum}\",\"size\":${size},\"unpacked\":${unpacked},\"files\":${files},\"platform\":\"linux/$(dpkg --print-architecture)\",\"process_types\":${processes_json},\"release_command\":${processes_release}}"
	verdict_sent="slug"
}

# Level 2: a third less work than at zstd's usual 3, for a slug that is a sixteenth larger.
# Times of files stay as they are: Python's byte code knows its source by them.
# A name .git is left out at any depth; links, executable bits and empty directories are kept.
slug::pack() {
	local statuses
	# --totals tells the tree's size and the index its names, so nothing is read twice.
	set +e
	tar --create --sort=name --format=gnu --numeric-owner --owner=1000 --group=1000 --exclude=.git \
		--verbose --index-file="${workspace_run_dir}/slug.list" --totals \
		--directory="${workspace_build_dir}" . 2>"${workspace_run_dir}/slug.notes" |
		zstd -2 -T0 --quiet --stdout | tee -- "${slug_path}" | slug::checksum >"${workspace_run_dir}/slug.sha256"
	statuses=("${PIPESTATUS[@]}")
	set -e
	# Status 1 of tar: a file changed while it was read, which harms no slug.
	((statuses[0] <= 1 && statuses[1] == 0 && statuses[2] == 0 && statuses[3] == 0))
}

# Prints the checksum of what it reads, and a word. openssl asks the processor, which has instructions for it, and takes a
# sixth of the time; only the stacks here surely have it.
slug::checksum() {
	if command -v openssl >/dev/null; then
		openssl dgst -sha256 -r
	else
		sha256sum
	fi
}

# Files that even their owner may not read are rare, so only a failure asks for them.
slug::pack_again() {
	chmod -R u+rX -- "${workspace_build_dir}"
	slug::pack && return
	output::file "${workspace_run_dir}/slug.notes"
	verdict::fail driver "" 1 "The slug could not be packed; the lines above say why." slug-not-packed
}

# Prints the bytes that tar counted, from "Total bytes written: 10240 (10KiB, …)".
slug::unpacked() {
	local line total=0
	while IFS= read -r line; do
		[[ ! "${line}" =~ "Total bytes written: "([0-9]+) ]] || total="${BASH_REMATCH[1]}"
	done <"${workspace_run_dir}/slug.notes"
	printf '%s' "${total}"
}

slug::check_size() {
	local size="${1}" limit="${request_slug_bytes}" size_text limit_text
	size_text="$(slug::megabytes "${size}")"
	limit_text="$(slug::megabytes "${limit}")"
	((size <= limit)) || verdict::fail slug-too-large "" 1 \
		"Compiled slug size: ${size_text}M is too large (max is ${limit_text}M): ${size} of ${limit} bytes.
Leave out what the app does not need at run time: .slugignore, development dependencies, media files." slug-too-large
	((size * 5 <= limit * 3)) || output::warning \
		"Warning: the slug is large (${size_text}M of ${limit_text}M); instances take longer to start on a new node."
}

# Prints bytes as MiB with one decimal, rounded up: what is over a limit must read as over it.
slug::megabytes() {
	local tenths="$((($1 * 10 + 1048575) / 1048576))"
	printf '%s.%s' "$((tenths / 10))" "$((tenths % 10))"
}
