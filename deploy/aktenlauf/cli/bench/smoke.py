"""The operators' check, step by step, embedded and distributed side by side, and the memory of every process.

Both run on this machine: distributed means more processes on the same cores. Servers of deploy/native are made for
tests; what they add says nothing about MongoDB.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from aktenlauf.cli.bench.on_servers import fleet
from aktenlauf.cli.bench.process import RUN, resident_mb, served
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.smoke import steps
from aktenlauf.cli.visitor import Visitor

if TYPE_CHECKING:
    from native.fleet import Fleet

PEOPLE = 4
UNLIMITED = {"AKTENLAUF_RATE_SIGN_IN": "100000/minute", "AKTENLAUF_RATE_UPLOAD": "100000/minute"}
EMBEDDED = {**UNLIMITED, "AKTENLAUF_DEMO_CASES": "0"}

Rounds = Mapping[str, Sequence[float]]
"""Step -> its seconds in each round."""


async def measure(folder: Path, seconds: float, tell: Tell) -> Result:
    """Rounds of each form for half of the time, at least one."""
    result = Result("smoke", columns=("embedded", "distributed"))
    here = there = None
    async with served(folder / "embedded", RUN, EMBEDDED) as server:
        here = await _rounds(server.url, seconds / 2, lambda done, what: tell(done / 2, f"embedded, {what}"))
        result.add("embedded_resident", server.resident_mb(), "MB")
    async with fleet(result, folder / "fleet", UNLIMITED) as running:
        if running is not None:
            there = await _rounds(
                running.url, seconds / 2, lambda done, what: tell(0.5 + done / 2, f"distributed, {what}")
            )
            _add_memory(result, running)
    totals = [sum(median(times) for times in rounds.values()) if rounds else None for rounds in (here, there)]
    for name, total in zip(("embedded_run", "distributed_run"), totals, strict=True):
        result.add(name, total, "s")
    result.compared = {name: (median(here[name]), median(there[name]) if there else None) for name in here}
    result.settings = {"embedded_rounds": _number(here), "distributed_rounds": _number(there) if there else 0}
    return result


async def _rounds(url: str, seconds: float, tell: Tell) -> Rounds:
    times: dict[str, list[float]] = {}
    began = time.perf_counter()
    while not times or time.perf_counter() - began < seconds:
        people = [Visitor(url) for _ in range(PEOPLE)]
        applicant, caseworker, approver, stranger = people
        for name, step in steps(applicant, caseworker, approver, stranger, None):
            tell((time.perf_counter() - began) / seconds, name)
            started = time.perf_counter()
            await step()
            times.setdefault(name, []).append(time.perf_counter() - started)
        for person in people:
            await person.close()
    return times


def _number(rounds: Rounds) -> int:
    return len(next(iter(rounds.values())))


def _add_memory(result: Result, there: "Fleet") -> None:
    """Of each process, and of those that it started to open foreign files."""
    from native.processes import running

    for name in there.services:
        if process := running(there.pid_file(name)):
            workers = [resident_mb(child.pid) or 0 for child in process.children(recursive=True)]
            result.add(f"{name}_resident", resident_mb(process.pid), "MB")
            if workers:
                result.add(f"{name}_workers_resident", sum(workers), "MB")
