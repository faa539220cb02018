"""Validates YAML files against a JSON Schema with Python's jsonschema.

Usage: check_schema.py SCHEMA.json FILE.yaml...

Prints a line for each file, "accepted" or "refused: why". Exits with 1 when the schema itself is not valid, with 77 when
jsonschema or PyYAML are missing. Without arguments it only looks for them.
"""

import json
import re
import sys

try:
    import yaml
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(error)
    sys.exit(77)


class Loader(yaml.SafeLoader):
    """YAML 1.2's numbers, as editors read them: PyYAML takes 5e-4 for text."""


Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:float"]
    for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+0123456789."),
)

if len(sys.argv) < 2:
    sys.exit(0)
with open(sys.argv[1]) as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for name in sys.argv[2:]:
    with open(name) as file:
        error = next(validator.iter_errors(yaml.load(file, Loader)), None)
    print("refused: " + error.message[:200].replace("\n", " ") if error else "accepted")
