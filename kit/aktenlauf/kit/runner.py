"""Runs commands: load, decide, append. The one way by which a service's own events come to be.

A command sent twice is done once: its id is unique in its stream. The same id with another content is refused, as it
is a client's error that must not pass as success.
"""

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aktenlauf.contracts.envelope import Event, encode, is_private, parse, sealed_of
from aktenlauf.contracts.errors import Code
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.errors import Conflict, NotFound, Refused, Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import Appended, EventLog
from aktenlauf.kit.scope import System, permits
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.telemetry import APPEND_SECONDS, step, traceparent

CONFLICTS_MAX = 5
"""Reloads before a request is told to try again; between processes only, inside one the commands of a stream queue."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command. `events` is empty when it was repeated or had nothing to change."""

    stream: str
    version: int
    events: Sequence[Event] = ()
    repeated: bool = False


class Runner:
    """The command runner of one service. `deciders` maps command classes to their decider."""

    def __init__(
        self, service: str, log: EventLog, sealing: Sealing, deciders: Mapping[type[Command], Decider[Any]]
    ) -> None:
        self._service, self._log, self._sealing, self._deciders = service, log, sealing, deciders
        self._queues: dict[str, tuple[asyncio.Lock, int]] = {}

    async def run(self, command: Command) -> Outcome:
        """Carry out one command.

        Raises Refused, NotFound (the scope does not fit), CommandReused, Erased (the case's key is destroyed),
        Unavailable.
        """
        decider = self._deciders[type(command)]
        stream = command.stream_name()
        if not stream.startswith(f"{self._service}/"):
            raise ValueError(f"{type(command).__name__} is for {stream}, which {self._service} does not own")
        with step(type(command).__name__, command.subject()):
            return await self._run(command, decider, stream)

    async def _run(self, command: Command, decider: Decider[Any], stream: str) -> Outcome:
        digest = await self._digest(command)
        async with self._in_turn(stream):
            for attempt in range(CONFLICTS_MAX + 1):
                if earlier := await self._log.known(stream, command.id, digest):
                    return _repeated(earlier)
                try:
                    return await self._attempt(command, decider, stream, digest)
                except Conflict:  # a moment for the other process, a longer one each time, or it is faster again
                    await asyncio.sleep(random.uniform(0.001, 0.002) * 2**attempt)  # noqa: S311 no secret
        raise Unavailable(f"{stream} is written by many at once", retry_after=1)

    async def state(self, decider: Decider[Any], stream: str) -> tuple[Any, int]:
        """State and version of a stream, for pages that show what a form is made from."""
        state, version, *_ = await self._load(decider, stream, None, "")
        return state, version

    async def _attempt(self, command: Command, decider: Decider[Any], stream: str, digest: bytes) -> Outcome:
        state, version, changed, done = await self._load(decider, stream, command.seen, command.id)
        if done:
            return Outcome(stream, done, repeated=True)
        if version and not permits(command.scope, *decider.belongs_to(state)):
            raise NotFound(stream)
        if changed:
            raise Refused(Code.CHANGED)
        events = decider.decide(command, state)
        if not events:
            return Outcome(stream, version)
        for event in events:
            state = decider.evolve(state, event)
        offices, _ = decider.belongs_to(state)
        encoded = [await self._encode(command, event, stream, offices[0] if offices else None) for event in events]
        began = time.perf_counter()
        appended = await self._log.append(stream, version, encoded, command.id, digest)
        APPEND_SECONDS.record(time.perf_counter() - began, {"service": self._service})
        return _repeated(appended) if appended.repeated else Outcome(stream, appended.version, events)

    async def _load(
        self, decider: Decider[Any], stream: str, seen: int | None, command_id: str
    ) -> tuple[Any, int, bool, int]:
        """State, version, whether what matters came since `seen`, and the version that this command once led to or 0.

        That one tells of events that came back over the bus after a restore: their commands `known` does not know.
        """
        state, version, changed, done = decider.initial(), 0, False, 0
        for stored in await self._log.read(stream):
            record = parse(stored.record)
            event, version = record.event, stored.version
            if record.meta.causationid == command_id:
                done = version
            if event is not None:
                state = decider.evolve(state, event)
                changed |= seen is not None and version > seen and type(event) in decider.matters
        return state, version, changed, done

    async def _encode(self, command: Command, event: Event, stream: str, office: str | None) -> bytes:
        event_id = new_id()
        sealed = sealed_of(event)
        if sealed is not None and sealed.plain is not None:
            token = await self._sealing.seal(sealed.plain, command.key_name(), event_id)
            event = event.model_copy(update={"sealed": sealed.sealed_as(token)})
        return encode(
            event,
            service=self._service,
            stream=stream,
            event_id=event_id,
            time=command.at,
            subject=None if is_private(stream) else command.subject(),
            office=office,
            causationid=command.id,
            correlationid=command.correlation or command.id,
            actor=command.actor,
            traceparent=traceparent(),
        )

    async def _digest(self, command: Command) -> bytes:
        """Of the content. Empty for commands of the system: there a known id is done, whatever the content."""
        if isinstance(command.scope, System):
            return b""
        secret = await self._sealing.keyring.create("installation/command-digest")
        payload = f"{type(command).__name__}{sorted(command.substance().items())!r}".encode()
        return hmac.new(secret, payload, hashlib.sha256).digest()[:16]

    @asynccontextmanager
    async def _in_turn(self, stream: str) -> Any:
        """Commands of one stream queue up inside this process."""
        lock, users = self._queues.get(stream, (asyncio.Lock(), 0))
        self._queues[stream] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._queues[stream]
            if users == 1:
                del self._queues[stream]
            else:
                self._queues[stream] = (lock, users - 1)


def _repeated(appended: Appended) -> Outcome:
    return Outcome(appended.stream, appended.version, repeated=True)
