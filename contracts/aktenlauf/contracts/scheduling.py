"""Events of scheduling: appointments of a case, and the places of a day.

Booking is a saga of two streams: the appointment stream checks the offer, the day stream checks the capacity.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from aktenlauf.contracts.common import Content
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.sealed import Sealed


class Slot(BaseModel):
    """A place in time at a counter group."""

    model_config = ConfigDict(frozen=True)

    office: str
    place: str
    """Key of the counter group in the office register."""
    start: datetime
    """Aware, UTC."""
    minutes: int


Need = Literal["step-free", "sign-language", "little-german", "companion"]


class Needs(Content):
    """What the applicant needs at the counter. May tell of a disability (Art. 9 GDPR), so it is always sealed."""

    needs: list[Need]


class AppointmentOffered(Event):
    """The applicant may choose a slot until `until`."""

    offer: str
    purpose: Literal["biometrics", "handover", "interview"]
    office: str
    party: str
    """Who may choose, as scope: an HMAC, unlinkable once the person's key is destroyed."""
    minutes: int
    until: datetime


class SlotChosen(Event):
    """The applicant chose; whether the place is theirs is decided by the day."""

    choice: str
    slot: Slot
    sealed: Sealed[Needs] | None = None
    """None: nothing is needed."""


class ChoiceLost(Event):
    """Somebody was faster, or the day closed: the applicant chooses again."""

    choice: str
    slot: Slot


class AppointmentBooked(Event):
    """The place is taken for this case."""

    choice: str
    slot: Slot


class AppointmentMoved(Event):
    """Another place was taken; the old one is released last."""

    choice: str
    slot: Slot
    released: Slot
    released_choice: str


class AppointmentCancelled(Event):
    """The appointment is given back; by whom says the actor."""

    reason: Literal["applicant", "office", "withdrawn", "erased"]
    released: Slot | None = None
    released_choice: str | None = None


class OfferExpired(Event):
    """Nobody chose in time."""

    offer: str


class AttendanceRecorded(Event):
    """At the counter: came, or did not."""

    choice: str
    came: bool


class CapacityOpened(Event):
    """Places of one start time on one day. Private: `scheduling/day/{office}/{place}/{date}`."""

    office: str
    place: str
    day: date
    starts: dict[str, int]
    """Start (ISO, UTC) -> number of places."""
    minutes: int


class CapacityClosed(Event):
    """No more places on this day; what is booked stays booked until it is cancelled."""

    reason: str


class SlotTaken(Event):
    """The choice has its place. Private."""

    case: str
    choice: str
    start: datetime


class SlotDenied(Event):
    """The choice came too late. Private."""

    case: str
    choice: str
    start: datetime


class SlotReleased(Event):
    """The place is free again. Private."""

    case: str
    choice: str
    start: datetime
