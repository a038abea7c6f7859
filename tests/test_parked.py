"""What cannot be handled stops its own case for that handler; everything else goes on, and replay finishes in order."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.cli.journey import Journey
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.intake import MessageDelivered, NotificationSent, ReceiptIssued
from aktenlauf.intake import deliveries
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.work import Standing
from aktenlauf.review import views

from .course import Words, fill_in, hand_in, signed_in, whole
from .inside import Inside, inside
from .reading import all_documents

pytestmark = pytest.mark.long

STOPPED, FREE = "Haltmarke", "Freimarke"
"""Family names of the two applicants."""


class Broken(Exception):
    """As a mistake in a handler would raise it: for good, and quoting what it should not."""


@asynccontextmanager
async def _two(data: Path) -> AsyncIterator[tuple[Inside, Journey, Journey]]:
    async with inside(data) as here:
        yield here, await _journey(here, "pruefling", STOPPED), await _journey(here, "mateo", FREE)


async def _journey(here: Inside, applicant: str, name: str) -> Journey:
    people = (applicant, "pruefung", "freigabe")
    answers = {"person.family_name": name, "contact.email": f"{name.lower()}@post.example"}
    return await signed_in(*(here.visitor() for _ in people), people, answers)  # type: ignore[misc]


async def _aside(here: Inside, service: str, handler: str) -> list[tuple[str, Standing]]:
    return [(aside.group, aside.standing) for aside in await here[service].ports.work.aside(handler)]


async def _is_aside(here: Inside, service: str, handler: str, count: int) -> None:
    async def is_so() -> bool:
        return len(await _aside(here, service, handler)) == count

    await until(is_so, 30)


async def _command(data: Path, *words: str) -> str:
    """What `aktenlauf parked ...` says, started beside the running installation; white space folded."""
    command = [sys.executable, "-m", "aktenlauf.cli", "parked", *words]
    env = {**os.environ, "AKTENLAUF_DATA": str(data), "COLUMNS": "300"}
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


# --- a delivery ---------------------------------------------------------------------------------------------------


def _break_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    made = deliveries.Mail

    def broken(**fields: Any) -> Any:
        if STOPPED.lower() in fields["to"]:
            raise Broken(STOPPED)
        return made(**fields)

    monkeypatch.setattr(deliveries, "Mail", broken)


async def _told(here: Inside, case: str, kind: type[Any]) -> list[Any]:
    records = [parse(s.record).event for s in await here["intake"].ports.log.read(f"intake/application/{case}")]
    return [event for event in records if isinstance(event, kind)]


async def test_a_case_that_is_stopped_stops_no_other_and_is_finished_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "var"
    with monkeypatch.context() as breaking:
        _break_mails(breaking)
        async with _two(data) as (here, stopped, free):
            await _stop(here, stopped)
            await whole(free, Words())
            assert {group for group, _ in await _aside(here, "intake", "mail")} == {stopped.case}
            await _shows_it(data, stopped, free)
    async with _two(data) as (here, again, _):
        again.case = stopped.case
        behind = await _aside(here, "intake", "mail")
        assert len(behind) == 3 and not await _told(here, again.case, NotificationSent)
        await _replay(here, data, again.case)
        await _is_finished_in_order(here, again)


async def _stop(here: Inside, j: Journey) -> None:
    """Up to the mail that tells of the receipt, which fails; then two letters of the office, whose mails wait."""
    await fill_in(j, Words())
    await j.submit()
    await _is_aside(here, "intake", "mail", 1)
    assert await _told(here, j.case, ReceiptIssued)
    await j.in_worklist()
    await j.take()
    for number, question in enumerate(("Erste Frage?", "Zweite Frage?"), 2):
        await j.ask(question)
        await _is_aside(here, "intake", "mail", number)


async def _shows_it(data: Path, stopped: Journey, free: Journey) -> None:
    said = await _command(data, "list")
    assert stopped.case in said and "mail" in said and "notify: Broken" in said
    assert free.case not in said
    assert STOPPED not in said


async def _replay(here: Inside, data: Path, case: str) -> None:
    assert "then the 2 behind it, in order" in await _command(data, "replay", "intake", "mail", case)
    await _is_aside(here, "intake", "mail", 0)
    await here.settled()
    assert "Nothing is parked" in await _command(data, "list")


async def _is_finished_in_order(here: Inside, j: Journey) -> None:
    await j.receipt_pdf()
    await j.message("eingegangen")
    delivered = [event.message for event in await _told(here, j.case, MessageDelivered)]
    notified = [event.message for event in await _told(here, j.case, NotificationSent)]
    assert len(delivered) == 3 and delivered == notified
    assert len(list((here.installation.settings.data / "mail").glob(f"{j.case}_*.eml"))) == 3


# --- a view -------------------------------------------------------------------------------------------------------


async def test_a_view_that_fails_for_one_case_catches_up_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "var"
    async with _two(data) as (here, stopped, free):
        with monkeypatch.context() as breaking:
            await _break_rows(breaking, stopped)
            await hand_in(stopped)
            await fill_in(free, Words())
            await hand_in(free)
            await free.in_worklist()
            assert {group for group, _ in await _aside(here, "review", "view:worklist")} == {stopped.case}
            await _lead_without_worklist(stopped)
        assert "view:worklist" in await _command(data, "list")
        await _command(data, "replay", "review", "view:worklist", stopped.case)
        await _is_aside(here, "review", "view:worklist", 0)
        await here.settled()
        live = await all_documents(here)
        assert live["review worklist"][stopped.case]["state"] == "asked"
    for file in data.glob("*/views.db*"):
        file.unlink()
    async with inside(data) as anew:
        await anew.settled()
        assert await all_documents(anew) == live


async def _break_rows(monkeypatch: pytest.MonkeyPatch, j: Journey) -> None:
    await fill_in(j, Words())
    settle = views._settle

    def broken(doc: Any, meta: Any) -> None:
        if doc["case"] == j.case:
            raise Broken(STOPPED)
        settle(doc, meta)

    monkeypatch.setattr(views, "_settle", broken)


async def _lead_without_worklist(j: Journey) -> None:
    """The other views of the case are not stopped: its page works."""
    await j.take()
    await j.ask("Eine Frage?")
    await j.message("Frage")
