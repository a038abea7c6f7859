"""Erasing a case: order, clear, destroy the key, certify.

    ErasureOrdered (by review, for drafts by intake) -> every service clears drafts, blobs, hand-over points
                                                     -> the service that ordered destroys the keys
    once no cache can hold a key any more            -> PersonalDataErased

The history stays readable: what was sealed shows as erased. All steps may run again without harm.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.common import ErasureOrdered, PersonalDataErased
from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.keyring import CACHE_SECONDS
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import DELETE, View

CERTIFY_AFTER = timedelta(seconds=CACHE_SECONDS + 5)


class OrderErasure(Command):
    """Erase the personal data of a case."""

    stream: ClassVar[str] = "{service}/erasure/{case}"
    service: str
    case: str
    keys: tuple[str, ...]
    reason: Literal["retention", "draft-deleted", "draft-expired", "request", "test"]


class CertifyErasure(Command):
    """State that it is done."""

    stream: ClassVar[str] = "{service}/erasure/{case}"
    service: str
    case: str
    ordered: str


@dataclass(frozen=True)
class Erasure:
    """State of one erasure stream."""

    ordered: bool = False
    certified: bool = False


def decide(command: OrderErasure | CertifyErasure, erasure: Erasure) -> Sequence[Event]:
    """Once ordered, once certified."""
    match command:
        case OrderErasure():
            if erasure.ordered:
                return []
            certify_at = command.at + CERTIFY_AFTER
            return [ErasureOrdered(reason=command.reason, keys=list(command.keys), certify_at=certify_at)]
        case CertifyErasure():
            return [] if erasure.certified else [PersonalDataErased(ordered=command.ordered)]


def evolve(erasure: Erasure, event: Event) -> Erasure:
    """The state after `event`."""
    match event:
        case ErasureOrdered():
            return replace(erasure, ordered=True)
        case PersonalDataErased():
            return replace(erasure, certified=True)
    return erasure


DECIDER: Decider[Erasure] = Decider(Erasure, decide, evolve, belongs_to=lambda erasure: ((), ()))
DECIDERS: dict[type[Command], Decider[Any]] = {OrderErasure: DECIDER, CertifyErasure: DECIDER}

erasures_due = View("erasures_due", version=1, indexes=("due",))
"""Orders of the own service whose certificate is due."""


@erasures_due.on(ErasureOrdered)
def order(doc: dict[str, Any], event: ErasureOrdered, meta: Meta) -> None:
    """Remember when to certify."""
    doc.update(due=event.model_dump(mode="json")["certify_at"], ordered=meta.id, service=meta.source)


@erasures_due.on(PersonalDataErased)
def certify(doc: dict[str, Any], event: PersonalDataErased, meta: Meta) -> object:
    """Done."""
    return DELETE


def stored_blobs(name: str, *events: type[Event]) -> View:
    """A view of the objects that these own events put into storage, for erasure: {blobs: [name, ...]} per case."""
    view = View(name, version=1)

    @view.on(*events)
    def remember(doc: dict[str, Any], event: Any, meta: Meta) -> None:
        doc.setdefault("blobs", []).extend(event.blobs)

    return view


def register(reactions: Reactions, stored: View | None) -> None:
    """Add to a service's reactions what every service does when an erasure is ordered."""

    @reactions.effect(ErasureOrdered, name="erase")
    async def erase(event: ErasureOrdered, meta: Meta, service: Any) -> None:
        ports = service.ports
        await ports.drafts.delete(meta.case)
        if meta.source == ports.service:
            await ports.mailer.clear(meta.case)
        if stored is not None:
            for blob in await _blobs(service, stored, meta.case):
                await ports.blobs.delete(blob)
        if meta.source == ports.service:
            for key in event.keys:
                await ports.keyring.destroy(key)

    @reactions.when_due(erasures_due, name="certify-erasure")
    async def certify_when_due(key: str, doc: dict[str, Any], do: Do, service: Any) -> AsyncIterator[Command]:
        if doc["service"] == service.name:
            yield do(CertifyErasure, service=service.name, case=key, ordered=doc["ordered"])


async def _blobs(service: Any, stored: View, case: str) -> list[str]:
    doc = await service.find(stored, System("erase"), case)
    return doc["blobs"] if doc else []
