"""The tail: everything that follows from a service's log.

Three handlers read the log, each with a cursor of its own: the views, the reactions (and the deliveries, which are
reactions with an effect outside), and the publisher. A transient failure is tried again in place. A permanent one puts
the record and that case's successors aside, so that one case stops and the others go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from aktenlauf.contracts.envelope import Meta, Record, is_private, parse, timestamp
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.errors import Conflict, NotYet, Unavailable
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.logs import describe, logger
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Change, Held, Query, View, Views, apply, keys_of
from aktenlauf.kit.work import Aside, Standing, Work

BATCH_MAX = 500
WAIT_SECONDS = 1.0
RETRY_SECONDS_MAX = 30.0
NOT_YET_MAX = timedelta(hours=24)
CLOCK_SECONDS = 1.0

_log = logger(__name__)


def group_of(meta: Meta) -> str:
    """What stops together: the case, or the stream of a private one."""
    return meta.subject or meta.stream


async def patiently(work: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Try again, with jittered back-off and without end, while a port is unavailable."""

    def tell(state: Any) -> None:
        _log.warning("trying again", what=what, attempt=state.attempt_number, error=state.outcome.exception())

    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type((Unavailable, Conflict)),
        wait=wait_random_exponential(multiplier=0.1, max=RETRY_SECONDS_MAX),
        before_sleep=tell,
        reraise=True,
    ):
        with attempt:
            return await work()


class Progress:
    """The position up to which something is done, and a way to wait for it."""

    def __init__(self) -> None:
        self.position = 0
        self._moved = asyncio.Condition()

    async def move(self, position: int) -> None:
        """Go forward to `position`."""
        async with self._moved:
            self.position = max(self.position, position)
            self._moved.notify_all()

    async def reach(self, position: int) -> None:
        """Return once `position` is done."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.position >= position)


class ViewTail:
    """Keeps all views of a service up to date."""

    def __init__(self, log: EventLog, views: Views, declared: Sequence[View], work: Work, clock: Clock) -> None:
        self._log, self._views, self._declared, self._work, self._clock = log, views, declared, work, clock
        self._cursors: dict[View, int] = {}
        self._stopped: dict[View, set[str]] = {}
        self.progress = Progress()

    async def prepare(self) -> None:
        """Make the collections and read the cursors."""
        await self._views.prepare(self._declared)
        for view in self._declared:
            self._cursors[view] = await self._views.cursor(view)
            self._stopped[view] = {a.group for a in await self._work.aside(_view_handler(view))}
        await self.progress.move(self._behind)

    @property
    def _behind(self) -> int:
        return min(self._cursors.values(), default=0)

    async def catch_up(self) -> None:
        """Apply everything up to the head as it is now, then drop collections of older declarations."""
        head = await self._log.head()
        while self._declared and self._behind < head:
            await self._step(await self._log.tail(self._behind, BATCH_MAX))
        await self._views.drop_others(self._declared)

    async def run(self) -> None:
        """Follow the log for ever."""
        after = self._behind
        while True:
            batch = await patiently(lambda after=after: self._log.tail(after, BATCH_MAX), "reading the log")
            if batch:
                await patiently(lambda batch=batch: self._step(batch), "writing views")
                after = batch[-1].position
            else:
                await self._replay()
                await self._log.wait(after, WAIT_SECONDS)

    async def _step(self, batch: Sequence[Stored]) -> None:
        records = [parse(stored.record, stored.position) for stored in batch]
        for view in self._declared:
            if self._cursors[view] < records[-1].meta.position:
                await self._apply(view, records, batch)
        await self.progress.move(records[-1].meta.position)

    async def _apply(self, view: View, records: Sequence[Record], batch: Sequence[Stored]) -> None:
        last = records[-1].meta.position
        wanted = [
            i for i, r in enumerate(records) if r.meta.position > self._cursors[view] and view.handlers_of(r.meta)
        ]
        while not await self._fold(view, records, batch, wanted, last):
            pass
        self._cursors[view] = last

    async def _fold(
        self, view: View, records: Sequence[Record], batch: Sequence[Stored], wanted: Sequence[int], last: int
    ) -> bool:
        """Fold and write; False if it must be done again: another writer came first, or a record was put aside."""
        stopped = self._stopped[view]
        asides: list[Aside] = []
        keys: list[str] = []
        going: list[Record] = []
        for i in wanted:
            record = records[i]
            if group_of(record.meta) in stopped:
                asides.append(self._aside(view, record.meta, batch[i].record, "behind another"))
                continue
            try:
                keys += keys_of(view, record)
            except Exception as error:
                return await self._stop(view, record.meta, batch[i].record, error)
            going.append(record)
        held = await self._views.load(view, keys) if keys else {}
        before = {key: value.position for key, value in held.items()}
        for record in going:
            try:
                apply(view, record, held)
            except Exception as error:
                raw = batch[record.meta.position - batch[0].position].record
                return await self._stop(view, record.meta, raw, error)
        if asides:
            await self._work.advance(_view_handler(view), last, asides)
        return await self._views.write(view, _changes(held, before), last)

    async def _stop(self, view: View, meta: Meta, raw: bytes, error: Exception) -> bool:
        _log.error("a view cannot apply a record", view=view.name, position=meta.position, error=error)
        aside = self._aside(view, meta, raw, describe(error))
        await self._work.advance(_view_handler(view), 0, [aside])
        self._stopped[view].add(group_of(meta))
        return False

    def _aside(self, view: View, meta: Meta, raw: bytes, error: str) -> Aside:
        return Aside(_view_handler(view), group_of(meta), meta.position, raw, Standing.PARKED, error, self._clock())

    async def _replay(self) -> None:
        """Try what an operator has marked, in order; stop at the first that fails again."""
        for view in self._declared:
            for group in sorted(self._stopped[view]):
                await self._replay_group(view, group)

    async def _replay_group(self, view: View, group: str) -> None:
        name = _view_handler(view)
        rows = await self._work.aside(name, group)
        if rows and rows[0].standing not in (Standing.REPLAY, Standing.SKIP):
            return
        for row in rows:
            if row.standing is not Standing.SKIP:
                record = parse(row.record, row.position)
                try:
                    held = await self._views.load(view, keys_of(view, record))
                    before = {key: value.position for key, value in held.items()}
                    apply(view, record, held)
                except Exception as error:
                    await self._work.mark(name, group, row.position, Standing.PARKED, describe(error))
                    return
                await self._views.write(view, _changes(held, before), 0)
            await self._work.done(name, row.position)
        self._stopped[view].discard(group)


def _view_handler(view: View) -> str:
    return f"view:{view.name}"


def _changes(held: dict[str, Held], before: dict[str, int]) -> list[Change]:
    return [
        Change(key, before.get(key, 0), value.position, value.document)
        for key, value in held.items()
        if value.position != before.get(key, 0)
    ]


class ReactionTail:
    """Runs the reactions (or deliveries) of a service, and what is due."""

    def __init__(
        self,
        log: EventLog,
        reactions: Reactions,
        runner: Runner,
        work: Work,
        views: Progress,
        ports: Any,
        clock: Clock,
    ) -> None:
        self._log, self._reactions, self._runner, self._work = log, reactions, runner, work
        self._views_at, self._ports, self._clock = views, ports, clock
        self._handler = reactions.handler
        self._stopped: set[str] = set()
        self._after = 0
        self.progress = Progress()

    async def prepare(self) -> None:
        """Read the cursor. A handler that never ran starts at the head: what was before is not its business."""
        cursor = await self._work.cursor(self._handler)
        if cursor is None:
            cursor = await self._log.head()
            await self._work.advance(self._handler, cursor)
        self._after = cursor
        self._stopped = {aside.group for aside in await self._work.aside(self._handler)}
        await self.progress.move(cursor)

    async def run(self) -> None:
        """Follow the log for ever."""
        while True:
            batch = await patiently(lambda: self._log.tail(self._after, BATCH_MAX), "reading the log")
            if not batch:
                for group in sorted(self._stopped):
                    await self._retry(group)
                await self._log.wait(self._after, WAIT_SECONDS)
                continue
            for stored in batch:
                await self._take(stored)
            self._after = batch[-1].position
            await self._work.advance(self._handler, self._after)
            await self.progress.move(self._after)

    async def _take(self, stored: Stored) -> None:
        record = parse(stored.record, stored.position)
        group = group_of(record.meta)
        wanted = bool(self._reactions.of(record.meta))
        if group in self._stopped:
            if wanted:
                await self._put_aside(record.meta, stored.record, Standing.WAITING, "behind another")
            await self._retry(group)
        elif wanted:
            standing, error = await self._attempt(record)
            if standing is not None:
                self._stopped.add(group)
                await self._put_aside(record.meta, stored.record, standing, error)

    async def _attempt(self, record: Record) -> tuple[Standing | None, str]:
        """Run all reactions to one record; a standing other than None says why it is not handled."""
        await self._views_at.reach(record.meta.position)
        event = record.event
        if event is None:
            return None, ""
        for reaction in self._reactions.of(record.meta):
            try:
                async for command in reaction.run(event, record.meta, self._ports):
                    await patiently(lambda command=command: self._runner.run(command), reaction.name)
            except NotYet as missing:
                return Standing.WAITING, f"{reaction.name}: not yet {missing}"
            except Exception as error:
                _log.error("a reaction failed", reaction=reaction.name, position=record.meta.position, error=error)
                return Standing.PARKED, f"{reaction.name}: {describe(error)}"
        return None, ""

    async def _put_aside(self, meta: Meta, raw: bytes, standing: Standing, error: str) -> None:
        aside = Aside(self._handler, group_of(meta), meta.position, raw, standing, error, self._clock())
        await self._work.advance(self._handler, 0, [aside])

    async def _retry(self, group: str) -> None:
        """Try the records of a stopped case in order, as far as they go."""
        for row in await self._work.aside(self._handler, group):
            if row.standing is Standing.PARKED:
                return
            if row.standing is not Standing.SKIP:
                standing, error = await self._attempt(parse(row.record, row.position))
                if standing is Standing.WAITING and self._clock() - row.since < NOT_YET_MAX:
                    return
                if standing is not None:
                    await self._work.mark(self._handler, group, row.position, Standing.PARKED, error)
                    return
            await self._work.done(self._handler, row.position)
        self._stopped.discard(group)


class ClockTail:
    """Runs the commands that are due."""

    def __init__(self, reactions: Reactions, views: Views, runner: Runner, ports: Any, clock: Clock) -> None:
        self._reactions, self._views, self._runner, self._ports, self._clock = (
            reactions,
            views,
            runner,
            ports,
            clock,
        )

    async def run(self) -> None:
        """Look at what is due, for ever."""
        while True:
            await self.tick()
            await asyncio.sleep(CLOCK_SECONDS)

    async def tick(self) -> None:
        """Run everything that is due now. One failure does not keep the others waiting; it is tried again."""
        below = timestamp(self._clock())
        for due in self._reactions.due:
            query = Query(order="due", below=below, limit=200)
            page = await patiently(
                lambda due=due, query=query: self._views.page(due.view, System(due.name), query), due.name
            )
            for key, document in zip(page.keys, page.documents, strict=True):
                try:
                    async for command in due.run(key, document, self._ports):
                        await self._runner.run(command)
                except Exception as error:
                    _log.error("what was due failed", name=due.name, error=error)


class Publisher:
    """Own public events to the bus. Never passes over a record: if it cannot be published, it waits."""

    handler = "publisher"

    def __init__(self, service: str, log: EventLog, bus: Bus, work: Work) -> None:
        self._service, self._log, self._bus, self._work = service, log, bus, work

    async def run(self) -> None:
        """Follow the log for ever."""
        after = await self._work.cursor(self.handler) or 0
        while True:
            batch = await patiently(lambda after=after: self._log.tail(after, BATCH_MAX), "reading the log")
            if not batch:
                await self._log.wait(after, WAIT_SECONDS)
                continue
            own = [s for s in batch if s.stream.startswith(f"{self._service}/") and not is_private(s.stream)]
            if own:
                await patiently(lambda own=own: self._bus.publish(own), "publishing")
            after = batch[-1].position
            await self._work.advance(self.handler, after)


def owners_of(handled: Iterable[type[Any]], service: str) -> set[str]:
    """The services whose events these are, without `service` itself."""
    return {event.owner for event in handled if event.owner not in (None, service)}
