# shellcheck shell=bash
# Images know the recipe they were made of, so that an unchanged one is not made again and a changed one is.

# image::recipe WORD-OR-FILE...: one sha256 over the words, and over the names and contents of files and folders.
image::recipe() {
	local part
	for part in "${@}"; do
		if [[ -e "${part}" ]]; then
			find "${part}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
		else
			printf '%s\n' "${part}"
		fi
	done | sha256sum | cut -c 1-64
}

# image::current TAG RECIPE: whether the image is here and made of this recipe.
image::current() {
	local tag="${1}" recipe="${2}"
	[[ "$(docker image inspect --format '{{index .Config.Labels "slipway.recipe"}}' "${tag}" 2>/dev/null)" == "${recipe}" ]]
}

# image::build TAG RECIPE DOCKERFILE CONTEXT [OPTION...]: the host's network, so that a proxy on localhost works.
image::build() {
	local tag="${1}" recipe="${2}" dockerfile="${3}" context="${4}" name proxies=()
	shift 4
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
		[[ -z "${!name:-}" ]] || proxies+=(--build-arg "${name}")
	done
	step::run "image-${tag//[\/:]/-}" "Image ${tag}" docker build --force-rm --network host --tag "${tag}" --file "${dockerfile}" \
		--label "slipway.recipe=${recipe}" "${proxies[@]}" "${@}" "${context}"
}

# image::pulled NAME: pull it if a registry answers within a few seconds; a pull that has begun may take its time.
image::pulled() {
	local name="${1}" log="${SLIPWAY_LOGS}/pull-${1//[\/:]/-}.log" pid tenths=0
	docker pull "${name}" >"${log}" 2>&1 &
	pid="${!}"
	while kill -0 "${pid}" 2>/dev/null; do
		if ((tenths == 60)) && ! grep -q 'Pulling from' "${log}"; then
			kill "${pid}"
		fi
		sleep 0.1
		tenths=$((tenths + 1))
	done
	wait "${pid}"
}
