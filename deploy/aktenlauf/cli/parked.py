"""`aktenlauf parked`: what a handler could not handle, and what an operator decides about it.

Works on each service's `Work`, wherever the settings say that it is, and whether or not the services run: the marks are
stored there, and only the handler itself acts on them. Shows envelopes, never content.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from aktenlauf.contracts.envelope import NotAnEnvelope, parse
from aktenlauf.kit.hear import HANDLER as HEAR
from aktenlauf.kit.ports import open_work, services_with_data
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.work import Aside, Standing, Work

NOTHING_FOUND = 1
"""Exit code where nothing is put aside under the names given."""
NOT_POSSIBLE = 2
"""Exit code where it is there, but this cannot be done with it."""

_WHEN = "The running service does so within about a second; if none runs, at its next start."
_ATTRIBUTES = (
    "id",
    "type",
    "source",
    "time",
    "stream",
    "version",
    "subject",
    "office",
    "causationid",
    "correlationid",
    "actor",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One record put aside, and the service whose handler did so."""

    service: str
    aside: Aside


async def list_parked(settings: Settings) -> int:
    """Print the first record of every stopped case, then the gaps. Always 0. Raises WrongSetting, Unavailable."""
    console = Console(highlight=False)
    found: list[Found] = []
    gaps: list[tuple[str, str, int]] = []
    for service in await services_with_data(settings):
        async with _opened(settings, service) as work:
            found += [Found(service, aside) for aside in await work.aside()]
            gaps += [(service, stream, version) for stream, version in await work.gaps()]
    if not found and not gaps:
        console.print("Nothing is parked, no gaps.")
    if found:
        console.print(_parked_table(found))
    if gaps:
        console.print(_gap_table(gaps))
        console.print("A gap closes once the owner publishes the missing versions again.")
    return 0


async def show(settings: Settings, service: str, handler: str, group: str) -> int:
    """Print the envelopes of all records of one stopped case, in order; NOTHING_FOUND if there are none."""
    console = Console(highlight=False, soft_wrap=True)

    async def print_all(_: Work, asides: Sequence[Aside]) -> int:
        for aside in asides:
            console.print(f"[bold]position {aside.position}[/bold]  {aside.standing}  since {_time(aside)}")
            console.print(f"  {'error':<13} {aside.error}", markup=False)
            for name, value in _envelope(aside.record):
                console.print(f"  {name:<13} {value}", markup=False)
        return 0

    return await _with_group(settings, service, handler, group, print_all)


async def replay(settings: Settings, service: str, handler: str, group: str) -> int:
    """Have the case tried again from its first record on, in order. NOT_POSSIBLE for what was never accepted."""
    console = Console(highlight=False, soft_wrap=True)

    async def mark_replay(work: Work, asides: Sequence[Aside]) -> int:
        first = asides[0]
        if handler == HEAR:
            console.print(
                "It was not accepted from the bus and is no part of the log, so there is nothing to try again: its "
                "owner must publish it anew. `parked skip` takes it off this list."
            )
            return NOT_POSSIBLE
        await work.mark(handler, group, first.position, Standing.REPLAY)
        console.print(
            f"{handler} will try position {first.position} again, then {_followers(asides)}. {_WHEN} What fails again "
            "is parked again."
        )
        return 0

    return await _with_group(settings, service, handler, group, mark_replay)


async def skip(settings: Settings, service: str, handler: str, group: str) -> int:
    """Give up the case's first record for this handler; what stands behind it is tried."""
    console = Console(highlight=False, soft_wrap=True)

    async def mark_skip(work: Work, asides: Sequence[Aside]) -> int:
        first = asides[0]
        if handler == HEAR:
            await work.done(handler, first.position)
            console.print("Taken off the list. It was never in the log; its sender still has it.")
            return 0
        await work.mark(handler, group, first.position, Standing.SKIP)
        console.print(
            f"{handler} will leave out position {first.position} for good (it stays in the log), then go on with "
            f"{_followers(asides)}. {_WHEN}"
        )
        return 0

    return await _with_group(settings, service, handler, group, mark_skip)


def _followers(asides: Sequence[Aside]) -> str:
    behind = len(asides) - 1
    return f"the {behind} behind it, in order" if behind else "what comes next of this case"


async def _with_group(
    settings: Settings,
    service: str,
    handler: str,
    group: str,
    act: Callable[[Work, Sequence[Aside]], Awaitable[int]],
) -> int:
    services = await services_with_data(settings)
    if service in services:
        async with _opened(settings, service) as work:
            if asides := await work.aside(handler, group):
                return await act(work, asides)
    known = "" if service in services else f" There is no service {service}; there are {', '.join(services)}."
    Console(stderr=True, soft_wrap=True).print(
        f"Nothing is put aside for {service} {handler} {group}.{known} See `aktenlauf parked list`.", markup=False
    )
    return NOTHING_FOUND


@asynccontextmanager
async def _opened(settings: Settings, service: str) -> AsyncIterator[Work]:
    work = await open_work(settings, service)
    try:
        yield work
    finally:
        await work.close()


def _envelope(record: bytes) -> list[tuple[str, str]]:
    try:
        meta = parse(record).meta
    except NotAnEnvelope as fault:
        return [("no envelope", str(fault)), ("bytes", str(len(record)))]
    return [(name, str(value)) for name in _ATTRIBUTES if (value := getattr(meta, name)) is not None]


def _parked_table(found: Sequence[Found]) -> Table:
    table = Table(title="Stopped cases", title_justify="left")
    for name in ("Service", "Handler", "Case", "Position", "Standing", "Behind it", "Error", "Since"):
        number = name in ("Position", "Behind it")
        table.add_column(name, overflow="fold", no_wrap=name == "Case", justify="right" if number else "left")
    groups: dict[tuple[str, str, str], list[Aside]] = {}
    for one in found:
        groups.setdefault((one.service, one.aside.handler, one.aside.group), []).append(one.aside)
    for names, asides in groups.items():
        first = asides[0]
        row = (*names, str(first.position), first.standing, str(len(asides) - 1), first.error, _time(first))
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _gap_table(gaps: Sequence[tuple[str, str, int]]) -> Table:
    table = Table(title="Gaps", title_justify="left")
    for name in ("Service", "Stream", "Heard beyond the gap: version"):
        table.add_column(name, overflow="fold")
    for service, stream, version in gaps:
        table.add_row(service, _plain(stream), str(version))
    return table


def _plain(cell: str) -> str:
    """Square brackets are no markup here."""
    return cell.replace("[", r"\[")


def _time(aside: Aside) -> str:
    return aside.since.strftime("%Y-%m-%d %H:%M:%S UTC")
