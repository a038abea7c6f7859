"""Our own letters are made although a worker fails now and then; what is wrong in them is told at once."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from aktenlauf.kit import press
from aktenlauf.kit.press import ATTEMPTS, printed
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.workers import WorkerFailed, Workers

T = TypeVar("T")
DATA = {"created": "2026-11-23T12:00:00+01:00"}


class Counted(Workers):
    """Workers that know how many jobs they were given."""

    jobs = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        self.jobs += 1
        return await super().run(function, *args)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "note.typ"
    path.write_text('#set document(title: "Notiz")\n#set text(lang: "de", font: "Noto Sans")\nEin Satz.\n')
    return path


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "PAUSE_SECONDS_MAX", 0.01)


async def test_a_letter_is_typeset_again_when_its_worker_dies(template: Path) -> None:
    async with Counted(size=1) as workers:
        letter = asyncio.create_task(printed(workers, template, DATA))

        async def is_at_work() -> bool:
            return bool(workers.pids)

        await until(is_at_work)
        (pid,) = workers.pids
        os.kill(pid, signal.SIGKILL)
        assert (await letter).startswith(b"%PDF")
        assert workers.jobs == 2


async def test_after_some_tries_it_is_given_up(template: Path) -> None:
    async with Counted(size=1, job_seconds=0.001) as workers:
        with pytest.raises(WorkerFailed) as failed:
            await printed(workers, template, DATA)
        assert (failed.value.reason, workers.jobs) == ("timeout", ATTEMPTS)


async def test_a_mistake_in_the_letter_is_told_at_once(template: Path) -> None:
    async with Counted(size=1) as workers:
        with pytest.raises(WorkerFailed) as failed:
            await printed(workers, template, {"created": "yesterday"})
        assert (failed.value.reason, failed.value.detail, workers.jobs) == ("error", "PaperError", 1)
