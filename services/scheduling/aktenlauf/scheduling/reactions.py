"""What scheduling does when something happened, and when an offer ends. The saga of booking is in `domain`."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any

from aktenlauf.contracts.common import ErasureOrdered
from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.contracts.intake import ApplicationSubmitted, ApplicationWithdrawn
from aktenlauf.contracts.review import AppointmentRequired
from aktenlauf.contracts.scheduling import (
    AppointmentCancelled,
    AppointmentMoved,
    Slot,
    SlotChosen,
    SlotDenied,
    SlotTaken,
)
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.views import Document
from aktenlauf.scheduling.calendar import BERLIN
from aktenlauf.scheduling.domain import (
    CancelAppointment,
    ConfirmChoice,
    ExpireOffer,
    LoseChoice,
    OfferAppointment,
    ReleaseSlot,
    TakeSlot,
    berlin_day,
)
from aktenlauf.scheduling.views import offers_due

OFFER_DAYS = 14
"""How long an applicant may choose; a choice of ours, not of law."""

reactions = Reactions("reactions")
erasure.register(reactions, stored=None)


@reactions.on(AppointmentRequired, name="offer-appointment")
async def offer(event: AppointmentRequired, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Invite whoever applied. Nobody is invited in a case that was withdrawn before review knew of it."""
    heard = [parse(s.record).event for s in await service.ports.log.read(f"intake/application/{meta.case}")]
    application = next((e for e in heard if isinstance(e, ApplicationSubmitted)), None)
    if application is None:
        raise NotYet("the application")
    if any(isinstance(e, ApplicationWithdrawn) for e in heard):
        return
    yield do(
        OfferAppointment,
        case=meta.case,
        offer=derived_id(meta.id, "offer"),
        purpose=event.purpose,
        office=event.office,
        party=application.party,
        minutes=event.minutes,
        until=last_moment(meta.at),
    )


def last_moment(offered: datetime) -> datetime:
    """The last second of the last day to choose, in Berlin: a page names the day, and all of it must count."""
    day = berlin_day(offered) + timedelta(days=OFFER_DAYS)
    return datetime.combine(day, time(23, 59, 59), tzinfo=BERLIN)


@reactions.on(SlotChosen, name="take-slot")
async def take(event: SlotChosen, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Ask the day for the place."""
    yield do(TakeSlot, **_at_day(event.slot), case=meta.case, choice=event.choice, start=event.slot.start)


@reactions.on(SlotTaken, name="confirm-choice")
async def confirm(event: SlotTaken, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The day gave the place."""
    yield do(ConfirmChoice, case=event.case, choice=event.choice)


@reactions.on(SlotDenied, name="lose-choice")
async def lose(event: SlotDenied, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Somebody was faster."""
    yield do(LoseChoice, case=event.case, choice=event.choice)


@reactions.on(AppointmentMoved, AppointmentCancelled, name="release-slot")
async def release(
    event: AppointmentMoved | AppointmentCancelled, meta: Meta, do: Do, service: Any
) -> AsyncIterator[Command]:
    """Give the old place to others, now that it is certain that this case does not need it."""
    slot, choice = event.released, event.released_choice
    if slot is not None and choice is not None:
        yield do(ReleaseSlot, **_at_day(slot), case=meta.case, choice=choice, start=slot.start)


@reactions.on(ApplicationWithdrawn, name="cancel-withdrawn")
async def cancel_withdrawn(event: ApplicationWithdrawn, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Nobody needs to come any more."""
    yield do(CancelAppointment, case=meta.case, reason="withdrawn")


@reactions.on(ErasureOrdered, name="cancel-erased")
async def cancel_erased(event: ErasureOrdered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """A place must not stay taken for somebody whom nobody knows any more."""
    yield do(CancelAppointment, case=meta.case, reason="erased")


@reactions.when_due(offers_due, name="expire-offer")
async def expire(case: str, doc: Document, do: Do, service: Any) -> AsyncIterator[Command]:
    """The time to choose is over."""
    yield do(ExpireOffer, case=case, offer=doc["offer"])


def _at_day(slot: Slot) -> dict[str, Any]:
    """Which day stream a slot belongs to: that of its date in Berlin, not in UTC."""
    return {"office": slot.office, "place": slot.place, "day": berlin_day(slot.start)}
