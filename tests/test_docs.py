"""What can be set, called or met has its entry in the documentation."""

import re
from pathlib import Path

import licences
import pytest

from aktenlauf.cli.bench.app import app as bench_app
from aktenlauf.cli.main import app
from aktenlauf.contracts import published
from aktenlauf.contracts.envelope import Event
from aktenlauf.documents.deliveries import TEXTS_BYTES_MAX
from aktenlauf.documents.pages import UPLOADS_FACTOR
from aktenlauf.documents.room import BYTES_MAX, OF_ONE_PERSON_MAX
from aktenlauf.intake.domain import LETTERS_MAX
from aktenlauf.intake.drafts import DRAFTS_MAX
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.views import DOCUMENT_BYTES_MAX
from aktenlauf.scheduling.domain import CHOICES_MAX

ROOT = Path(__file__).parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
CAPACITY = (ROOT / "docs" / "capacity.md").read_text("utf-8")
PRIVACY = (ROOT / "docs" / "privacy.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described(name: str) -> None:
    shown = "XOEV_SCHEMA_DIR" if name == "xoev_schema_dir" else f"AKTENLAUF_{name.upper()}"
    assert f"| `{shown}` |" in OPERATIONS


def test_every_command_is_described() -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    names += [group.name for group in app.registered_groups if group.name]
    assert [name for name in names if f"`aktenlauf {name}" not in OPERATIONS] == []


def test_every_figure_of_capacity_can_be_measured_again() -> None:
    benches = {c.name or c.callback.__name__ for c in bench_app.registered_commands if c.callback}
    named = set(re.findall(r"`(?:aktenlauf )?bench (\w+)", CAPACITY))
    assert {"storage", "smoke", "distributed", "writers"} <= named <= benches


ALWAYS_OPEN = {"sealed", "document", "documents", "message", "decision", "request", "question", "offer", "choice"}
"""Ids of what the event is about, justified together in the table's first row."""


@pytest.mark.parametrize(("owner", "model"), list(published.events()), ids=lambda value: getattr(value, "kind", value))
def test_open_dates_and_states_are_justified(owner: str, model: type[Event]) -> None:
    if model.__name__ in published.PRIVATE_EVENTS:
        return
    dates = [name for name, schema in model.model_json_schema()["properties"].items() if "date" in str(schema)]
    missing = [name for name in dates if name not in ALWAYS_OPEN and f"`{name}`" not in PRIVACY]
    assert missing == []


def test_every_package_that_is_locked_stands_in_the_notices_with_its_licence() -> None:
    assert (ROOT / "THIRD_PARTY.md").read_text("utf-8").endswith(licences.table())


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("LETTERS_MAX", f"{LETTERS_MAX}"),
        ("DRAFTS_MAX", f"{DRAFTS_MAX}"),
        ("UPLOADS_FACTOR", f"{UPLOADS_FACTOR} times"),
        ("CHOICES_MAX", f"{CHOICES_MAX}"),
        ("OF_ONE_PERSON_MAX", f"{OF_ONE_PERSON_MAX}"),
        ("BYTES_MAX", f"{BYTES_MAX // 1_000_000} MB"),
        ("TEXTS_BYTES_MAX", f"{TEXTS_BYTES_MAX // 1000} kB"),
        ("DOCUMENT_BYTES_MAX", f"{DOCUMENT_BYTES_MAX >> 20} MiB"),
    ],
)
def test_what_one_person_can_take_up_is_described(name: str, bound: str) -> None:
    assert f"`{name}` = {bound} " in OPERATIONS
