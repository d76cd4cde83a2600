# shellcheck shell=bash
# What the host knows about Debian's mirror, proxies and certificates, for the making of images.

# The Debian release a stack is made of.
debian::suite() {
	local stack="${1}"
	case "${stack}" in
	debian-12) echo bookworm ;;
	debian-13) echo trixie ;;
	*) step::fail "There is no stack ${stack}: debian-12 and debian-13 are." ;;
	esac
}

# The addresses of the main and the security archive: SLIPWAY_DEBIAN_MIRROR ("MAIN [SECURITY]"), else the host's own.
debian::mirrors() {
	if [[ -n "${SLIPWAY_DEBIAN_MIRROR}" ]]; then
		printf '%s\n' "${SLIPWAY_DEBIAN_MIRROR}"
		return
	fi
	# shellcheck disable=SC2016 # apt fills in these names, not bash
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $3 == "main" && !seen[$2]++ { at[$2] = $4 }
			END { print at["Debian"], at["Debian-Security"] }'
}

# debian::sources SUITE: lines for sources.list; empty where no mirror is known.
debian::sources() {
	local suite="${1}" main security
	read -r main security <<<"$(debian::mirrors)"
	[[ -n "${main}" ]] || return 0
	printf 'deb %s %s main\ndeb %s %s-updates main\n' "${main}" "${suite}" "${main}" "${suite}"
	[[ -z "${security}" ]] || printf 'deb %s %s-security main\n' "${security}" "${suite}"
}

# For apt.conf.d of an image: no translations, and the host's proxy settings and retries.
debian::apt_conf() {
	echo 'Acquire::Languages "none";'
	host::has_apt || return 0
	apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::(https?::(Proxy|Timeout)|Retries)' || true
}

# Certificates that this host trusts and Mozilla's list (a folder) does not hold: a company's own, or a proxy's.
debian::extra_certificates() {
	local known="${1:-/usr/share/ca-certificates/mozilla}"
	[[ -r "${SLIPWAY_CA_BUNDLE}" ]] || return 0
	awk '/-----BEGIN CERTIFICATE-----/ { body = "" }
		{ body = body $0 "\n" }
		/-----END CERTIFICATE-----/ {
			if (FILENAME != ARGV[ARGC - 1]) known[body] = 1
			else if (!known[body]++) printf "%s", body
		}' /dev/null "${known}"/*.crt "${SLIPWAY_CA_BUNDLE}" 2>/dev/null || true
}
