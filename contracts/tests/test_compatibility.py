"""Published events only grow."""

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from aktenlauf.contracts.compatibility import breaking
from aktenlauf.contracts.published import generated


@pytest.fixture
def published() -> dict[str, Any]:
    schema: dict[str, Any] = orjson.loads(generated()[Path("schemas/review/evidence-requested.v1.json")])
    return schema


def test_an_unchanged_event_is_compatible(published: dict[str, Any]) -> None:
    assert breaking(published, copy.deepcopy(published)) == []


def test_an_optional_field_may_be_added(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    new["properties"]["reminder"] = {"type": "string"}
    assert breaking(published, new) == []


def test_a_removed_field_breaks(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    del new["properties"]["deadline"]
    assert any("deadline: removed or renamed" in fault for fault in breaking(published, new))


def test_a_renamed_field_breaks(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    new["properties"]["until"] = new["properties"].pop("deadline")
    assert any("deadline: removed or renamed" in fault for fault in breaking(published, new))


def test_a_newly_required_field_breaks(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    new["properties"]["channel"] = {"type": "string"}
    new["required"].append("channel")
    assert breaking(published, new) == ["data.channel: newly required"]


def test_a_field_that_changes_its_type_breaks(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    new["properties"]["request"] = {"type": "integer"}
    assert any("data.request: type" in fault for fault in breaking(published, new))


def test_a_change_inside_the_sealed_part_breaks(published: dict[str, Any]) -> None:
    new = copy.deepcopy(published)
    new["x-sealed"]["properties"].pop("text")
    assert any("x-sealed.text: removed or renamed" in fault for fault in breaking(published, new))


def test_a_value_that_is_no_longer_allowed_breaks() -> None:
    old = {"properties": {"outcome": {"type": "string", "enum": ["granted", "refused"]}}}
    new = {"properties": {"outcome": {"type": "string", "enum": ["granted"]}}}
    assert breaking(old, new) == ["data.outcome: no longer allows ['refused']"]
