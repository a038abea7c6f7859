"""The tail: everything that follows from a service's log.

Each handler reads the log with a cursor of its own: the views, the reactions (`reaction_tail`), the publisher. A
transient failure is tried again in place. A permanent one puts the record and that case's successors aside, so that one
case stops and the others go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aktenlauf.contracts.envelope import Meta, Record, parse, timestamp
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.logs import describe, logger
from aktenlauf.kit.patience import is_transient, patiently
from aktenlauf.kit.reactions import Due, Reactions
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.scope import System
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.views import PAGE_MAX, Change, Document, DocumentTooLarge, Held, Query, View, Views, apply, keys_of
from aktenlauf.kit.work import AHEAD_MAX, Aside, Place, Standing, Work

BATCH_MAX = 500
CATCH_UP_MAX = 2000
"""Records of one step of a rebuild: the more there are, the fewer times a busy case's document is written."""
WAIT_SECONDS = 1.0
ROUND_SECONDS = 1.0
"""Pause between two rounds over what stands aside."""
CLOCK_SECONDS = 1.0

_log = logger(__name__)


def group_of(meta: Meta) -> str:
    """What stops together: the case, or the stream of a private one."""
    return meta.subject or meta.stream


def by_group(rows: Sequence[Aside]) -> dict[str, list[Aside]]:
    """What was put aside, by group, each in order of position."""
    found: dict[str, list[Aside]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return found


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


class Rounds:
    """Over all records that stand aside, however much happens meanwhile: a second after the last, and never for more
    than a tenth of the time, as there may be very many."""

    def __init__(self) -> None:
        self._next_at = 0.0

    async def now_and_then(self, one: Callable[[], Awaitable[None]]) -> None:
        """Make a round, if it is time."""
        clock = asyncio.get_running_loop().time
        if (begun := clock()) >= self._next_at:
            await one()
            self._next_at = clock() + max(ROUND_SECONDS, 9 * (clock() - begun))


class ViewTail:
    """Keeps all views of a service up to date."""

    def __init__(
        self,
        log: EventLog,
        views: Views,
        declared: Sequence[View],
        work: Work,
        clock: Clock,
        sealing: Sealing | None = None,
    ) -> None:
        """`sealing` for views that read from seals; without it they take nothing from them."""
        self._log, self._views, self._declared, self._work, self._clock = log, views, declared, work, clock
        self._sealing = sealing
        self._cursors: dict[View, int] = {}
        self._stored: dict[View, int] = {}
        """The cursors as stored: behind, where the records since did not concern the view."""
        self._stopped: dict[View, dict[str, int]] = {}
        """Per group that stopped, the position from which on its records are put aside."""
        self._rounds = Rounds()
        self.progress = Progress()

    async def prepare(self) -> None:
        """Make the collections and read the cursors."""
        await self._views.prepare(self._declared)
        for view in self._declared:
            self._cursors[view] = self._stored[view] = await self._views.cursor(view)
            self._stopped[view] = {}
            for aside in await self._work.aside(_view_handler(view)):
                self._stopped[view].setdefault(aside.group, aside.position)
        await self.progress.move(self._behind)

    @property
    def _behind(self) -> int:
        return min(self._cursors.values(), default=0)

    async def catch_up(self) -> None:
        """Apply everything up to the head as it is now."""
        head = await patiently("reading the log", self._log.head)
        while self._declared and self._behind < head:
            await patiently("writing views", self._catch_up_some)

    async def older(self) -> Sequence[str]:
        """The collections of older programs that are there now."""
        return await patiently("looking for older views", self._views.older, self._declared)

    async def drop(self, collections: Sequence[str]) -> None:
        """Drop them."""
        if collections:
            await patiently("dropping older views", self._views.drop, collections)

    async def run(self) -> None:
        """Follow the log for ever."""
        after = self._behind
        while True:
            batch = await patiently("reading the log", self._log.tail, after, BATCH_MAX)
            if batch:
                await patiently("writing views", self._step, batch)
                after = batch[-1].position
            if len(batch) == BATCH_MAX:
                continue
            if any(self._stopped.values()):
                await self._rounds.now_and_then(partial(patiently, "replaying into views", self._replay))
            if not await patiently("waiting for the log", self._log.wait, after, WAIT_SECONDS):
                await patiently("writing views", self._store_cursors)

    async def _catch_up_some(self) -> None:
        await self._step(await self._log.tail(self._behind, CATCH_UP_MAX))

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
        if wanted or last - self._stored[view] >= AHEAD_MAX:
            while not await self._fold(view, records, batch, wanted, last):
                pass
            self._stored[view] = last
        self._cursors[view] = last

    async def _store_cursors(self) -> None:
        """Once it is quiet, so that a restart begins where this run ends."""
        for view, cursor in self._cursors.items():
            if cursor > self._stored[view] and await self._views.write(view, [], cursor):
                self._stored[view] = cursor

    async def _fold(
        self, view: View, records: Sequence[Record], batch: Sequence[Stored], wanted: Sequence[int], last: int
    ) -> bool:
        """Fold and write; False if it must be done again: another writer came first, or a record was put aside."""
        stopped = self._stopped[view]
        asides: list[Aside] = []
        keys: list[str] = []
        going: list[int] = []
        for i in wanted:
            meta = records[i].meta
            if meta.position >= stopped.get(group_of(meta), meta.position + 1):
                asides.append(self._aside(view, meta, batch[i].record, "behind another"))
                continue
            try:
                keys += keys_of(view, records[i])
            except Exception as error:
                return await self._stop(view, meta, batch[i].record, error)
            going.append(i)
        held = await self._views.load(view, keys) if keys else {}
        before = {key: value.position for key, value in held.items()}
        for i in going:
            try:
                apply(view, records[i], held, await view.read(records[i], self._sealing))
            except Exception as error:
                if is_transient(error):
                    raise
                return await self._stop(view, records[i].meta, batch[i].record, error)
        if asides:
            await self._work.advance(_view_handler(view), last, asides)
        try:
            return await self._views.write(view, _changes(held, before), last)
        except DocumentTooLarge as error:
            i = max(i for i in going if error.key in keys_of(view, records[i]))
            return await self._stop(view, records[i].meta, batch[i].record, error)

    async def _stop(self, view: View, meta: Meta, raw: bytes, error: Exception) -> bool:
        _log.error("a view cannot apply a record", view=view.name, position=meta.position, error=error)
        aside = self._aside(view, meta, raw, describe(error))
        await self._work.advance(_view_handler(view), 0, [aside])
        self._stopped[view][group_of(meta)] = meta.position
        return False

    def _aside(self, view: View, meta: Meta, raw: bytes, error: str) -> Aside:
        return Aside(_view_handler(view), group_of(meta), meta.position, raw, Standing.PARKED, error, self._clock())

    async def _replay(self) -> None:
        """Try what an operator has marked, in order; stop at the first that fails again."""
        for view in self._declared:
            if stopped := self._stopped[view]:
                rows = by_group(await self._work.aside(_view_handler(view)))
                for group in sorted(stopped):
                    await self._replay_group(view, group, rows.get(group, []))

    async def _replay_group(self, view: View, group: str, rows: Sequence[Aside]) -> None:
        name = _view_handler(view)
        if rows and rows[0].standing not in (Standing.REPLAY, Standing.SKIP):
            return
        for row in rows:
            if row.standing is not Standing.SKIP:
                try:
                    while not await self._apply_again(view, parse(row.record, row.position)):
                        pass
                except Exception as error:
                    if is_transient(error):
                        raise
                    await self._work.mark(name, group, row.position, Standing.PARKED, describe(error))
                    return
            await self._work.done(name, row.position)
        del self._stopped[view][group]

    async def _apply_again(self, view: View, record: Record) -> bool:
        held = await self._views.load(view, keys_of(view, record))
        before = {key: value.position for key, value in held.items()}
        apply(view, record, held, await view.read(record, self._sealing))
        return await self._views.write(view, _changes(held, before), 0)


def _view_handler(view: View) -> str:
    return f"view:{view.name}"


def _changes(held: dict[str, Held], before: dict[str, int]) -> list[Change]:
    return [
        Change(key, before.get(key, 0), value.position, value.document)
        for key, value in held.items()
        if value.position != before.get(key, 0)
    ]


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
            query = Query(order="due", below=below, limit=PAGE_MAX)
            while True:  # all pages: those that fail again and again must not hide the ones behind them
                page = await patiently(due.name, self._views.page, due.view, System(due.name), query)
                for key, document in zip(page.keys, page.documents, strict=True):
                    await self._fall(due, key, document)
                if page.after is None:
                    break
                query = replace(query, after=page.after)

    async def _fall(self, due: Due, key: str, document: Document) -> None:
        try:
            async for command in due.run(key, document, self._ports):
                await self._runner.run(command)
        except Exception as error:
            _log.error("what was due failed", name=due.name, error=error)


class Publisher:
    """Own events to the bus. Never passes over a record: if it cannot be published, it waits."""

    handler = "publisher"

    def __init__(self, service: str, log: EventLog, bus: Bus, work: Work) -> None:
        self._service, self._log, self._bus = service, log, bus
        self._place = Place(work, self.handler)

    @property
    def position(self) -> int:
        """Up to where all is published."""
        return self._place.position

    async def run(self) -> None:
        """Follow the log for ever."""
        await patiently("publishing", self._place.read)
        while True:
            await patiently("publishing", self._publish_some)

    async def _publish_some(self) -> None:
        batch = await self._log.tail(self._place.position, BATCH_MAX)
        own = [stored for stored in batch if stored.stream.startswith(f"{self._service}/")]
        if own:
            await self._bus.publish(own)
        if batch:
            await self._place.move(batch[-1].position, acted=bool(own))
        if len(batch) < BATCH_MAX and not await self._log.wait(self._place.position, WAIT_SECONDS):
            await self._place.store()
