"""What may change in a published event: optional fields may be added, nothing else.

    breaking(old schema, new schema)  -> sentences, empty when compatible

A consumer that knows the old schema must read new events, and one that knows the new schema must read old events
that are in logs for decades. Anything else is a new `.v2` with an upcaster.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_EXACT = ("type", "const", "format", "pattern", "contentMediaType")


def breaking(old: Schema, new: Schema, path: str = "data") -> list[str]:
    """Why `new` breaks what `old` promised. Both are JSON Schemas as pydantic writes them, references included."""
    return _compare(old, new, old.get("$defs", {}), new.get("$defs", {}), path)


def _compare(old: Schema, new: Schema, old_defs: Schema, new_defs: Schema, path: str) -> list[str]:
    old, new = _resolved(old, old_defs), _resolved(new, new_defs)
    found = [
        f"{path}: {key} was {old.get(key)!r}, is {new.get(key)!r}" for key in _EXACT if old.get(key) != new.get(key)
    ]
    if gone := set(old.get("enum", ())) - set(new.get("enum", old.get("enum", ()))):
        found.append(f"{path}: no longer allows {sorted(gone)}")
    found += _compare_properties(old, new, old_defs, new_defs, path)
    for key in ("items", "additionalProperties", "x-sealed"):
        if isinstance(old.get(key), Mapping) and isinstance(new.get(key), Mapping):
            inner_old, inner_new = old[key], new[key]
            found += _compare(
                inner_old,
                inner_new,
                inner_old.get("$defs", old_defs),
                inner_new.get("$defs", new_defs),
                f"{path}.{key}",
            )
    for old_choice, new_choice in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        found += _compare(old_choice, new_choice, old_defs, new_defs, path)
    if len(old.get("anyOf", ())) > len(new.get("anyOf", ())):
        found.append(f"{path}: allows fewer kinds of values")
    return found


def _compare_properties(old: Schema, new: Schema, old_defs: Schema, new_defs: Schema, path: str) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    found = [f"{path}.{name}: removed or renamed" for name in before if name not in after]
    newly_required = set(new.get("required", ())) - set(old.get("required", ()))
    found += [f"{path}.{name}: newly required" for name in sorted(newly_required)]
    no_longer = set(old.get("required", ())) - set(new.get("required", ()))
    found += [f"{path}.{name}: no longer required, older readers rely on it" for name in sorted(no_longer)]
    for name in before:
        if name in after:
            found += _compare(before[name], after[name], old_defs, new_defs, f"{path}.{name}")
    return found


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else schema
