"""Appointments: an offer bound to one case, and the places of a day that cannot be overbooked.

Booking is a saga over two streams. The appointment checks the offer, the day checks the capacity:

    ChooseSlot -> SlotChosen -> TakeSlot -> SlotTaken  -> ConfirmChoice -> AppointmentBooked | AppointmentMoved
                                         -> SlotDenied -> LoseChoice    -> ChoiceLost (the offer stands again)

A choice that is pending when the offer ends, or the application is withdrawn, finishes first and is then released.
When moving, the old place is released last, so that the applicant never stands without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    AttendanceRecorded,
    CapacityClosed,
    CapacityOpened,
    ChoiceLost,
    Needs,
    OfferExpired,
    Slot,
    SlotChosen,
    SlotDenied,
    SlotReleased,
    SlotTaken,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Code, Command, Decider, Event, Refused
from aktenlauf.scheduling.calendar import BERLIN

Purpose = Literal["biometrics", "handover", "interview"]
CancelReason = Literal["applicant", "office", "withdrawn", "erased"]
CHOICES_MAX = 30
"""By one invitation: each is an event on the day's stream, which all who want that day share."""


def berlin_day(moment: datetime) -> date:
    """The calendar day of an instant on the wall of the office."""
    return moment.astimezone(BERLIN).date()


class OfAppointment(Command):
    """A command to the appointment of one case."""

    stream: ClassVar[str] = "scheduling/appointment/{case}"
    case: str


class OfferAppointment(OfAppointment):
    """Invite the applicant to choose."""

    offer: str
    purpose: Purpose
    office: str
    party: str
    minutes: int
    until: datetime


class ChooseSlot(OfAppointment):
    """The applicant chooses; also to move a booked appointment. `id` of the command names the choice."""

    slot: Slot
    needs: Needs | None = None


class ConfirmChoice(OfAppointment):
    """The day gave the place."""

    choice: str


class LoseChoice(OfAppointment):
    """The day did not give the place."""

    choice: str


class CancelAppointment(OfAppointment):
    """Give the appointment or the offer back."""

    reason: CancelReason


class ExpireOffer(OfAppointment):
    """The time to choose is over."""

    offer: str


class RecordAttendance(OfAppointment):
    """At the counter: came, or did not."""

    came: bool


@dataclass(frozen=True)
class Appointment:
    """State of one case's appointment."""

    office: str = ""
    party: str = ""
    offer: str | None = None
    until: datetime | None = None
    minutes: int = 0
    pending: tuple[str, Slot] | None = None
    """Choice that waits for the day's answer."""
    booked: tuple[str, Slot] | None = None
    ended: CancelReason | None = None
    """Set while a pending choice is still to be finished, then released."""
    came: bool | None = None
    """What the counter recorded; None before that."""
    choices: int = 0
    """Made since the invitation."""

    def over(self, at: datetime) -> bool:
        """Whether the booked appointment has begun or was held: nothing can be moved or given back any more."""
        return self.came is not None or (self.booked is not None and self.booked[1].start <= at)


def decide(command: OfAppointment, state: Appointment) -> Sequence[Event]:
    """Events that follow, or Refused."""
    match command:
        case OfferAppointment():
            return _offer(command, state)
        case ChooseSlot():
            return _choose(command, state)
        case ConfirmChoice():
            return _confirm(command, state)
        case LoseChoice():
            if state.pending is None or state.pending[0] != command.choice:
                return []
            return [ChoiceLost(choice=command.choice, slot=state.pending[1])]
        case CancelAppointment():
            return _cancel(command, state)
        case ExpireOffer():
            unanswered = state.offer == command.offer and state.booked is None and state.pending is None
            return [OfferExpired(offer=command.offer)] if unanswered else []
        case RecordAttendance():
            return _record(command, state)
    raise TypeError(type(command).__name__)


def _offer(command: OfferAppointment, state: Appointment) -> list[Event]:
    if state.offer is not None and state.came is None:
        return []  # one invitation at a time; once the appointment was held, the case may need another
    return [
        AppointmentOffered(
            offer=command.offer,
            purpose=command.purpose,
            office=command.office,
            party=command.party,
            minutes=command.minutes,
            until=command.until,
        )
    ]


def _choose(command: ChooseSlot, state: Appointment) -> list[Event]:
    if state.offer is None or state.ended is not None:
        raise Refused(Code.NOT_OFFERED)
    if state.over(command.at):
        raise Refused(Code.NOT_NOW)
    if state.until is not None and command.at > state.until and state.booked is None:
        raise Refused(Code.OFFER_EXPIRED)
    if state.pending is not None:
        raise Refused(Code.NOT_NOW)  # its answer comes first
    if command.slot.office != state.office or command.slot.start <= command.at:
        raise Refused(Code.SLOT_UNKNOWN)
    if state.booked is not None and state.booked[1] == command.slot:
        return []
    if state.choices >= CHOICES_MAX:
        raise Refused(Code.TOO_MANY_CHOICES)
    needs = Sealed.of(command.needs) if command.needs else None
    return [SlotChosen(choice=command.id, slot=command.slot, sealed=needs)]


def _confirm(command: ConfirmChoice, state: Appointment) -> list[Event]:
    if state.pending is None or state.pending[0] != command.choice:
        return []
    choice, slot = state.pending
    if state.ended is not None:  # withdrawn meanwhile: the place was taken, so it is given back
        booked = AppointmentBooked(choice=choice, slot=slot)
        return [booked, AppointmentCancelled(reason=state.ended, released=slot, released_choice=choice)]
    if state.booked is None:
        return [AppointmentBooked(choice=choice, slot=slot)]
    old_choice, old_slot = state.booked
    return [AppointmentMoved(choice=choice, slot=slot, released=old_slot, released_choice=old_choice)]


def _cancel(command: CancelAppointment, state: Appointment) -> list[Event]:
    if state.offer is None or state.ended is not None:
        if command.reason == "applicant":
            raise Refused(Code.NO_APPOINTMENT)
        return []
    if command.reason == "applicant":
        if state.pending is not None:
            raise Refused(Code.NOT_NOW)  # its answer comes first
        if state.booked is None:
            raise Refused(Code.NO_APPOINTMENT)
        if state.over(command.at):
            raise Refused(Code.NOT_NOW)
    if state.booked is None:
        return [AppointmentCancelled(reason=command.reason)]
    choice, slot = state.booked
    return [AppointmentCancelled(reason=command.reason, released=slot, released_choice=choice)]


def _record(command: RecordAttendance, state: Appointment) -> list[Event]:
    """Who comes late after all is recorded as having come; the other way round nothing is taken back."""
    if state.booked is None:
        raise Refused(Code.NO_APPOINTMENT)
    choice, slot = state.booked
    if berlin_day(command.at) < berlin_day(slot.start):
        raise Refused(Code.NOT_NOW)
    if state.came in (True, command.came):
        return []
    return [AttendanceRecorded(choice=choice, came=command.came)]


def evolve(state: Appointment, event: Event) -> Appointment:
    """The state after `event`."""
    match event:
        case AppointmentOffered():
            return replace(
                state,
                office=event.office,
                party=event.party,
                offer=event.offer,
                until=event.until,
                minutes=event.minutes,
                booked=None,
                ended=None,
                came=None,
                choices=0,
            )
        case SlotChosen():
            return replace(state, pending=(event.choice, event.slot), choices=state.choices + 1)
        case ChoiceLost():
            return replace(state, pending=None)
        case AppointmentBooked() | AppointmentMoved():
            return replace(state, pending=None, booked=(event.choice, event.slot))
        case AppointmentCancelled(reason="applicant"):
            return replace(state, booked=None)  # the offer stands: choose again
        case AppointmentCancelled():
            return replace(state, booked=None, offer=None, ended=event.reason)
        case OfferExpired():
            return replace(state, offer=None)
        case AttendanceRecorded():
            return replace(state, came=event.came)
    return state


class OfDay(Command):
    """A command to the places of one day. Private to scheduling."""

    stream: ClassVar[str] = "scheduling/day/{office}/{place}/{day}"
    office: str
    place: str
    day: date

    def subject(self) -> None:
        """None: a day belongs to no single case."""


class OpenCapacity(OfDay):
    """Open the places of a day, once."""

    starts: dict[str, int]
    minutes: int


class CloseCapacity(OfDay):
    """Take no more bookings on this day."""

    reason: str


class TakeSlot(OfDay):
    """Give this choice a place."""

    case: str
    choice: str
    start: datetime


class ReleaseSlot(OfDay):
    """Take the place back."""

    case: str
    choice: str
    start: datetime


@dataclass(frozen=True)
class Day:
    """State of one day: places per start, and which choice holds or was denied one."""

    office: str = ""
    places: dict[datetime, int] = field(default_factory=dict)
    closed: bool = False
    taken: dict[str, datetime] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()

    def free(self, start: datetime) -> int:
        """Places left at this start."""
        if self.closed:
            return 0
        return self.places.get(start, 0) - sum(1 for held in self.taken.values() if held == start)


def decide_day(command: OfDay, day: Day) -> Sequence[Event]:
    """Events that follow; a denied place is an event, as the applicant must hear of it."""
    match command:
        case OpenCapacity():
            if day.places:
                return []
            return [
                CapacityOpened(
                    office=command.office,
                    place=command.place,
                    day=command.day,
                    starts=command.starts,
                    minutes=command.minutes,
                )
            ]
        case CloseCapacity():
            if not day.places:
                raise Refused(Code.NOT_NOW)  # a day that was never opened belongs to no office yet
            return [] if day.closed else [CapacityClosed(reason=command.reason)]
        case TakeSlot(case=case, choice=choice, start=start):
            if choice in day.answered:
                return []  # the same wish twice is one answer
            if day.free(start) <= 0:
                return [SlotDenied(case=case, choice=choice, start=start)]
            return [SlotTaken(case=case, choice=choice, start=start)]
        case ReleaseSlot(case=case, choice=choice, start=start):
            return [SlotReleased(case=case, choice=choice, start=start)] if choice in day.taken else []
    raise TypeError(type(command).__name__)


def evolve_day(day: Day, event: Event) -> Day:
    """The state after `event`."""
    match event:
        case CapacityOpened():
            places = {datetime.fromisoformat(start): number for start, number in event.starts.items()}
            return replace(day, office=event.office, places=places)
        case CapacityClosed():
            return replace(day, closed=True)
        case SlotTaken():
            taken = {**day.taken, event.choice: event.start}
            return replace(day, taken=taken, answered=day.answered | {event.choice})
        case SlotDenied():
            return replace(day, answered=day.answered | {event.choice})
        case SlotReleased():
            return replace(day, taken={c: start for c, start in day.taken.items() if c != event.choice})
    return day


APPOINTMENT: Decider[Appointment] = Decider(
    Appointment,
    decide,
    evolve,
    belongs_to=lambda state: ((state.office,), (state.party,)),
    matters=frozenset({AppointmentOffered, AppointmentBooked, AppointmentMoved, AppointmentCancelled, OfferExpired}),
)
DAY: Decider[Day] = Decider(Day, decide_day, evolve_day, belongs_to=lambda day: ((day.office,), ()))

DECIDERS: dict[type[Command], Decider[Any]] = {
    **dict.fromkeys(OfAppointment.__subclasses__(), APPOINTMENT),
    **dict.fromkeys(OfDay.__subclasses__(), DAY),
}
