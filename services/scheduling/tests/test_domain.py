"""The decisions on an appointment and on the places of a day: each happens, is refused, or stays quiet."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from aktenlauf.contracts.errors import Code
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
    SlotChosen,
    SlotDenied,
    SlotReleased,
    SlotTaken,
)
from aktenlauf.kit.decider import Command
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.given import given
from aktenlauf.scheduling.domain import (
    APPOINTMENT,
    CHOICES_MAX,
    DAY,
    CancelAppointment,
    ChooseSlot,
    CloseCapacity,
    ConfirmChoice,
    ExpireOffer,
    LoseChoice,
    OfferAppointment,
    OpenCapacity,
    RecordAttendance,
    ReleaseSlot,
    TakeSlot,
)

from .conftest import slot

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UNTIL = datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)
EARLY, LATE = (slot(datetime(2026, 11, 30, hour, tzinfo=UTC)) for hour in (8, 9))

OFFER: dict[str, Any] = {
    "offer": "o-1",
    "purpose": "biometrics",
    "office": "lindenried",
    "party": "p-1",
    "minutes": 20,
    "until": UNTIL,
}
OFFERED = AppointmentOffered(**OFFER)
CHOSEN = SlotChosen(choice="c-1", slot=EARLY)
BOOKED = AppointmentBooked(choice="c-1", slot=EARLY)
MOVING = SlotChosen(choice="c-2", slot=LATE)
HELD = AttendanceRecorded(choice="c-1", came=True)

C = TypeVar("C", bound=Command)


def do(command: type[C], at: datetime = AT, id_: str = "c-1", **fields: Any) -> C:
    return command(id=id_, at=at, actor="a", scope=System("test"), case="k-1", **fields)


# --- offer --------------------------------------------------------------------------------------------------------


def test_an_invitation_is_given() -> None:
    given(APPOINTMENT).when(do(OfferAppointment, **OFFER)).then(OFFERED)


def test_a_second_invitation_beside_an_open_one_is_not_given() -> None:
    given(APPOINTMENT, OFFERED).when(do(OfferAppointment, **{**OFFER, "offer": "o-2"})).quiet()
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED).when(do(OfferAppointment, **{**OFFER, "offer": "o-2"})).quiet()


@pytest.mark.parametrize(
    "before", [[OfferExpired(offer="o-1")], [AppointmentCancelled(reason="office")], [CHOSEN, BOOKED, HELD]]
)
def test_a_new_invitation_follows_one_that_ended_or_an_appointment_that_was_held(before: list[Any]) -> None:
    again = {**OFFER, "offer": "o-2"}
    given(APPOINTMENT, OFFERED, *before).when(do(OfferAppointment, **again)).then(AppointmentOffered(**again))


def test_after_a_new_invitation_the_appointment_held_before_is_neither_moved_nor_released() -> None:
    again = AppointmentOffered(**{**OFFER, "offer": "o-2"})
    state = given(APPOINTMENT, OFFERED, CHOSEN, BOOKED, HELD, again)
    state.when(do(ChooseSlot, id_="c-2", slot=LATE)).then(MOVING)
    given(APPOINTMENT, *state.events, MOVING).when(do(ConfirmChoice, choice="c-2")).then(
        AppointmentBooked(choice="c-2", slot=LATE)
    )


# --- choose -------------------------------------------------------------------------------------------------------


def test_a_slot_is_chosen_and_the_commands_id_names_the_choice() -> None:
    given(APPOINTMENT, OFFERED).when(do(ChooseSlot, id_="c-1", slot=EARLY)).then(CHOSEN)


def test_by_one_invitation_somebody_chooses_so_often_and_no_more() -> None:
    """Each choice is an event on a stream that all share who want that day."""
    lost = [event for _ in range(CHOICES_MAX) for event in (CHOSEN, ChoiceLost(choice="c-1", slot=EARLY))]
    given(APPOINTMENT, OFFERED, *lost[2:]).when(do(ChooseSlot, id_="c-1", slot=EARLY)).then(CHOSEN)
    given(APPOINTMENT, OFFERED, *lost).when(do(ChooseSlot, slot=EARLY)).refused(Code.TOO_MANY_CHOICES)
    again = AppointmentOffered(**{**OFFER, "offer": "o-2"})
    given(APPOINTMENT, OFFERED, *lost, OfferExpired(offer="o-1"), again).when(
        do(ChooseSlot, id_="c-1", slot=EARLY)
    ).then(CHOSEN)


def test_without_an_invitation_nothing_can_be_chosen() -> None:
    given(APPOINTMENT).when(do(ChooseSlot, slot=EARLY)).refused(Code.NOT_OFFERED)
    given(APPOINTMENT, OFFERED, AppointmentCancelled(reason="withdrawn")).when(do(ChooseSlot, slot=EARLY)).refused(
        Code.NOT_OFFERED
    )


@pytest.mark.parametrize(("late", "code"), [(-1, None), (0, None), (1, Code.OFFER_EXPIRED)])
def test_an_invitation_holds_to_its_last_second(late: int, code: Code | None) -> None:
    beyond = slot(UNTIL + timedelta(days=3))
    decided = given(APPOINTMENT, OFFERED).when(do(ChooseSlot, at=UNTIL + timedelta(seconds=late), slot=beyond))
    decided.refused(code) if code else decided.then(SlotChosen(choice="c-1", slot=beyond))


def test_a_booked_appointment_can_be_moved_after_the_invitation_has_run_out() -> None:
    at, beyond = UNTIL + timedelta(days=1), slot(UNTIL + timedelta(days=3))
    booked = AppointmentBooked(choice="c-1", slot=slot(UNTIL + timedelta(days=2)))
    given(APPOINTMENT, OFFERED, CHOSEN, booked).when(do(ChooseSlot, at=at, id_="c-2", slot=beyond)).then(
        SlotChosen(choice="c-2", slot=beyond)
    )


def test_while_a_choice_waits_for_its_answer_no_other_is_taken() -> None:
    given(APPOINTMENT, OFFERED, CHOSEN).when(do(ChooseSlot, id_="c-2", slot=LATE)).refused(Code.NOT_NOW)


@pytest.mark.parametrize("wrong", [slot(AT), slot(EARLY.start, ("erlenbruck", "kreishaus"))])
def test_a_slot_that_has_begun_or_belongs_to_another_office_is_unknown(wrong: Any) -> None:
    given(APPOINTMENT, OFFERED).when(do(ChooseSlot, slot=wrong)).refused(Code.SLOT_UNKNOWN)


def test_choosing_the_booked_slot_again_changes_nothing() -> None:
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED).when(do(ChooseSlot, id_="c-2", slot=EARLY)).quiet()


def test_an_appointment_that_has_begun_or_was_held_cannot_be_moved() -> None:
    booked = given(APPOINTMENT, OFFERED, CHOSEN, BOOKED)
    booked.when(do(ChooseSlot, at=EARLY.start, id_="c-2", slot=LATE)).refused(Code.NOT_NOW)
    given(APPOINTMENT, *booked.events, HELD).when(do(ChooseSlot, id_="c-2", slot=LATE)).refused(Code.NOT_NOW)


# --- the day's answer ---------------------------------------------------------------------------------------------


def test_a_confirmed_choice_is_booked() -> None:
    given(APPOINTMENT, OFFERED, CHOSEN).when(do(ConfirmChoice, choice="c-1")).then(BOOKED)


def test_a_confirmed_choice_beside_a_booked_one_moves_it_and_releases_the_old_place() -> None:
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED, MOVING).when(do(ConfirmChoice, choice="c-2")).then(
        AppointmentMoved(choice="c-2", slot=LATE, released=EARLY, released_choice="c-1")
    )


def test_a_lost_choice_leaves_the_invitation_and_a_booked_appointment_as_they_are() -> None:
    given(APPOINTMENT, OFFERED, CHOSEN).when(do(LoseChoice, choice="c-1")).then(ChoiceLost(choice="c-1", slot=EARLY))
    moving = given(APPOINTMENT, OFFERED, CHOSEN, BOOKED, MOVING)
    lost = ChoiceLost(choice="c-2", slot=LATE)
    moving.when(do(LoseChoice, choice="c-2")).then(lost)
    given(APPOINTMENT, *moving.events, lost).when(do(CancelAppointment, reason="applicant")).then(
        AppointmentCancelled(reason="applicant", released=EARLY, released_choice="c-1")
    )


@pytest.mark.parametrize("command", [ConfirmChoice, LoseChoice])
def test_an_answer_that_was_heard_before_or_is_for_another_choice_changes_nothing(command: type[Any]) -> None:
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED).when(do(command, choice="c-1")).quiet()
    given(APPOINTMENT, OFFERED, CHOSEN).when(do(command, choice="c-9")).quiet()


@pytest.mark.parametrize("reason", ["withdrawn", "erased", "office"])
def test_a_choice_that_was_pending_when_the_case_ended_is_booked_and_given_back_at_once(reason: Any) -> None:
    ended = given(APPOINTMENT, OFFERED, CHOSEN, AppointmentCancelled(reason=reason))
    ended.when(do(ConfirmChoice, choice="c-1")).then(
        BOOKED, AppointmentCancelled(reason=reason, released=EARLY, released_choice="c-1")
    )
    ended.when(do(LoseChoice, choice="c-1")).then(ChoiceLost(choice="c-1", slot=EARLY))


# --- cancel, expire, attend ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["applicant", "withdrawn", "erased", "office"])
def test_a_booked_appointment_is_cancelled_with_its_place_released(reason: Any) -> None:
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED).when(do(CancelAppointment, reason=reason)).then(
        AppointmentCancelled(reason=reason, released=EARLY, released_choice="c-1")
    )


def test_after_the_applicant_cancelled_the_invitation_stands_again() -> None:
    cancelled = AppointmentCancelled(reason="applicant", released=EARLY, released_choice="c-1")
    given(APPOINTMENT, OFFERED, CHOSEN, BOOKED, cancelled).when(do(ChooseSlot, id_="c-2", slot=LATE)).then(MOVING)


def test_what_is_not_booked_cannot_be_cancelled_by_the_applicant() -> None:
    for before in ((), (OFFERED,), (OFFERED, AppointmentCancelled(reason="withdrawn"))):
        given(APPOINTMENT, *before).when(do(CancelAppointment, reason="applicant")).refused(Code.NO_APPOINTMENT)


def test_the_applicant_cannot_cancel_while_a_move_is_pending_or_once_it_began() -> None:
    booked = (OFFERED, CHOSEN, BOOKED)
    given(APPOINTMENT, *booked, MOVING).when(do(CancelAppointment, reason="applicant")).refused(Code.NOT_NOW)
    given(APPOINTMENT, *booked).when(do(CancelAppointment, at=EARLY.start, reason="applicant")).refused(Code.NOT_NOW)


@pytest.mark.parametrize("reason", ["withdrawn", "erased", "office"])
def test_a_case_that_ends_twice_or_was_never_invited_stays_quiet(reason: Any) -> None:
    given(APPOINTMENT).when(do(CancelAppointment, reason=reason)).quiet()
    given(APPOINTMENT, OFFERED).when(do(CancelAppointment, reason=reason)).then(AppointmentCancelled(reason=reason))
    given(APPOINTMENT, OFFERED, AppointmentCancelled(reason=reason)).when(do(CancelAppointment, reason=reason)).quiet()


def test_an_invitation_that_nobody_answered_expires_once() -> None:
    given(APPOINTMENT, OFFERED).when(do(ExpireOffer, offer="o-1")).then(OfferExpired(offer="o-1"))
    given(APPOINTMENT, OFFERED, OfferExpired(offer="o-1")).when(do(ExpireOffer, offer="o-1")).quiet()


@pytest.mark.parametrize("after", [[CHOSEN], [CHOSEN, BOOKED]])
def test_an_invitation_with_a_pending_or_booked_choice_does_not_expire(after: list[Any]) -> None:
    given(APPOINTMENT, OFFERED, *after).when(do(ExpireOffer, offer="o-1")).quiet()


def test_attendance_is_recorded_from_the_day_of_the_appointment_on() -> None:
    booked = given(APPOINTMENT, OFFERED, CHOSEN, BOOKED)
    midnight = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)  # of the 30th, in Berlin
    booked.when(do(RecordAttendance, at=midnight - timedelta(seconds=1), came=True)).refused(Code.NOT_NOW)
    booked.when(do(RecordAttendance, at=midnight, came=True)).then(HELD)


def test_who_comes_late_is_recorded_as_having_come_and_not_the_other_way_round() -> None:
    missed = AttendanceRecorded(choice="c-1", came=False)
    recorded = (OFFERED, CHOSEN, BOOKED, missed)
    given(APPOINTMENT, *recorded).when(do(RecordAttendance, at=EARLY.start, came=False)).quiet()
    given(APPOINTMENT, *recorded).when(do(RecordAttendance, at=EARLY.start, came=True)).then(HELD)
    given(APPOINTMENT, *recorded, HELD).when(do(RecordAttendance, at=EARLY.start, came=False)).quiet()


def test_nobody_attends_what_was_not_booked() -> None:
    given(APPOINTMENT, OFFERED).when(do(RecordAttendance, came=True)).refused(Code.NO_APPOINTMENT)


# --- the day ------------------------------------------------------------------------------------------------------

PLACE: dict[str, Any] = {"office": "lindenried", "place": "zollhaus", "day": date(2026, 11, 30)}
STARTS = {EARLY.start.isoformat(): 1, LATE.start.isoformat(): 2}
OPENED = CapacityOpened(**PLACE, starts=STARTS, minutes=20)


def at_day(command: type[C], **fields: Any) -> C:
    values = {"id": "d-1", "at": AT, "actor": "a", "scope": System("test")}
    return command(**values, **PLACE, **fields)


def take(choice: str, start: datetime = EARLY.start) -> TakeSlot:
    return at_day(TakeSlot, case="k-1", choice=choice, start=start)


def taken(choice: str, start: datetime = EARLY.start) -> SlotTaken:
    return SlotTaken(case="k-1", choice=choice, start=start)


def test_a_day_is_opened_once() -> None:
    given(DAY).when(at_day(OpenCapacity, starts=STARTS, minutes=20)).then(OPENED)
    given(DAY, OPENED).when(at_day(OpenCapacity, starts={EARLY.start.isoformat(): 9}, minutes=20)).quiet()


def test_a_day_is_closed_once_and_only_if_it_was_open() -> None:
    given(DAY, OPENED).when(at_day(CloseCapacity, reason="Umbau")).then(CapacityClosed(reason="Umbau"))
    given(DAY, OPENED, CapacityClosed(reason="Umbau")).when(at_day(CloseCapacity, reason="Umzug")).quiet()
    given(DAY).when(at_day(CloseCapacity, reason="Umbau")).refused(Code.NOT_NOW)


def test_a_place_is_given_while_there_is_one() -> None:
    given(DAY, OPENED).when(take("c-1")).then(taken("c-1"))
    given(DAY, OPENED, taken("c-1")).when(take("c-2")).then(SlotDenied(case="k-1", choice="c-2", start=EARLY.start))
    given(DAY, OPENED, taken("c-1", LATE.start)).when(take("c-2", LATE.start)).then(taken("c-2", LATE.start))


def test_on_a_closed_or_unopened_day_or_between_two_starts_there_is_no_place() -> None:
    denied = SlotDenied(case="k-1", choice="c-1", start=EARLY.start)
    given(DAY, OPENED, CapacityClosed(reason="Umbau")).when(take("c-1")).then(denied)
    given(DAY).when(take("c-1")).then(denied)
    between = EARLY.start + timedelta(minutes=7)
    given(DAY, OPENED).when(take("c-1", between)).then(SlotDenied(case="k-1", choice="c-1", start=between))


def test_the_same_wish_twice_is_one_answer() -> None:
    denied = SlotDenied(case="k-1", choice="c-2", start=EARLY.start)
    given(DAY, OPENED, taken("c-1")).when(take("c-1")).quiet()
    given(DAY, OPENED, taken("c-1"), denied).when(take("c-2")).quiet()


def test_a_released_place_can_be_given_again_but_not_to_the_choice_that_left_it() -> None:
    released = SlotReleased(case="k-1", choice="c-1", start=EARLY.start)
    release = at_day(ReleaseSlot, case="k-1", choice="c-1", start=EARLY.start)
    given(DAY, OPENED, taken("c-1")).when(release).then(released)
    given(DAY, OPENED, taken("c-1"), released).when(release).quiet()
    given(DAY, OPENED, taken("c-1"), released).when(take("c-2")).then(taken("c-2"))
    given(DAY, OPENED, taken("c-1"), released).when(take("c-1")).quiet()
