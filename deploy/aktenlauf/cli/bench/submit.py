"""Applications with twelve files each: through the pages of a server in its own process, then through the ports.

Each half takes half of the time. The page images are made behind the answers, on the same cores; how many wait at the
end, and how fast that becomes less, is reported.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from aktenlauf.cli.bench import through_ports
from aktenlauf.cli.bench.load import FILES, Applicant, Caseworker, Measured, Script, hand_in
from aktenlauf.cli.bench.process import Server, cpu_seconds, resident_mb, served
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.bench.server import applicant
from aktenlauf.cli.visitor import Upload
from aktenlauf.kit.testing.files import jpeg, pdf

FILE_BYTES = 300_000
PEOPLE_AT_ONCE = 4
PORTS_PER_SECOND = 10.0
CASEWORKER = "pruefung"
"""Of the office that the answers' postcode belongs to."""
DRAIN_SECONDS = 4.0
UNLIMITED = {"AKTENLAUF_RATE_SIGN_IN": "100000/minute", "AKTENLAUF_RATE_UPLOAD": "100000/minute"}


async def measure(folder: Path, seconds: float, tell: Tell, files: int = FILES, file_bytes: int = FILE_BYTES) -> Result:
    """Both halves."""
    result = Result("submit")
    uploads = make_files(files, file_bytes)
    half = seconds / 2
    await _through_pages(folder / "pages", half, lambda done, what: tell(done / 2, what), uploads, result)
    await _through_ports(folder / "ports", half, lambda done, what: tell(0.5 + done / 2, what), uploads, result)
    result.settings = {
        "files": files,
        "file_bytes": file_bytes,
        "seconds_each": half,
        "people_at_once": PEOPLE_AT_ONCE,
        "ports_per_second": PORTS_PER_SECOND,
    }
    return result


def make_files(number: int, file_bytes: int) -> list[Upload]:
    """Scans and photos, two to one."""
    scans = [("Bescheinigung.pdf", pdf(text=f"Probe {n}", size_bytes=file_bytes), "application/pdf") for n in (1, 2)]
    kinds = [*scans, ("Foto.jpg", jpeg(size_bytes=file_bytes), "image/jpeg")]
    return [kinds[n % len(kinds)] for n in range(number)]


async def _through_pages(folder: Path, seconds: float, tell: Tell, uploads: Sequence[Upload], result: Result) -> None:
    measured, memory = Measured(), list[float]()
    async with served(folder, env=UNLIMITED) as server:
        tell(0, "signing in, first application")
        people, caseworker, script = await _people(server, uploads)
        began, busy_before = time.perf_counter(), cpu_seconds(server.pid)
        watching = asyncio.create_task(_watch(server.pid, memory))

        async def keep_on(person: Applicant) -> None:
            while time.perf_counter() - began < seconds:
                await hand_in(person, caseworker, script, measured)
                tell((time.perf_counter() - began) / seconds, f"through the pages: {measured.submitted}")

        await asyncio.gather(*(keep_on(person) for person in people))
        spent, busy_after = time.perf_counter() - began, cpu_seconds(server.pid)
        watching.cancel()
        await _report_backlog(result, "http", server, tell)
        for person in [*people, caseworker]:
            await person.close()
    result.add("http_submissions_per_second", measured.submitted / spent, "1/s", 2)
    if busy_before is not None and busy_after is not None:
        result.add("http_server_cpu_per_submission", (busy_after - busy_before) / measured.submitted, "s")
    _report(result, "http", measured, memory)


async def _people(server: Server, uploads: Sequence[Upload]) -> tuple[list[Applicant], Caseworker, Script]:
    people = [Applicant(server.url) for _ in range(PEOPLE_AT_ONCE)]
    caseworker = Caseworker(server.url)
    await caseworker.prepare(CASEWORKER)
    for number, person in enumerate(people):
        await person.prepare(applicant(number))
    case = await people[0].begin()
    script = await people[0].write_script(case, uploads)
    await people[0].send(case, script)
    return people, caseworker, script


async def _through_ports(folder: Path, seconds: float, tell: Tell, uploads: Sequence[Upload], result: Result) -> None:
    measured, memory = Measured(), list[float]()
    async with through_ports.running(folder) as services:
        watching = asyncio.create_task(_watch(None, memory))
        rate = await through_ports.submit_at(services, PORTS_PER_SECOND, seconds, uploads, measured, tell)
        watching.cancel()
        waiting = await services.backlog.count()
        before, began = services.backlog.done, time.perf_counter()
        await asyncio.sleep(min(DRAIN_SECONDS, seconds))
        await services.backlog.count()
        _report_drain(result, "ports", waiting, (services.backlog.done - before) / (time.perf_counter() - began))
    result.add("ports_submissions_per_second", rate, "1/s", 0.98 * PORTS_PER_SECOND)
    _report(result, "ports", measured, memory)


async def _watch(pid: int | None, memory: list[float]) -> None:
    while True:
        resident = resident_mb(os.getpid() if pid is None else pid)
        if resident is not None:
            memory.append(resident)
        await asyncio.sleep(1)


async def _report_backlog(result: Result, way: str, server: Server, tell: Tell) -> None:
    tell(1, "page images that wait")
    before, looked_at = cpu_seconds(server.pid), server.told[-1]["looked_at"] if server.told else 0
    await asyncio.sleep(DRAIN_SECONDS)
    after, told = cpu_seconds(server.pid), server.told[-int(DRAIN_SECONDS) :]
    if len(told) < 2:
        result.notes.append(f"{way}: the backlog of page images is not known, the run was too short.")
        return
    rate = (told[-1]["looked_at"] - told[0]["looked_at"]) / (len(told) - 1)
    _report_drain(result, way, int(told[0]["backlog"]), rate)
    if before is not None and after is not None and (files := told[-1]["looked_at"] - looked_at) > 0:
        result.add(f"{way}_server_cpu_per_file", (after - before) / files, "s")


def _report_drain(result: Result, way: str, waiting: int, per_second: float) -> None:
    result.add(f"{way}_backlog_files", waiting, "files")
    result.add(f"{way}_backlog_drained_per_second", per_second, "files/s")
    result.add(f"{way}_backlog_drained_after", waiting / per_second if per_second else None, "s")


def _report(result: Result, way: str, measured: Measured, memory: Sequence[float]) -> None:
    seen = measured.visible_after
    percentiles: Sequence[Any] = quantiles(seen, n=100, method="inclusive") if len(seen) > 1 else [None] * 99
    result.add(f"{way}_visible_after_p50", percentiles[49], "s")
    result.add(f"{way}_visible_after_p99", percentiles[98], "s", 1, less=True)
    result.add(f"{way}_never_visible", measured.never_visible, "cases", 0, less=True)
    quarter = max(1, len(memory) // 4)
    if len(memory) > 1:
        result.add(f"{way}_resident_at_end", fmean(memory[-quarter:]), "MB")
        result.add(
            f"ratio_{way}_resident_end_to_middle", fmean(memory[-quarter:]) / _middle(memory), "", 1.1, less=True
        )
    result.series[f"{way}_resident_mb"] = memory
    result.series[f"{way}_visible_after_seconds"] = seen


def _middle(memory: Sequence[float]) -> float:
    """Of the second quarter: by then everything that is loaded once is loaded."""
    quarter = max(1, len(memory) // 4)
    return fmean(memory[quarter : 2 * quarter] or memory)
