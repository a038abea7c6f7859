"""The running service: what it does when something was heard, and when a time has come."""

import asyncio
from datetime import UTC, datetime, timedelta

from aktenlauf.contracts.common import ErasureOrdered
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.intake import ApplicationWithdrawn
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scope import Party
from aktenlauf.kit.tail import ClockTail
from aktenlauf.scheduling.booking import choose, slot_at
from aktenlauf.scheduling.domain import CancelAppointment, ChooseSlot
from aktenlauf.scheduling.reactions import reactions

from .conftest import AMIRA, LINDENRIED, Desk

TUESDAY = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
START = "2026-11-24T07:20:00.000000Z"


async def command(desk: Desk, case: str, start: str = START) -> ChooseSlot:
    party = Party(await party_of(desk.service.ports.keyring, AMIRA.subject))
    slot, _ = await slot_at(desk.service, *LINDENRIED, start)
    return ChooseSlot(id=new_id(), at=desk.clock(), actor="party-1", scope=party, case=case, slot=slot)


async def booked(desk: Desk, case: str) -> None:
    await desk.invited(case, AMIRA)
    answer, _ = await choose(desk.service, await command(desk, case), await desk.day(TUESDAY))
    assert answer == "booked"


async def tick(desk: Desk) -> None:
    """What the clock does once a second."""
    ports = desk.service.ports
    await ClockTail(reactions, ports.views, desk.service.runner, desk.service, ports.clock).tick()


async def withdraw(desk: Desk, case: str) -> None:
    await desk.stand.happened("intake", ApplicationWithdrawn(), stream=f"intake/application/{case}", case=case)


async def kinds(desk: Desk, case: str) -> list[str]:
    await desk.settled()
    records = await desk.service.ports.log.read(f"scheduling/appointment/{case}")
    return [type(parse(stored.record).event).__name__ for stored in records]


async def test_a_required_appointment_is_offered_for_fourteen_days_to_the_end_of_the_day_in_berlin(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    doc = await desk.appointment("c-1")
    assert (doc["state"], doc["purpose"], doc["minutes"]) == ("offered", "biometrics", 20)
    assert doc["until"] == "2026-12-07T22:59:59.000000Z"
    assert doc["parties"] == [await party_of(desk.service.ports.keyring, AMIRA.subject)]
    assert doc["offices"] == ["lindenried"]


async def test_a_requirement_heard_before_the_application_waits_for_it(desk: Desk) -> None:
    await desk.required("c-1")
    await desk.settled()
    assert await kinds(desk, "c-1") == []
    await desk.applied("c-1", AMIRA)
    assert (await desk.appointment("c-1"))["state"] == "offered"


async def test_nobody_is_invited_in_a_case_that_was_withdrawn_before(desk: Desk) -> None:
    await desk.applied("c-1", AMIRA)
    await withdraw(desk, "c-1")
    await desk.settled()
    await desk.required("c-1")
    assert await kinds(desk, "c-1") == []


async def test_of_two_choices_of_the_last_place_one_is_booked_and_one_lost_and_the_loser_keeps_what_he_had(
    desk: Desk,
) -> None:
    await booked(desk, "c-1")
    await desk.invited("c-2", AMIRA)
    later = "2026-11-24T07:40:00.000000Z"
    choices = [await command(desk, case, later) for case in ("c-1", "c-2")]
    await asyncio.gather(*(desk.service.run(choice) for choice in choices))
    mover, newcomer = [await desk.appointment(case) for case in ("c-1", "c-2")]
    assert (mover["state"], mover["start"], newcomer["state"], newcomer["start"]) in (
        ("booked", later, "lost", None),
        ("booked", START, "booked", later),
    )
    taken = sorted((await desk.day(TUESDAY))["taken"].values())
    assert taken == sorted(start for start in (mover["start"], newcomer["start"]) if start)


async def test_withdrawing_cancels_the_appointment_and_frees_its_place(desk: Desk) -> None:
    await booked(desk, "c-1")
    assert START in (await desk.day(TUESDAY))["taken"].values()
    await withdraw(desk, "c-1")
    doc = await desk.appointment("c-1")
    assert (doc["state"], doc["reason"], doc["slot"]) == ("cancelled", "withdrawn", None)
    assert (await desk.day(TUESDAY))["taken"] == {}


async def test_a_choice_pending_at_withdrawal_finishes_and_its_place_is_released(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    choice = await command(desk, "c-1")
    await desk.service.run(choice)  # not waited for: the withdrawal is on its way
    await withdraw(desk, "c-1")
    found = await kinds(desk, "c-1")
    assert found[:2] == ["AppointmentOffered", "SlotChosen"]
    assert found.count("AppointmentBooked") == 1 and found[-1] == "AppointmentCancelled"
    assert (await desk.day(TUESDAY))["taken"] == {}
    assert (await desk.appointment("c-1"))["state"] == "cancelled"


async def test_erasure_cancels_the_appointment_and_frees_its_place(desk: Desk) -> None:
    await booked(desk, "c-1")
    event = ErasureOrdered(reason="request", keys=["case/c-1"], certify_at=desk.clock())
    await desk.stand.happened("review", event, stream="review/erasure/c-1", case="c-1")
    assert (await desk.appointment("c-1"))["reason"] == "erased"
    assert (await desk.day(TUESDAY))["taken"] == {}


async def test_an_unanswered_offer_expires_after_its_last_second_and_once(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    desk.clock.now = datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)
    await tick(desk)
    assert (await desk.appointment("c-1"))["state"] == "offered"
    desk.clock.advance(seconds=1)
    await tick(desk)
    await desk.settled()
    await tick(desk)
    assert await kinds(desk, "c-1") == ["AppointmentOffered", "OfferExpired"]


async def test_a_booked_appointment_does_not_expire_but_after_a_late_cancellation_the_offer_does(desk: Desk) -> None:
    desk.clock.now = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    await booked(desk, "c-1")
    desk.clock.now = TUESDAY - timedelta(hours=1)
    await tick(desk)
    assert (await desk.appointment("c-1"))["state"] == "booked"
    party = Party(await party_of(desk.service.ports.keyring, AMIRA.subject))
    cancel = CancelAppointment(
        id=new_id(), at=desk.clock(), actor="party-1", scope=party, case="c-1", reason="applicant"
    )
    await desk.service.run(cancel)
    assert (await desk.appointment("c-1"))["state"] == "offered"
    await tick(desk)
    assert (await desk.appointment("c-1"))["state"] == "expired"
