"""Hearing: what other services published is appended to the own log, bytes unchanged.

The log's uniqueness is the inbox: a repeat is a success. What comes from the wrong owner or is no envelope is put
aside for an operator; a missing predecessor is a gap; two events at one place stop the topic that they came from.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from aktenlauf.contracts.envelope import RECORD_BYTES_MAX, TYPE_PREFIX, NotAnEnvelope, is_private, parse
from aktenlauf.kit.bus import Delivery
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.log import EventLog, Heard
from aktenlauf.kit.logs import logger
from aktenlauf.kit.sealing import event_of
from aktenlauf.kit.telemetry import BUS_ERRORS
from aktenlauf.kit.work import Aside, Standing, Work

HANDLER = "hear"
_log = logger(__name__)


class Hearing:
    """The receiving end of the bus for one service."""

    def __init__(
        self,
        log: EventLog,
        work: Work,
        clock: Clock,
        service: str = "",
        halted: Callable[[str], None] = lambda owner: None,
    ) -> None:
        """`halted` is told whose topic contradicts the log, and is read no further."""
        self._log, self._work, self._clock, self._service = log, work, clock, service
        self._halted = halted

    async def receive(self, deliveries: Sequence[Delivery]) -> None:
        """Append a batch. Raises Halt where the log contradicts it, Unavailable where it cannot be stored now."""
        accepted: list[bytes] = []
        for delivery in deliveries:
            if fault := fault_of(delivery, self._service):
                await self._put_aside(delivery, fault)
            else:
                accepted.append(delivery.record)
        try:
            found = await self._log.hear(accepted)
        except Halt:
            owner = deliveries[0].owner
            _log.critical("a topic contradicts the log: it is read no further", service=self._service, owner=owner)
            self._halted(owner)
            raise
        metas = [parse(record).meta for record in accepted]
        for meta, heard in zip(metas, found, strict=True):
            if heard is Heard.GAP:
                _log.error("gap", stream=meta.stream.rsplit("/", 1)[0], version=meta.version)  # which one: `Work.gaps`
                await self._work.gap(meta.stream, meta.version, self._clock())
        await self._forget_gaps({meta.stream for meta in metas})

    async def _forget_gaps(self, streams: set[str]) -> None:
        """Also of what was known: the process may have died between hearing and this."""
        for stream, version in await self._work.gaps():
            if stream in streams and await self._log.version(stream) >= version:
                await self._work.filled(stream, version)

    async def lacks(self, delivery: Delivery) -> bool:
        """Whether this would be accepted, and is not in the log."""
        if fault_of(delivery, self._service):
            return False
        meta = parse(delivery.record).meta
        return await self._log.version(meta.stream) < meta.version

    async def _put_aside(self, delivery: Delivery, fault: str) -> None:
        BUS_ERRORS.add(1, {"what": "not accepted"})
        _log.error("not accepted from the bus", place=delivery.place)  # the fault may name a case: see `parked`
        position = -int.from_bytes(sha256(delivery.place.encode()).digest()[:6])  # the same for the same place
        aside = Aside(HANDLER, delivery.place, position, delivery.record, Standing.PARKED, fault, self._clock())
        await self._work.advance(HANDLER, 0, [aside])


def fault_of(delivery: Delivery, hearer: str = "") -> str | None:
    """Why `hearer` cannot accept a delivery, or None.

    Topic owner, source, type and first part of the stream must agree. A private stream is for its owner alone.
    """
    if len(delivery.record) > RECORD_BYTES_MAX:
        return f"{len(delivery.record)} bytes are above the limit of {RECORD_BYTES_MAX}"
    try:
        record = parse(delivery.record)
        meta, sealed = record.meta, record.data.get("sealed")
        moved = sealed is not None and event_of(str(sealed)) != meta.id
    except NotAnEnvelope as error:
        return f"no envelope: {error}"
    except ValueError as error:
        return f"sealed: {error}"
    owners = {
        delivery.owner,
        meta.source,
        meta.stream.split("/", 1)[0],
        meta.type.removeprefix(TYPE_PREFIX).split(".")[0],
    }
    if len(owners) > 1:
        return (
            f"topic of {delivery.owner}, source {meta.source}, type {meta.type}, stream {meta.stream}: they must agree"
        )
    if is_private(meta.stream) and delivery.owner != hearer:
        return f"{meta.stream} is private and was published"
    return "its sealed part belongs to another event" if moved else None
