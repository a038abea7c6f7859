"""The tail's reactions: what a service does, inside or outside, because something stands in its log.

Where several streams may be handled at once, they are done in any order. The cursor passes only what is done and all
before it, so a crash repeats what was done beyond it, without effect.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from aktenlauf.contracts.envelope import Record, parse
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.errors import Erased, NotYet
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.logs import describe, logger
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.reactions import Reaction, Reactions
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.tail import BATCH_MAX, WAIT_SECONDS, Progress, Rounds, by_group, group_of
from aktenlauf.kit.telemetry import SpanKind, step
from aktenlauf.kit.work import Aside, Place, Standing, Work

NOT_YET_MAX = timedelta(hours=24)
_log = logger(__name__)


def is_erasure(stream: str) -> bool:
    """Whether the stream orders and certifies the erasure of a case (`review/erasure/{case}`)."""
    return stream.split("/", 2)[1] == "erasure"


class ReactionTail:
    """Runs the reactions (or deliveries) of a service."""

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
        self._stopped: dict[str, str] = {}  # group whose records are put aside, in order -> its case
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._place = Place(work, self._handler)
        self._read = 0
        """Position up to which records were begun."""
        # One worker stays free for whoever waits for an answer: the check of an upload.
        self._at_once = reactions.at_once or max(1, ports.ports.workers.size - 1)
        self._lanes = asyncio.Semaphore(self._at_once)
        self._under_way: dict[int, tuple[str, asyncio.Task[None]]] = {}
        """Position -> stream and task of what runs in a lane."""
        self._rounds = Rounds()
        self.prepared = False
        """Whether it knows where to go on."""
        self.progress = Progress()

    async def ran_before(self) -> bool:
        """Whether it has a place in the log already."""
        return await self._work.cursor(self._handler) is not None

    async def prepare(self) -> None:
        """Read the cursor. A handler that never ran starts at the head: what was before is not its business."""
        if not await self.ran_before():
            await self._work.begin(self._handler, await self._log.head())
        await self._place.read()
        self._read = self._place.position
        rows = await self._work.aside(self._handler)
        self._stopped = {row.group: group_of(parse(row.record).meta) for row in rows}
        self.prepared = True
        await self.progress.move(self._read)

    async def run(self) -> None:
        """Follow the log for ever."""
        try:
            async with asyncio.TaskGroup() as lanes:
                await self._follow(lanes)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _follow(self, lanes: asyncio.TaskGroup) -> None:
        while True:
            batch = await patiently("reading the log", self._log.tail, self._read, BATCH_MAX)
            acted = [await self._begin(lanes, stored) for stored in batch]
            await self._move(any(acted))
            if len(batch) == BATCH_MAX:
                continue
            await self._retry_now_and_then()
            if not await patiently("waiting for the log", self._log.wait, self._read, WAIT_SECONDS):
                await patiently(self._handler, self._place.store)

    async def _begin(self, lanes: asyncio.TaskGroup, stored: Stored) -> bool:
        """Take one record, at once or, where several may be under way, in a lane; whether something was done here."""
        record = parse(stored.record, stored.position)
        acted = False
        if self._at_once == 1:
            acted = await self._take(stored, record)
        elif self._reactions.of(record.meta) or self._stopped_of(group_of(record.meta)):
            await self._lanes.acquire()
            before = [task for stream, task in self._under_way.values() if stream == stored.stream]
            task = lanes.create_task(self._take_in_lane(stored, record, before))
            self._under_way[stored.position] = (stored.stream, task)
        self._read = stored.position
        return acted

    async def _take_in_lane(self, stored: Stored, record: Record, before: Sequence[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        await self._take(stored, record)
        del self._under_way[stored.position]
        self._lanes.release()
        await self._move(True)

    async def _move(self, acted: bool) -> None:
        """To right before the first record that is still under way."""
        done = min(self._under_way, default=self._read + 1) - 1
        if done > self._place.position:
            await patiently(self._handler, partial(self._place.move, done, acted=acted))
            await self.progress.move(done)

    async def _take(self, stored: Stored, record: Record) -> bool:
        """Handle one record, or put it aside; then see whether something of its case need not wait any more.

        Gives whether it concerned this handler.
        """
        waiting = self._stopped_of(group_of(record.meta))
        wanted = bool(self._reactions.of(record.meta))
        if wanted:
            await self._handle(stored, record)
        if waiting:
            await self._views_at.reach(stored.position)  # what is waited for may be what this record brings to a view
        for group in waiting:
            await patiently(self._handler, self._retry, group)
        return wanted

    async def _handle(self, stored: Stored, record: Record) -> None:
        """Run the reactions to a record, or put it aside.

        What fails for good stops its case. What is not yet possible stops its stream only: what it waits for may
        be another reaction of the same case, and between streams no order is promised anyway.
        """
        case, stream = group_of(record.meta), record.meta.stream
        # An erasure is carried out also where its case is stopped: it must not wait for an operator.
        holding = (stream,) if is_erasure(stream) else (case, stream)
        async with self._turn(case):
            if held := next((group for group in holding if group in self._stopped), None):
                return await self._put_aside(held, case, stored, Standing.WAITING, "behind another")
        standing, error = await self._attempt(record)
        if standing is not None:
            async with self._turn(case):
                group = stream if standing is Standing.WAITING else case
                await self._put_aside(group, case, stored, standing, error)

    def _stopped_of(self, case: str) -> list[str]:
        return [group for group, of in self._stopped.items() if of == case]

    def _turn(self, case: str) -> asyncio.Lock:
        """To be held while the records put aside of a case change, so that none comes in behind one that is done."""
        return self._turns.setdefault(case, asyncio.Lock())

    async def _attempt(self, record: Record) -> tuple[Standing | None, str]:
        """Run all reactions to one record; a standing other than None says why it is not handled."""
        await self._views_at.reach(record.meta.position)
        for reaction in self._reactions.of(record.meta):
            try:
                await patiently(reaction.name, self._react, reaction, record)
            except NotYet as missing:
                return Standing.WAITING, f"{reaction.name}: not yet {missing}"
            except Exception as error:
                _log.error("a reaction failed", reaction=reaction.name, position=record.meta.position, error=error)
                return Standing.PARKED, f"{reaction.name}: {describe(error)}"
        return None, ""

    async def _react(self, reaction: Reaction, record: Record) -> None:
        """Run one reaction from its beginning; what it had done before a failure is known to the log.

        In a case that was erased meanwhile nothing can be sealed any more, and nobody is left for whom to do it.
        """
        event = record.event
        if event is None:
            return
        meta = record.meta
        try:
            with step(reaction.name, meta.subject, meta.traceparent, SpanKind.CONSUMER):
                async for command in reaction.run(event, meta, self._ports):
                    await self._runner.run(command)
        except Erased:
            _log.info("nothing follows in an erased case", reaction=reaction.name, position=record.meta.position)

    async def _put_aside(self, group: str, case: str, stored: Stored, standing: Standing, error: str) -> None:
        aside = Aside(self._handler, group, stored.position, stored.record, standing, error, self._clock())
        await patiently(self._handler, self._work.advance, self._handler, 0, [aside])
        self._stopped[group] = case

    async def _retry_now_and_then(self) -> None:
        """For what an operator marks: records that wait are tried again when something of their case comes."""
        if self._stopped:
            await self._rounds.now_and_then(partial(patiently, self._handler, self._retry_all))

    async def _retry_all(self) -> None:
        rows = by_group(await self._work.aside(self._handler))
        for group in sorted(self._stopped):
            await self._retry(group, rows.get(group, ()))

    async def _retry(self, group: str, rows: Sequence[Aside] = ()) -> None:
        """Try the records of a stopped group in order, as far as they go. `rows`: what was aside a moment ago."""
        case = self._stopped.get(group)
        if case is None:  # another lane was faster
            return
        async with self._turn(case):
            # None then does not mean none now: another lane may have stopped the group meanwhile.
            rows = rows or await self._work.aside(self._handler, group)
            while rows:
                for row in rows:
                    if not await self._settle(row):
                        return
                rows = await self._work.aside(self._handler, group)  # others may have come in behind them
            self._stopped.pop(group, None)

    async def _settle(self, row: Aside) -> bool:
        """Try one record that was put aside; False if its group stays stopped at it."""
        if row.standing is Standing.PARKED:
            return False
        if row.standing is not Standing.SKIP:
            standing, error = await self._attempt(parse(row.record, row.position))
            if standing is Standing.WAITING and self._clock() - row.since < NOT_YET_MAX:
                return False
            if standing is not None:
                await self._work.mark(self._handler, row.group, row.position, Standing.PARKED, error)
                return False
        await self._work.done(self._handler, row.position)
        return True
