"""What the pages show: the appointment of each case, the places of each day, and the offers that end.

`appointments` has one document a case:

    state       none, offered, pending, booked, lost, expired, cancelled, attended
    slot        the booked place {office, place, start, minutes}, also while a move is pending; else None
    pending     {choice, slot, needs} that waits for the day's answer
    needs       token of what the applicant needs at the booked appointment, else None
    lost        the slot that somebody else got, until the next choice
    history     [{what, at, slot?, reason?, came?}], oldest first
    sealed      token of the applicant's content, for the office's day list

ApplicationSubmitted is another service's, so it may come before or after everything else.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from aktenlauf.contracts.common import PersonalDataErased
from aktenlauf.contracts.envelope import Meta, timestamp
from aktenlauf.contracts.intake import ApplicationSubmitted, MessageDelivered, MessageRead
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    AttendanceRecorded,
    CapacityClosed,
    CapacityOpened,
    ChoiceLost,
    OfferExpired,
    Slot,
    SlotChosen,
    SlotReleased,
    SlotTaken,
)
from aktenlauf.kit.scope import Scope
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import DELETE, Document, Query, View
from aktenlauf.kit.web.unread import unread_messages
from aktenlauf.scheduling.calendar import BERLIN

appointments = View("appointments", version=2, indexes=("start",))
"""`start` is that of the booked slot (UTC): the order of an office's day."""

days = View("days", version=1)
"""One document a day of a counter group, under `day_key`: {starts: {start: places}, taken: {choice: start}, closed}."""

offers_due = View("offers_due", version=1, indexes=("due",))
"""Offers that nobody has answered; `due` is None while an appointment is booked."""

DRAFTS_OWNER = "intake"
"""Erases drafts, which have no appointment; what was submitted is erased by review."""
unread = unread_messages(ApplicationSubmitted, MessageDelivered, MessageRead)

_DAY_STREAM = "scheduling/day/"


# --- appointments -------------------------------------------------------------------------------------------------


@appointments.on(ApplicationSubmitted)
def show_applicant(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(case=meta.case, number=event.number, service=event.service, sealed=event.sealed.token)
    doc.update(parties=[event.party], offices=sorted({event.office, *doc.get("offices", ())}))
    doc.setdefault("state", "none")


@appointments.on(AppointmentOffered)
def show_offer(doc: Document, event: AppointmentOffered, meta: Meta) -> None:
    doc["offices"] = sorted({event.office, *doc.get("offices", ())})
    doc.update(office=event.office, purpose=event.purpose, minutes=event.minutes, until=timestamp(event.until))
    doc.update(state="offered", slot=None, start=None, needs=None, pending=None, lost=None, came=None, reason=None)
    _remember(doc, "offered", meta)


@appointments.on(SlotChosen)
def show_choice(doc: Document, event: SlotChosen, meta: Meta) -> None:
    needs = event.sealed.token if event.sealed else None
    pending = {"choice": event.choice, "slot": slot_data(event.slot), "needs": needs}
    doc.update(state="pending", pending=pending, lost=None)
    _remember(doc, "chosen", meta, slot=slot_data(event.slot))


@appointments.on(AppointmentBooked, AppointmentMoved)
def show_booking(doc: Document, event: AppointmentBooked | AppointmentMoved, meta: Meta) -> None:
    slot = slot_data(event.slot)
    needs = doc["pending"]["needs"]
    doc.update(state="booked", slot=slot, start=slot["start"], needs=needs, choice=event.choice, pending=None)
    _remember(doc, "booked" if isinstance(event, AppointmentBooked) else "moved", meta, slot=slot)


@appointments.on(ChoiceLost)
def show_loss(doc: Document, event: ChoiceLost, meta: Meta) -> None:
    if doc["state"] == "pending":  # else the offer ended meanwhile
        doc["state"] = "booked" if doc["slot"] else "lost"
    doc.update(pending=None, lost=slot_data(event.slot))
    _remember(doc, "lost", meta, slot=slot_data(event.slot))


@appointments.on(AppointmentCancelled)
def show_cancellation(doc: Document, event: AppointmentCancelled, meta: Meta) -> None:
    doc["state"] = "offered" if event.reason == "applicant" else "cancelled"
    doc.update(reason=event.reason, slot=None, start=None, needs=None, pending=None)
    _remember(doc, "cancelled", meta, reason=event.reason)


@appointments.on(OfferExpired)
def show_expiry(doc: Document, event: OfferExpired, meta: Meta) -> None:
    doc["state"] = "expired"
    _remember(doc, "expired", meta)


@appointments.on(AttendanceRecorded)
def show_attendance(doc: Document, event: AttendanceRecorded, meta: Meta) -> None:
    doc.update(state="attended", came=event.came)
    _remember(doc, "attended", meta, came=event.came)


@appointments.on(PersonalDataErased)
def show_erasure(doc: Document, event: PersonalDataErased, meta: Meta) -> object:
    if meta.source == DRAFTS_OWNER:
        return DELETE
    doc["erased_at"] = meta.time
    return None


def slot_data(slot: Slot) -> dict[str, Any]:
    """A slot as documents hold it; `start` as text that sorts by time."""
    return {"office": slot.office, "place": slot.place, "start": timestamp(slot.start), "minutes": slot.minutes}


def _remember(doc: Document, what: str, meta: Meta, **more: Any) -> None:
    doc["version"] = meta.version
    doc.setdefault("history", []).append({"what": what, "at": meta.time, **more})


async def appointments_of_day(service: Service, scope: Scope, day: date) -> list[Document]:
    """All that are booked on this day, in order of time."""
    first, last = (timestamp(datetime.combine(each, time(), tzinfo=BERLIN)) for each in (day, day + timedelta(days=1)))
    found: list[Document] = []
    after = None
    while True:
        query = Query(order="start", at_least=first, below=last, after=after, limit=200)
        part = await service.page(appointments, scope, query)
        found += part.documents
        after = part.after
        if after is None:
            return found


# --- days ---------------------------------------------------------------------------------------------------------


def day_key(office: str, place: str, day: object) -> str:
    """Key of a day's document; its dates sort within one place."""
    return f"{office}/{place}/{day}"


def _by_day(event: object, meta: Meta) -> str:
    return meta.stream.removeprefix(_DAY_STREAM)


@days.on(CapacityOpened, key=_by_day)
def open_day(doc: Document, event: CapacityOpened, meta: Meta) -> None:
    starts = {timestamp(datetime.fromisoformat(start)): places for start, places in event.starts.items()}
    doc.update(offices=[event.office], office=event.office, place=event.place, day=event.day.isoformat())
    doc.update(starts=starts, minutes=event.minutes, closed=None, taken={})


@days.on(CapacityClosed, key=_by_day)
def close_day(doc: Document, event: CapacityClosed, meta: Meta) -> None:
    doc["closed"] = event.reason


@days.on(SlotTaken, key=_by_day)
def take_place(doc: Document, event: SlotTaken, meta: Meta) -> None:
    doc["taken"][event.choice] = timestamp(event.start)


@days.on(SlotReleased, key=_by_day)
def release_place(doc: Document, event: SlotReleased, meta: Meta) -> None:
    doc["taken"].pop(event.choice, None)


def free_places(day: Document) -> dict[str, int]:
    """Places left by start; empty on a closed day."""
    if day["closed"] is not None:
        return {}
    taken = list(day["taken"].values())
    left = {start: places - taken.count(start) for start, places in day["starts"].items()}
    return {start: places for start, places in left.items() if places > 0}


# --- offers that end ----------------------------------------------------------------------------------------------


@offers_due.on(AppointmentOffered)
def await_answer(doc: Document, event: AppointmentOffered, meta: Meta) -> None:
    doc.update(offer=event.offer, until=timestamp(event.until), due=timestamp(event.until))


@offers_due.on(AppointmentBooked)
def answered(doc: Document, event: AppointmentBooked, meta: Meta) -> None:
    doc["due"] = None


@offers_due.on(AppointmentCancelled)
def given_back(doc: Document, event: AppointmentCancelled, meta: Meta) -> object:
    if event.reason != "applicant":
        return DELETE
    doc["due"] = doc["until"]  # the invitation stands again, for as long as it did
    return None


@offers_due.on(OfferExpired)
def ended(doc: Document, event: OfferExpired, meta: Meta) -> object:
    return DELETE
