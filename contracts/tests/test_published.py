"""What is published is what the models say, and what was once published is still read."""

import shutil
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from aktenlauf.contracts import published
from aktenlauf.contracts.envelope import Event


def test_the_published_files_are_those_of_the_models_and_all_examples_are_read() -> None:
    assert published.check() == []


@pytest.mark.parametrize(("owner", "model"), list(published.events()), ids=lambda value: getattr(value, "kind", value))
def test_every_example_is_valid_by_its_published_schema(owner: str, model: type[Event]) -> None:
    schema = orjson.loads((published.FOLDER / "schemas" / owner / f"{model.kind}.json").read_bytes())
    envelope = orjson.loads((published.FOLDER / "schemas" / "envelope.json").read_bytes())
    files = sorted((published.FOLDER / "examples" / owner / model.kind).glob("*.json"))
    assert files
    for file in files:
        record = orjson.loads(file.read_bytes())
        Draft202012Validator(envelope).validate(record)
        Draft202012Validator(schema).validate(record["data"])


def test_writing_refuses_to_break_a_published_schema(tmp_path: Path) -> None:
    shutil.copytree(published.FOLDER / "schemas", tmp_path / "schemas")
    old = tmp_path / "schemas" / "review" / "question-asked.v1.json"
    schema = orjson.loads(old.read_bytes())
    schema["properties"]["tone"] = {"type": "string"}
    old.write_bytes(orjson.dumps(schema))
    before = old.read_bytes()
    assert published.write(tmp_path) == ["schemas/review/question-asked.v1.json: data.tone: removed or renamed"]
    assert old.read_bytes() == before


def test_an_event_that_is_gone_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(published.FOLDER / "schemas", tmp_path / "schemas")
    (tmp_path / "schemas" / "review" / "case-forgotten.v1.json").write_bytes(b"{}")
    faults = published.incompatible(tmp_path)
    assert faults == ["schemas/review/case-forgotten.v1.json: the event is gone, but logs hold it"]


def test_an_old_record_with_a_field_that_is_not_read_any_more_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(published.FOLDER / "examples", tmp_path / "examples")
    example = tmp_path / "examples" / "review" / "question-asked.v1" / "0001.json"
    record = orjson.loads(example.read_bytes())
    record["data"]["tone"] = "kind"
    example.write_bytes(orjson.dumps(record))
    assert published.check_examples(tmp_path) == [
        "examples/review/question-asked.v1/0001.json: field tone is not read any more"
    ]


@pytest.mark.parametrize(("owner", "model"), list(published.events()), ids=lambda value: getattr(value, "kind", value))
def test_what_may_be_none_has_a_default_because_none_is_not_written(owner: str, model: type[Event]) -> None:
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    schema = model.model_json_schema()["properties"]
    nullable = {name for name in required if {"type": "null"} in schema[name].get("anyOf", [])}
    assert nullable == set()
