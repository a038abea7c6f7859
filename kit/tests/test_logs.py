"""A line of the log says what failed and why, and quotes nobody."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
from pymongo.errors import OperationFailure

from aktenlauf.kit.adapters.mongo import translated
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.logs import configure, describe, logger


def test_why_a_database_refuses_is_told_by_its_number_and_not_by_its_words() -> None:
    try:
        with translated():
            raise OperationFailure("user linh may not", code=13)
    except Unavailable as error:
        said = describe(error)
    assert said.startswith("Unavailable by OperationFailure 13 at kit.adapters.mongo.translated:")
    assert "linh" not in said


def test_an_error_without_a_cause_is_told_as_before() -> None:
    assert describe(ValueError("linh")) == "ValueError at unknown place"


@pytest.fixture
def as_json() -> Iterator[None]:
    configure(json=True)
    yield
    configure()


def test_every_line_is_one_object_whoever_writes_it(as_json: None, capsys: pytest.CaptureFixture[str]) -> None:
    logger("aktenlauf.test").warning("ours", count=1)
    logging.getLogger("aiokafka.conn").error("Unable to connect to %s", "kafka:9092")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["part"], line["event"], line["level"]) for line in lines] == [
        ("test", "ours", "warning"),
        ("aiokafka.conn", "Unable to connect to kafka:9092", "error"),
    ]


def test_what_a_library_may_quote_is_not_repeated(as_json: None, capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        raise ValueError("linh")

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    logging.getLogger("somebody").error("cannot read %s", "linh")
    said = capsys.readouterr().err
    assert "linh" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["part"] for line in lines] == ["asyncio", "somebody"]
    assert lines[0]["error"].startswith("ValueError at ")
