"""Reading our YAML data."""

from typing import Any

import yaml

# libyaml is some ten times faster than the Python parser, and services must start quickly
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_data(text: str) -> Any:
    """The data in a YAML text; plain types only. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 both are safe loaders
