# .slugignore: what the app's source holds and no buildpack shall see. It applies before detect, as on Heroku.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# The patterns are gitignore's without "!" (https://devcenter.heroku.com/articles/slug-compiler), so git itself matches.
slugignore::apply() {
	local file="${workspace_build_dir}/.slugignore" patterns="${workspace_run_dir}/slugignore" matches=()
	[[ -f "${file}" ]] || return 0
	sed -e 's/^[[:space:]]*//' -e '/^!/d' -- "${file}" >"${patterns}"
	mapfile -d '' -t matches < <(slugignore::matches "${patterns}")
	((${#matches[@]} > 0)) || return 0
	output::step "Deleting ${#matches[@]} files matching .slugignore patterns."
	(cd -- "${workspace_build_dir}" && printf './%s\0' "${matches[@]}" | xargs -0 rm -rf --)
}

# Prints the paths that the patterns match, ended by NUL, a directory that matches as a whole once.
slugignore::matches() {
	local patterns="${1}" repository="${workspace_run_dir}/slugignore.git"
	git init --quiet --bare --template= "${repository}"
	git --git-dir="${repository}" --work-tree="${workspace_build_dir}" -C "${workspace_build_dir}" \
		ls-files -z --others --ignored --directory --exclude-from="${patterns}"
	rm -rf -- "${repository}"
}
