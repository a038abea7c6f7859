"""Start of the gateway."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aktenlauf.xoev_gateway.service import running
from aktenlauf.xoev_gateway.xauslaender import SchemasUnusable


async def test_without_schemas_the_start_says_loudly_that_nothing_is_checked(gateway):
    gateway.service.settings = gateway.service.settings.model_copy(update={"xoev_schema_dir": None})
    with capture_logs() as logs:
        async with running(gateway.service):
            pass
    assert any("NOT CHECKED" in entry["event"] and entry["log_level"] == "warning" for entry in logs)


async def test_without_schemas_messages_are_written_and_marked_as_not_checked(gateway):
    gateway.service.settings = gateway.service.settings.model_copy(update={"xoev_schema_dir": None})
    await gateway.applied("erlenbruck")
    assert [event.checked for event in await gateway.prepared()] == [False]


async def test_a_folder_without_schemas_stops_the_start_with_a_sentence(gateway, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    gateway.service.settings = gateway.service.settings.model_copy(update={"xoev_schema_dir": empty})
    with pytest.raises(SchemasUnusable, match="holds no xauslaender-nachrichten-ozg"):
        async with running(gateway.service):
            pass
