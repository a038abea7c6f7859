"""How long `aktenlauf run` takes until it is ready, and what it needs when nobody does anything."""

import asyncio
import time
from pathlib import Path
from statistics import median

from aktenlauf.cli.bench.process import RUN, Server, served
from aktenlauf.cli.bench.report import Result, Tell

IDLE_SECONDS = 6.0
STARTS_MAX = 5
QUIET = {
    "AKTENLAUF_DEMO": "false",
    "AKTENLAUF_OIDC_APPLICANTS_ISSUER": "https://applicants.invalid",
    "AKTENLAUF_OIDC_APPLICANTS_CLIENT_ID": "aktenlauf",
    "AKTENLAUF_OIDC_OFFICE_ISSUER": "https://office.invalid",
    "AKTENLAUF_OIDC_OFFICE_CLIENT_ID": "aktenlauf",
}
"""No demonstration is being made in the background while memory at rest is looked at; nobody signs in."""


async def measure(folder: Path, seconds: float, tell: Tell) -> Result:
    """One start on an empty folder with the demonstration, then starts on the existing one."""
    result = Result("start")
    data = folder / "data"
    began = time.perf_counter()
    tell(0.0, "empty data folder")
    async with served(data, RUN) as server:
        empty = server.ready_after
        await asyncio.sleep(min(IDLE_SECONDS, seconds / 4))  # the demonstration makes some cases meanwhile
    existing: list[float] = []
    idle: float | None = None
    while not existing or (time.perf_counter() - began < seconds * 0.8 and len(existing) < STARTS_MAX):
        tell((time.perf_counter() - began) / seconds, "existing data folder")
        async with served(data, RUN, QUIET) as server:
            existing.append(server.ready_after)
            if idle is None:
                idle = await _idle_mb(server, min(IDLE_SECONDS, seconds / 4))
    result.add("ready_on_empty_folder", empty, "s", 10, less=True)
    result.add("ready_on_existing_folder", median(existing), "s", 3, less=True)
    result.add("idle_resident", idle, "MB", 250, less=True)
    if idle is None:
        result.notes.append("RESIDENT MEMORY IS NOT MEASURED: this system has no /proc.")
    result.settings = {"starts_on_existing_folder": len(existing), "idle_after_seconds": IDLE_SECONDS}
    result.series = {"ready_on_existing_folder": existing}
    return result


async def _idle_mb(server: Server, seconds: float) -> float | None:
    await asyncio.sleep(seconds)
    return server.resident_mb()
