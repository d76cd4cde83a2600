#!/usr/bin/env bash
# A pyproject.toml alone: its [project] dependencies, without a lock.

pyproject::files() {
	KEY_FILES=(pyproject.toml)
}

pyproject::are_fixed() {
	! grep -qE '(git|https?|file|ssh)(\+[a-z]+)?://|\{ *(path|workspace) *=' <(sed -E '/^\[project.urls\]/,/^\[/d; /^(url|homepage|repository|documentation) *=/d' "${BUILD_DIR}/pyproject.toml")
}

pyproject::install() {
	output::step "Installing the dependencies of pyproject.toml with uv"
	output::note "There is no lock file: each build may get newer versions. \"uv lock\" makes one."
	install::requirements pyproject.toml
}
