"""Who asks for the health of a process gets an answer in time, and does not burden what it asks."""

import asyncio

import pytest

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.web import health
from aktenlauf.kit.web.health import Probe

from .conftest import Installation


class Part:
    """Something that is asked, and answers when `back` is set; fails while `away`."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.back = asyncio.Event()
        self.back.set()

    async def ask(self) -> None:
        self.asked += 1
        await self.back.wait()
        if self.away:
            raise Unavailable("away")


async def test_a_part_is_asked_once_a_second_however_many_want_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part()
    probe = Probe(part.ask)
    assert all(await asyncio.gather(*(probe.answers() for _ in range(20)))) and await probe.answers()
    assert part.asked == 1
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)
    part.away = True
    assert (await probe.answers(), part.asked) == (False, 2)
    part.away = False
    assert (await probe.answers(), part.asked) == (True, 3)


async def test_a_silent_part_is_not_there_and_no_second_question_waits_behind_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.02)
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)
    part = Part()
    part.back.clear()
    probe = Probe(part.ask)
    assert [await probe.answers(), await probe.answers(), part.asked] == [False, False, 1]
    part.back.set()
    assert await probe.answers()
    assert part.asked == 1


async def test_what_stopped_is_named_also_where_the_service_is_ready(installation: Installation) -> None:
    installation.stopped["review"] = ["hearing intake"]
    answer = await installation.browser().get("/readyz")
    assert (answer.status_code, answer.json()["stopped"]) == (200, {"review": ["hearing intake"]})
