"""A fleet of services on servers that may be killed, and the people who use it meanwhile."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx

from aktenlauf.cli.installation import definitions
from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.visitor import Visitor
from aktenlauf.contracts.envelope import Record, is_private, parse
from aktenlauf.kit.adapters.mongo import close_clients
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import walk
from aktenlauf.kit.ports import open_log
from aktenlauf.kit.settings import Settings

if TYPE_CHECKING:
    from native.fleet import Fleet
    from native.sets import Addresses

PATIENCE_SECONDS = 90
"""For whatever comes by itself, on a machine that has other things to do."""
SMOKE_SECONDS = 180


@dataclass(frozen=True)
class Refusal:
    """An answer 503 that somebody got."""

    method: str
    path: str
    retry_after: str | None
    body: str


@dataclass
class Pause:
    """In the middle of each file that is sent, until it is let go."""

    half_sent: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


class _Halves(httpx.AsyncByteStream):
    def __init__(self, content: bytes, pause: Pause) -> None:
        self._content, self._pause = content, pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self._content) // 2
        yield self._content[:half]
        self._pause.half_sent.set()
        await self._pause.go_on.wait()
        yield self._content[half:]


@dataclass
class Wire:
    """The network, keeping every 503."""

    pause: Pause | None = None
    refusals: list[Refusal] = field(default_factory=list)
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has just begun to send a form."""

    @property
    def forms_refused(self) -> list[Refusal]:
        """Those that answered a form."""
        return [refusal for refusal in self.refusals if refusal.method == "POST"]

    def transport(self) -> httpx.AsyncBaseTransport:
        """For one visitor."""
        return _Kept(self)


class _Kept(httpx.AsyncHTTPTransport):
    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self._wire.posted.set()
        if self._wire.pause and request.headers.get("content-type", "").startswith("multipart/"):
            request.stream = _Halves(await request.aread(), self._wire.pause)
        response = await super().handle_async_request(request)
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            await response.aread()
            again = response.headers.get("retry-after")
            self._wire.refusals.append(Refusal(request.method, request.url.path, again, response.text))
        return response


@dataclass
class People:
    """A running fleet and its visitors. `caseworker` and `approver` belong to one office and are signed in."""

    fleet: "Fleet"
    wire: Wire
    caseworker: Visitor
    approver: Visitor
    _visitors: list[Visitor]

    def visitor(self, patience_seconds: float = 0) -> Visitor:
        """A new browser."""
        self._visitors.append(Visitor(self.fleet.url, self.wire.transport(), patience_seconds=patience_seconds))
        return self._visitors[-1]

    async def journey(
        self, person: str, answers: Mapping[str, Any] | None = None, patience_seconds: float = PATIENCE_SECONDS
    ) -> Journey:
        """Of an applicant who has just signed in."""
        applicant = self.visitor(patience_seconds)
        await applicant.sign_in("", person)
        given = {**ANSWERS, **(answers or {})}
        return Journey(applicant, self.caseworker, self.approver, given, PATIENCE_SECONDS)

    async def records(self, service: str) -> list[Record]:
        """All that stands in the log of a service."""
        settings = Settings(**self.fleet.settings())
        log = await open_log(settings, service)
        try:
            return [parse(stored.record, stored.position) async for stored in walk(log)]
        finally:
            await log.close()

    async def all_heard(self) -> bool:
        """Whether each service has whatever those that it hears have published."""
        declared = definitions()
        logs = {definition.name: await self.records(definition.name) for definition in declared}
        public = {name: {r.meta.id for r in log if _is_published(name, r)} for name, log in logs.items()}
        has = {name: {record.meta.id for record in log} for name, log in logs.items()}
        return all(public[owner] <= has[definition.name] for definition in declared for owner in definition.hears)

    async def happened(self, service: str, case: str) -> list[str]:
        """The names of what the service itself recorded of a case, in order."""
        found = await self.records(service)
        return [r.meta.type.split(".")[-2] for r in found if r.meta.subject == case and r.meta.source == service]

    def pids(self) -> dict[str, int]:
        """Of all services that run."""
        from native.processes import running

        found = {name: running(self.fleet.pid_file(name)) for name in self.fleet.services}
        return {name: process.pid for name, process in found.items() if process}


def _is_published(owner: str, record: Record) -> bool:
    return record.meta.source == owner and not is_private(record.meta.stream)


@asynccontextmanager
async def people_of(
    folder: Path,
    addresses: "Addresses",
    replicas: int = 1,
    without: Sequence[str] = (),
    staff: tuple[str, str] = ("pruefung", "freigabe"),
) -> AsyncIterator[People]:
    """Start a fleet, but for the processes `without`, and let the staff sign in; end it all at the end."""
    from native.fleet import Fleet

    fleet = Fleet(folder, addresses, f"f{new_id()[-10:]}", replicas)
    await asyncio.to_thread(fleet.start, without)
    wire, visitors = Wire(), list[Visitor]()
    try:
        visitors += [Visitor(fleet.url, wire.transport(), patience_seconds=PATIENCE_SECONDS) for _ in staff]
        for visitor, person in zip(visitors, staff, strict=True):
            await visitor.sign_in("/amt", person)
        yield People(fleet, wire, visitors[0], visitors[1], visitors)
    finally:
        for visitor in visitors:
            await visitor.close()
        await close_clients()
        await asyncio.to_thread(fleet.stop)


async def smoke(url: str, begun: asyncio.Event | None = None) -> str:
    """What `aktenlauf smoke` says of the step that failed; empty where all passed.

    `begun`: its form is filled in. Before that, a second run of the same people would go on with the same empty draft.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aktenlauf.cli", "smoke", "--url", url, stdout=asyncio.subprocess.PIPE
    )
    said, output = "", cast(asyncio.StreamReader, process.stdout)
    async with asyncio.timeout(SMOKE_SECONDS):
        while line := await output.readline():
            said += line.decode()
            if begun is not None and "answers the form" in said:
                begun.set()
        failed = await process.wait() != 0
    if begun is not None:
        begun.set()
    return " ".join(said.split()).partition("FAILED")[2] or said if failed else ""


async def until_said(fleet: "Fleet", name: str, said: Callable[[bytes], bool], seconds: float = 60) -> None:
    """Wait until what a process writes to its log from now on is what was waited for. Raises TimeoutError."""
    log = fleet.folder / f"{name}.log"
    start = log.stat().st_size
    async with asyncio.timeout(seconds):
        while not said(log.read_bytes()[start:]):
            await asyncio.sleep(0.1)
