# YAML as buildpacks print it from bin/release and bin/report, turned into flat JSON.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Prints a JSON object of the scalars in a YAML or JSON file, values as strings; fails when it holds no mapping.
# With a second argument, of the mapping under that key. Nothing, "---" and "--- {}" are an empty mapping.
# 64 KiB are ten times what a buildpack has to say; aliases may not blow them up either.
yaml::scalars() {
	local path="${1}" key="${2:-}"
	python3 -I -c "${yaml_program}" "${path}" "${key}"
}

# Images that others made may lack PyYAML; the platform puts one beside the driver then.
yaml_program='
import json, sys
sys.path.append("/usr/local/lib/slipway/python")
import yaml

class Text(yaml.SafeLoader):  # every scalar is the text it is: 3.10 stays 3.10, yes stays yes
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag == "tag:yaml.org,2002:null"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

path, key = sys.argv[1:]
try:
    with open(path, "rb") as file:
        text = file.read(65537)
    tree = yaml.load(text[:65536].decode(errors="replace"), Text) or {}
    tree = (tree.get(key) or {}) if key else tree
    found = json.dumps({name: value for name, value in tree.items() if isinstance(value, str)}, ensure_ascii=False)
    if len(text) > 65536 or len(found) > 131072:
        sys.exit("more than 64 KiB")
    sys.stdout.buffer.write(found.encode(errors="replace"))
except (yaml.YAMLError, AttributeError, TypeError, RecursionError) as error:
    sys.exit(" ".join(str(error).split()))
'
