"""A toy service with every kind of part, to try the machine on: it counts what others tell it about a case.

`samples` opens a case by its first `Happened`, and each further one is noted in the case (sealed). `others` tell facts
by `Accessed`, which are counted in a private stream, but not before `samples` was heard about that case. Each note is
echoed in a stream of its own. So the result depends on no order but that of one owner's events about one case.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from aktenlauf.contracts.common import Accessed, Content
from aktenlauf.contracts.envelope import Event, Meta, stamp
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.adapters.sqlite_drafts import SqliteDrafts
from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_views import SqliteViews
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.clock import Clock, system_clock
from aktenlauf.kit.decider import Code, Command, Decider, Refused
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.testing.faults import Fate, Faulty
from aktenlauf.kit.testing.permuting_bus import Topics
from aktenlauf.kit.testing.samples import Happened, happened, unstamped
from aktenlauf.kit.views import Document, View, Views
from aktenlauf.kit.work import Work

SERVICE = "toy"


class Opened(Event):
    office: str


class Text(Content):
    text: str


class Noted(Event):
    fact: int
    sealed: Sealed[Text]


class Counted(Event):
    fact: int


class Open(Command):
    stream = "toy/case/{case}"
    case: str
    office: str = "a"


class Note(Command):
    stream = "toy/case/{case}"
    case: str
    fact: int
    text: str = "a secret"


class Count(Command):
    stream = "toy/account/{case}"
    case: str
    fact: int


class Echo(Command):
    stream = "toy/echo/{case}"
    case: str
    fact: int


@dataclass(frozen=True)
class State:
    office: str | None = None
    facts: tuple[int, ...] = ()


def decide(command: Command, state: State) -> Sequence[Event]:
    """A case is opened once and closed to notes before that; a fact is noted and counted once.

    An echo answers every time: that it is there once rests on the command's id alone.
    """
    match command:
        case Open(office=office):
            return [] if state.office else [Opened(office=office)]
        case Note() if state.office is None:
            raise Refused(Code.NOT_NOW)
        case Note(fact=fact, text=text):
            return [] if fact in state.facts else [Noted(fact=fact, sealed=Sealed.of(Text(text=text)))]
        case Count(fact=fact):
            return [] if fact in state.facts else [Counted(fact=fact)]
        case Echo(fact=fact):
            return [Counted(fact=fact)]
    raise TypeError(command)


def evolve(state: State, event: Event) -> State:
    """What the events say."""
    match event:
        case Opened(office=office):
            return replace(state, office=office)
        case Noted(fact=fact) | Counted(fact=fact):
            return replace(state, facts=(*state.facts, fact))
    return state


DECIDER = Decider(
    State, decide, evolve, lambda state: ((state.office,) if state.office else (), ()), frozenset({Noted})
)
DECIDERS: dict[type[Command], Decider[Any]] = dict.fromkeys((Open, Note, Count, Echo), DECIDER)

cases = View("cases", version=1, indexes=("asked",))


@cases.on(Happened)
def ask(document: Document, event: Happened, meta: Meta) -> None:
    document["asked"] = event.number
    document["asks"] = [*document.get("asks", ()), event.number]


@cases.on(Opened)
def open_(document: Document, event: Opened, meta: Meta) -> None:
    document["offices"] = [event.office]


@cases.on(Noted)
def note(document: Document, event: Noted, meta: Meta) -> None:
    document["notes"] = [*document.get("notes", ()), [event.fact, event.sealed.token]]


reactions = Reactions("reactions")


@reactions.on(Happened, name="note")
async def note_what_happened(event: Happened, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
    yield do(Open, case=meta.case) if event.number == 1 else do(Note, case=meta.case, fact=event.number)


@reactions.on(Accessed, name="count")
async def count_fact(event: Accessed, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
    case = await service.find(cases, System("count"), meta.case)
    if case is None or "asked" not in case:
        raise NotYet("nothing happened")
    yield do(Count, case=meta.case, fact=meta.version)


@reactions.on(Noted, name="echo")
async def echo_note(event: Noted, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
    yield do(Echo, case=meta.case, fact=event.fact)


HEARS = frozenset({"samples", "others"})
DEFINITION = Definition(SERVICE, HEARS, DECIDERS, [cases], [reactions], cast(Any, None))


def told(case_count: int, asks: int = 3, facts: int = 3) -> list[tuple[str, bytes]]:
    """What the other services published about some cases: (owner, record)."""
    records: list[tuple[str, bytes]] = []
    for case in (f"case-{n}" for n in range(case_count)):
        stream = f"samples/thing/{case}"
        records += [("samples", stamp(happened(stream, n), n)) for n in range(1, asks + 1)]
        stream, seen = f"others/access/{case}", Accessed(role="caseworker", what="case")
        records += [("others", stamp(unstamped(seen, stream), n)) for n in range(1, facts + 1)]
    return records


def topics_of(records: Sequence[tuple[str, bytes]]) -> Topics:
    """The topics that hold these records."""
    topics = Topics()
    for owner, record in records:
        topics.add(owner, record)
    return topics


Stores = Callable[[Path], Awaitable[tuple[EventLog, Views, Work]]]
"""Opens log, views and work of the toy whose other files are in a folder."""


async def on_sqlite(folder: Path) -> tuple[EventLog, Views, Work]:
    """Files in the folder."""
    return SqliteLog(folder / "log.db"), SqliteViews(folder / "views.db"), SqliteWork(folder / "work.db")


@asynccontextmanager
async def toy_ports(
    folder: Path,
    bus: Callable[[Any], Bus],
    fate: Fate | None = None,
    clock: Clock = system_clock,
    stores: Stores = on_sqlite,
) -> AsyncIterator[Ports]:
    """The ports of one process of the toy on the files in `folder`, under a fate. `bus` is made from its `work`."""
    fate = fate or Fate()
    log, views, work = await stores(folder)
    await work.advance(reactions.handler, 0)  # it ran before: what a test has put into the topics is no history to it
    keyring, unused = SqliteKeyring(folder / "keyring.db", bytes(32)), cast(Any, None)
    ports = Ports(
        service=SERVICE,
        log=cast(Any, Faulty(log, "log", fate)),
        views=cast(Any, Faulty(views, "views", fate)),
        work=cast(Any, Faulty(work, "work", fate)),
        drafts=SqliteDrafts(folder / "drafts.db"),
        bus=cast(Any, Faulty(bus(Faulty(work, "work", fate)), "bus", fate)),
        blobs=unused,
        mailer=unused,
        keyring=keyring,
        sealing=Sealing(keyring),
        sessions=unused,
        grants=unused,
        workers=unused,
        scanner=unused,
        clock=clock,
        folder=folder,
    )
    try:
        yield ports
    finally:
        await ports.close()
        await keyring.close()


@asynccontextmanager
async def toy(ports: Ports, definition: Definition = DEFINITION) -> AsyncIterator[Service]:
    """The toy, running."""
    service = Service(definition, ports, Settings(data=ports.folder))
    async with service.running():
        yield service
