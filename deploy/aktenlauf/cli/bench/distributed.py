"""From submission to the worklist, with the services as processes of their own: over the log, Kafka and another log.

Few small files a case, so that the way of the events is measured and not the drawing of page images beside it.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from aktenlauf.cli.bench.load import Applicant, Caseworker, Measured, Script, hand_in
from aktenlauf.cli.bench.on_servers import fleet
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.bench.submit import CASEWORKER, UNLIMITED, make_files
from aktenlauf.cli.visitor import Upload

if TYPE_CHECKING:
    from native.fleet import Fleet

APPLICANTS = ("pruefling", "amira", "mateo")
FILES, FILE_BYTES = 2, 50_000
ENOUGH_FOR_P99 = 100


async def measure(folder: Path, seconds: float, tell: Tell) -> Result:
    """Applicants who hand in one application after the other for so long."""
    result, measured = Result("distributed"), Measured()
    async with fleet(result, folder / "fleet", UNLIMITED) as running:
        rate = None if running is None else await _load(running, seconds, tell, measured)
    seen = measured.visible_after
    cut: Sequence[float | None] = quantiles(seen, n=100, method="inclusive") if len(seen) > 1 else [None] * 99
    result.add("submissions_per_second", rate, "1/s")
    result.add("visible_after_p50", cut[49], "s")
    result.add("visible_after_p99", cut[98], "s")
    result.add("never_visible", None if rate is None else measured.never_visible, "cases", 0, less=True)
    if len(seen) < ENOUGH_FOR_P99:
        result.notes.append(f"p99 of {len(seen)} submissions is little more than the slowest of them.")
    result.settings = {"people_at_once": len(APPLICANTS), "files": FILES, "file_bytes": FILE_BYTES}
    result.series = {"visible_after_seconds": seen}
    return result


async def _load(running: "Fleet", seconds: float, tell: Tell, measured: Measured) -> float:
    """Submissions a second."""
    tell(0, "signing in, first application")
    people = [Applicant(running.url) for _ in APPLICANTS]
    caseworker = Caseworker(running.url)
    script = await _prepare(people, caseworker, make_files(FILES, FILE_BYTES))
    began = time.perf_counter()

    async def keep_on(person: Applicant) -> None:
        while time.perf_counter() - began < seconds:
            await hand_in(person, caseworker, script, measured)
            tell((time.perf_counter() - began) / seconds, f"{measured.submitted} submitted")

    await asyncio.gather(*(keep_on(person) for person in people))
    spent = time.perf_counter() - began
    for person in [*people, caseworker]:
        await person.close()
    return measured.submitted / spent


async def _prepare(people: Sequence[Applicant], caseworker: Caseworker, uploads: Sequence[Upload]) -> Script:
    """Everybody signs in; the first writes the script and hands in once: nothing is done for the first time later."""
    await caseworker.prepare(CASEWORKER)
    for person, name in zip(people, APPLICANTS, strict=True):
        await person.prepare(name)
    case = await people[0].begin()
    script = await people[0].write_script(case, uploads)
    await people[0].send(case, script)
    return script
