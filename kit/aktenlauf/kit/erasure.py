"""Erasing a case: order, clear, destroy the key, certify.

    ErasureOrdered (by review, for drafts by intake) -> every service clears drafts, mails, blobs, hand-over points
                                                     -> the service that ordered destroys the keys: KeysDestroyed
    no cache holds them any more                     -> PersonalDataErased

The history stays readable: what was sealed shows as erased. All steps may run again without harm. What was under way
when the order came (a receipt being typeset, a mail being sent) is cleared by whoever finishes it.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.common import ErasureOrdered, KeysDestroyed, PersonalDataErased
from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.keyring import CACHE_SECONDS, is_erased
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


class RecordDestruction(Command):
    """The keys are destroyed: `at` is a time at which they were."""

    stream: ClassVar[str] = "{service}/erasure/{case}"
    service: str
    case: str


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
    destroyed: bool = False
    certified: bool = False


def decide(command: OrderErasure | RecordDestruction | CertifyErasure, erasure: Erasure) -> Sequence[Event]:
    """Once ordered, once destroyed, once certified."""
    match command:
        case OrderErasure():
            if erasure.ordered:
                return []
            certify_at = command.at + CERTIFY_AFTER
            return [ErasureOrdered(reason=command.reason, keys=list(command.keys), certify_at=certify_at)]
        case RecordDestruction():
            return [] if erasure.destroyed else [KeysDestroyed(certify_at=command.at + CERTIFY_AFTER)]
        case CertifyErasure():
            return [] if erasure.certified else [PersonalDataErased(ordered=command.ordered)]


def evolve(erasure: Erasure, event: Event) -> Erasure:
    """The state after `event`."""
    match event:
        case ErasureOrdered():
            return replace(erasure, ordered=True)
        case KeysDestroyed():
            return replace(erasure, destroyed=True)
        case PersonalDataErased():
            return replace(erasure, certified=True)
    return erasure


DECIDER: Decider[Erasure] = Decider(Erasure, decide, evolve, belongs_to=lambda erasure: ((), ()))
DECIDERS: dict[type[Command], Decider[Any]] = dict.fromkeys((OrderErasure, RecordDestruction, CertifyErasure), DECIDER)

erasures_due = View("erasures_due", version=3, indexes=("due",))
"""Orders that are not certified yet; `due` once the keys are destroyed."""


@erasures_due.on(ErasureOrdered)
def order(doc: dict[str, Any], event: ErasureOrdered, meta: Meta) -> None:
    """Remember what to certify."""
    doc.update(ordered=meta.id, service=meta.source, keys=event.keys)


@erasures_due.on(KeysDestroyed)
def destroyed(doc: dict[str, Any], event: KeysDestroyed, meta: Meta) -> None:
    """Remember when."""
    doc["due"] = event.model_dump(mode="json")["certify_at"]


@erasures_due.on(PersonalDataErased)
def certify(doc: dict[str, Any], event: PersonalDataErased, meta: Meta) -> object:
    """Done."""
    return DELETE


def stored_blobs(name: str, *events: type[Event]) -> View:
    """A view of the objects that these own events put into storage, per case: {blobs: [name, ...], erased}."""
    view = View(name, version=2)

    @view.on(*events)
    def remember(doc: dict[str, Any], event: Any, meta: Meta) -> None:
        doc.setdefault("blobs", []).extend(event.blobs)

    @view.on(ErasureOrdered)
    def close(doc: dict[str, Any], event: ErasureOrdered, meta: Meta) -> None:
        doc["erased"] = True

    return view


async def is_ordered(service: Any, case: str) -> bool:
    """Whether this service knows that the case is to be erased, by its log: no view need have caught up."""
    for owner in (service.name, *service.definition.hears):
        if await service.ports.log.version(f"{owner}/erasure/{case}"):
            return True
    return False


def register(reactions: Reactions, stored: View | None) -> None:
    """Add to a service's reactions what every service does when an erasure is ordered."""

    @reactions.on(ErasureOrdered, name="erase")
    async def erase(event: ErasureOrdered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
        ports, is_own = service.ports, meta.source == service.name
        for key in event.keys if is_own else ():
            await ports.keyring.destroy(key)
        at = ports.clock()  # not the time of the order: this may have had to wait
        await ports.drafts.delete(meta.case)
        await ports.mailer.clear(meta.case)
        if stored is not None:
            doc = await service.find(stored, System("erase"), meta.case)
            await _delete(ports, (doc or {}).get("blobs", ()))
        if is_own:
            yield do(RecordDestruction, service=service.name, case=meta.case).model_copy(update={"at": at})

    if stored is not None:

        @reactions.effect(*stored.events - {ErasureOrdered}, name="erase-late")
        async def erase_late(event: Any, meta: Meta, service: Any) -> None:
            """An object that was stored while its case was being erased: `erase` did not know of it yet."""
            doc = await service.find(stored, System("erase"), meta.case)
            if doc and doc.get("erased"):
                await _delete(service.ports, event.blobs)

    @reactions.when_due(erasures_due, name="certify-erasure")
    async def certify_when_due(key: str, doc: dict[str, Any], do: Do, service: Any) -> AsyncIterator[Command]:
        destroyed = [await is_erased(service.ports.keyring, key) for key in doc["keys"]]
        if doc["service"] == service.name and all(destroyed):  # else `erase` waits or is parked: it says so itself
            yield do(CertifyErasure, service=service.name, case=key, ordered=doc["ordered"])


async def _delete(ports: Any, blobs: Iterable[str]) -> None:
    for blob in blobs:
        await ports.blobs.delete(blob)
