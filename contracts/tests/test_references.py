"""Every reference in a published document leads somewhere, so that any tool can read it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from aktenlauf.contracts.published import FOLDER

DOCUMENTS = [FOLDER / "asyncapi.json", *sorted((FOLDER / "schemas").rglob("*.json"))]


def references(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for child in children:
        yield from references(child)


def resolves(reference: str, file: Path) -> bool:
    """source: RFC 6901. None of our names holds a character that would have to be escaped."""
    path, _, pointer = reference.partition("#")
    target = FOLDER / path if path else file
    node = orjson.loads(target.read_bytes()) if target.exists() else {}
    for part in pointer.split("/")[1:]:
        node = node.get(part, {})
    return bool(node)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_reference_leads_to_what_it_names(file: Path) -> None:
    found = list(references(orjson.loads(file.read_bytes())))
    assert [one for one in found if not resolves(one, file)] == []


def test_a_reference_into_nothing_is_found() -> None:
    assert not resolves("#/components/messages/none", DOCUMENTS[0])
    assert not resolves("schemas/intake/none.json", DOCUMENTS[0])
