# YAML as buildpacks print it from bin/release and bin/report, turned into flat JSON.
# shellcheck shell=bash disable=SC2034,SC2154 # modules share their facts; build is checked with all of them

# Prints a JSON object of the scalars in a YAML or JSON file, values as strings; fails when it holds no mapping.
# With a second argument, of the mapping under that key. Nothing, "---" and "--- {}" are an empty mapping.
# Values are cut at 4,096 characters: the event is for pages, not for archives.
yaml::scalars() {
	local path="${1}" key="${2:-}"
	python3 -I -c "${yaml_program}" "${path}" "${key}"
}

yaml_program='
import json, sys, yaml

class Text(yaml.SafeLoader):  # every scalar is the text it is: 3.10 stays 3.10, yes stays yes
    pass

Text.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag == "tag:yaml.org,2002:null"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
path, key = sys.argv[1:]
try:
    with open(path, encoding="utf-8", errors="replace") as file:
        tree = yaml.load(file.read(262144), Text) or {}
    tree = (tree.get(key) or {}) if key else tree
    print(json.dumps({name: value[:4096] for name, value in tree.items() if isinstance(value, str)}))
except (yaml.YAMLError, AttributeError, TypeError) as error:
    sys.exit(" ".join(str(error).split()))
'
