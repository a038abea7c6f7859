"""The exchange of one case with systems outside: what was prepared, sent, received.

A message is prepared once (its id follows from the event that caused it), checked against the official schema before it
waits for its way out, and recorded as sent when it lies at the hand-over point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import (
    Direction,
    MessagePrepared,
    MessageReceived,
    MessageRefused,
    MessageSent,
    ReceivedContent,
)
from aktenlauf.kit.decider import Command, Decider, Event


class OfExchange(Command):
    """A command to the exchange of one case."""

    stream: ClassVar[str] = "xoev-gateway/exchange/{case}"
    case: str
    message: str


class PrepareMessage(OfExchange):
    """A message was written."""

    type: Literal["130101", "130102", "130103", "130104", "130105", "130111"]
    direction: Direction
    trigger: str | None
    checked: bool
    document: DocumentRef
    blobs: tuple[str, ...]
    file: SealedFile


class RecordSent(OfExchange):
    """The message lies at the hand-over point."""


class RefuseMessage(OfExchange):
    """The message cannot go on."""

    reason: str


class ReceiveMessage(OfExchange):
    """A message of the office's own system was read."""

    type: Literal["130102", "130104", "130105"]
    trigger: str | None
    status: str | None
    deadline: date | None
    document: DocumentRef
    blobs: tuple[str, ...]
    content: ReceivedContent


@dataclass(frozen=True)
class Exchange:
    """State of one case's exchange: which messages are where."""

    prepared: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    received: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


def decide(command: OfExchange, state: Exchange) -> Sequence[Event]:
    """Events that follow; a repetition follows nothing."""
    message = command.message
    match command:
        case PrepareMessage():
            return [] if message in state.prepared else [_prepared(command)]
        case RecordSent():
            waits = message in state.prepared and message not in state.sent
            return [MessageSent(message=message)] if waits else []
        case RefuseMessage():
            return [] if message in state.refused else [MessageRefused(message=message, reason=command.reason)]
        case ReceiveMessage():
            return [] if message in state.received else [_received(command)]
    raise TypeError(type(command).__name__)


def _prepared(command: PrepareMessage) -> MessagePrepared:
    return MessagePrepared(
        message=command.message,
        type=command.type,
        direction=command.direction,
        trigger=command.trigger,
        checked=command.checked,
        document=command.document,
        blobs=list(command.blobs),
        sealed=Sealed.of(command.file),
    )


def _received(command: ReceiveMessage) -> MessageReceived:
    return MessageReceived(
        message=command.message,
        type=command.type,
        trigger=command.trigger,
        status=command.status,
        deadline=command.deadline,
        document=command.document,
        blobs=list(command.blobs),
        sealed=Sealed.of(command.content),
    )


def evolve(state: Exchange, event: Event) -> Exchange:
    """The state after `event`."""
    match event:
        case MessagePrepared():
            return replace(state, prepared=state.prepared | {event.message})
        case MessageSent():
            return replace(state, sent=state.sent | {event.message})
        case MessageRefused():
            return replace(state, refused=state.refused | {event.message})
        case MessageReceived():
            return replace(state, received=state.received | {event.message})
    return state


EXCHANGE: Decider[Exchange] = Decider(Exchange, decide, evolve, belongs_to=lambda state: ((), ()))

DECIDERS: dict[type[Command], Decider[Any]] = dict.fromkeys(OfExchange.__subclasses__(), EXCHANGE)
