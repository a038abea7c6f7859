"""The pages of both sides through the app, as a browser without JavaScript uses them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import findall

import httpx
import pytest
from icalendar import Calendar

from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.intake import ApplicationWithdrawn, Message, MessageDelivered, MessageRead
from aktenlauf.contracts.scheduling import Needs, SlotChosen
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import alone, hidden_fields
from aktenlauf.scheduling.domain import OfferAppointment
from aktenlauf.scheduling.service import definition

from .conftest import AMIRA, LINH, NOW, Desk
from .visits import COUNTER, FIRST, PLANNER, SECOND, THIRD, TUESDAY, applicant, book, post


def offered(answer: httpx.Response) -> list[str]:
    """The times on the page, in order."""
    return findall(r'<input type="radio" name="slot" value="([^"]+)"', answer.text)


# --- applicant ----------------------------------------------------------------------------------------------------


async def test_without_an_invitation_the_page_says_that_nothing_is_to_be_done(desk: Desk) -> None:
    await desk.applied("c-1", AMIRA)
    await desk.settled()
    answer = await (await desk.stand.browser("public", AMIRA)).get("/termin/c-1")
    assert answer.status_code == 200 and "Zurzeit brauchen Sie keinen Termin" in answer.text
    assert offered(answer) == []


async def test_an_invited_applicant_sees_the_week_in_berlin_time_and_what_to_bring(desk: Desk) -> None:
    answer = await (await applicant(desk, "c-1", AMIRA)).get("/termin/c-1")
    assert "23. bis 27. November 2026" in answer.text and "7. Dezember 2026" in answer.text
    assert "Reisepass" in answer.text and "Altes Zollhaus" in answer.text
    assert offered(answer)[0] == "2026-11-23T08:20:00.000000Z"  # it is nine: what lies behind is not offered
    assert "Montag 23.11., 09:20 Uhr" in answer.text


async def test_a_time_that_is_booked_leads_to_its_page_with_a_calendar_entry(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    answer = await book(browser, "c-1", FIRST)
    assert (answer.status_code, answer.headers["location"]) == (303, "/termin/c-1")
    shown = await browser.get("/termin/c-1")
    assert "Ihr Termin ist gebucht" in shown.text and "Dienstag, 24. November 2026, 08:20 Uhr" in shown.text
    entry = Calendar.from_ical((await browser.get("/termin/c-1/termin.ics")).text).walk("VEVENT")[0]
    assert entry.decoded("dtstart") == datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
    assert "Amira" not in entry.to_ical().decode()


async def test_the_same_form_posted_twice_books_once_and_answers_alike(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    seen = await browser.get("/termin/c-1")
    answers = [await post(browser, seen, "/termin/c-1", slot=FIRST) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    history = (await desk.appointment("c-1"))["history"]
    assert [entry["what"] for entry in history] == ["offered", "chosen", "booked"]


async def test_two_applicants_racing_for_the_last_place_get_one_booking_and_one_clear_answer(desk: Desk) -> None:
    browsers = {"c-1": await applicant(desk, "c-1", AMIRA), "c-2": await applicant(desk, "c-2", LINH)}
    seen = {case: await browser.get(f"/termin/{case}") for case, browser in browsers.items()}
    answers = await asyncio.gather(
        *(post(browser, seen[case], f"/termin/{case}", slot=FIRST) for case, browser in browsers.items())
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert "Dieser Termin ist gerade vergeben worden" in lost.text
    assert "08:20 Uhr ist gerade vergeben worden." in lost.text and "23. bis 27. November 2026" in lost.text
    assert FIRST not in offered(lost) and SECOND in offered(lost)
    states = sorted([(await desk.appointment(case))["state"] for case in browsers])
    assert states in (["booked", "lost"], ["booked", "offered"])  # denied by the day, or seen to be full before
    assert len((await desk.day(TUESDAY))["taken"]) == 1


async def test_after_losing_another_time_can_be_booked_from_the_page_that_says_so(desk: Desk) -> None:
    first, second = await applicant(desk, "c-1", AMIRA), await applicant(desk, "c-2", LINH)
    seen = await second.get("/termin/c-2")
    assert (await book(first, "c-1", FIRST)).status_code == 303
    lost = await post(second, seen, "/termin/c-2", slot=FIRST)
    assert lost.status_code == 409
    assert (await post(second, lost, "/termin/c-2", slot=SECOND)).status_code == 303
    assert (await desk.appointment("c-2"))["start"] == SECOND


async def test_moving_keeps_the_old_appointment_until_the_new_one_is_booked(desk: Desk) -> None:
    mover, other = await applicant(desk, "c-1", AMIRA), await applicant(desk, "c-2", LINH)
    await book(mover, "c-1", FIRST)
    seen = await mover.get("/termin/c-1/verschieben")
    assert "Ihr bisheriger Termin bleibt bestehen" in seen.text and FIRST not in offered(seen)
    await book(other, "c-2", SECOND)
    lost = await post(mover, seen, "/termin/c-1", slot=SECOND)
    assert lost.status_code == 409 and (await desk.appointment("c-1"))["start"] == FIRST
    assert (await post(mover, lost, "/termin/c-1", slot=THIRD)).status_code == 303
    await desk.settled()
    assert sorted((await desk.day(TUESDAY))["taken"].values()) == [SECOND, THIRD]
    assert "Termin verschoben" in (await mover.get("/termin/c-1")).text


async def test_cancelling_asks_first_and_then_frees_the_place_and_the_invitation_stands(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    await book(browser, "c-1", FIRST)
    asked = await browser.get("/termin/c-1/absagen")
    assert "Sie können bis zum 7. Dezember 2026 einen neuen Termin wählen" in asked.text
    assert (await desk.appointment("c-1"))["state"] == "booked"
    assert (await post(browser, asked, "/termin/c-1/absagen")).status_code == 303
    await desk.settled()
    assert FIRST in offered(await browser.get("/termin/c-1"))
    assert (await desk.day(TUESDAY))["taken"] == {}


async def test_a_form_made_before_the_booking_in_another_tab_does_not_move_it(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    old = await browser.get("/termin/c-1")
    await book(browser, "c-1", FIRST)
    answer = await post(browser, old, "/termin/c-1", slot=SECOND)
    assert answer.status_code == 422 and "Das hat sich inzwischen geändert" in answer.text
    assert (await desk.appointment("c-1"))["start"] == FIRST


@pytest.mark.parametrize("bad", ["", "nonsense", "2026-11-24T07:21:00.000000Z", "9999-12-31T23:59:59Z", "0001-01-01"])
async def test_a_time_that_nobody_offered_is_answered_with_the_page_and_a_reason(desk: Desk, bad: str) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    answer = await book(browser, "c-1", bad)
    assert answer.status_code == 422 and SECOND in offered(answer)
    assert ("Wählen Sie eine Zeit." if not bad else "Diesen Termin gibt es nicht") in answer.text
    assert (await desk.appointment("c-1"))["state"] == "offered"


async def test_a_week_or_place_that_does_not_exist_is_no_error_of_ours(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    for query in ("woche=9999-12-31", "woche=0001-01-01", "ort=nirgends&zeit=x"):
        assert offered(await browser.get(f"/termin/c-1?{query}"))
    assert (await browser.get("/termin/c-1?woche=morgen")).status_code == 422


async def test_while_the_answer_is_outstanding_the_page_says_so_and_asks_again_by_itself(tmp_path: Path) -> None:
    async with alone(replace(definition, reactions=()), tmp_path, NOW) as stand:  # nobody asks the day
        desk = Desk(stand)
        await desk.applied("c-1", AMIRA)
        party = await party_of(stand.service.ports.keyring, AMIRA.subject)
        offer = {"offer": "o-1", "purpose": "biometrics", "office": "lindenried", "party": party, "minutes": 20}
        given = {"id": "1", "at": NOW, "actor": "a", "scope": System("test"), "until": NOW + timedelta(days=14)}
        await stand.service.run(OfferAppointment(case="c-1", **offer, **given))
        await desk.settled()
        browser = await stand.browser("public", AMIRA)
        assert (await book(browser, "c-1", FIRST)).status_code == 303
        pending = await browser.get("/termin/c-1")
        assert "Wir prüfen, ob die Zeit noch frei ist" in pending.text and 'hx-trigger="every 2s' in pending.text


async def test_a_missed_invitation_and_a_withdrawn_case_are_explained(desk: Desk) -> None:
    late, gone = await applicant(desk, "c-1", AMIRA), await applicant(desk, "c-2", LINH)
    await desk.stand.happened("intake", ApplicationWithdrawn(), stream="intake/application/c-2", case="c-2")
    await desk.settled()
    desk.clock.advance(days=15)
    assert "Die Frist zum Auswählen ist abgelaufen" in (await late.get("/termin/c-1")).text
    assert "Sie haben den Antrag zurückgenommen" in (await gone.get("/termin/c-2")).text


async def test_the_first_free_time_can_be_chosen_by_a_link(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    (href,) = findall(r'<a href="([^"]+zeit=[^"]+)"', (await browser.get("/termin/c-1")).text)
    shown = await browser.get(href.replace("&amp;", "&"))
    assert "Montag, 23. November 2026, 09:20 Uhr</p>" in shown.text and " checked><span>09:20" in shown.text


async def test_htmx_gets_the_piece_alone_and_a_browser_the_whole_page(desk: Desk) -> None:
    browser = await applicant(desk, "c-1", AMIRA)
    piece = await browser.get("/termin/c-1", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "<html" not in piece.text and 'id="termin"' in piece.text
    assert "<html" in (await browser.get("/termin/c-1")).text


@pytest.mark.parametrize(("language", "words"), [("en", "23 to 27 November 2026"), ("ar", "23 إلى 27 نوفمبر 2026")])
async def test_the_picker_speaks_the_applicants_language(desk: Desk, language: str, words: str) -> None:
    browser = await applicant(desk, "c-1", AMIRA, language)
    answer = await browser.get("/termin/c-1")
    assert words in answer.text and "Bitte" not in answer.text


# --- what the applicant needs ----------------------------------------------------------------------------------------


async def test_what_an_applicant_needs_is_sealed_told_to_the_counter_and_kept_when_they_move(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    browser = await desk.stand.browser("public", AMIRA)
    page = await browser.get("/termin/c-1")
    fields = hidden_fields(page, "/termin/c-1") | {"slot": FIRST, "bedarf": ["step-free", "unknown", "companion"]}
    await browser.post("/termin/c-1", data=fields)
    await desk.settled()
    stored = await desk.service.ports.log.read("scheduling/appointment/c-1")
    assert not any(b"step-free" in record.record for record in stored)
    (chosen,) = [e for e in (parse(s.record).event for s in stored) if isinstance(e, SlotChosen)]
    assert chosen.sealed is not None
    assert await desk.service.ports.sealing.open(chosen.sealed) == Needs(needs=["step-free", "companion"])
    day = await (await desk.stand.browser("office", COUNTER)).get("/amt/termine?tag=2026-11-24")
    assert "Braucht: Zugang ohne Stufen, mit Kind oder Begleitung" in day.text
    planned = await (await desk.stand.browser("office", PLANNER)).get("/amt/termine?tag=2026-11-24")
    assert planned.status_code == 200 and "Zugang ohne Stufen" not in planned.text
    booked = await browser.get("/termin/c-1")
    assert "Zugang ohne Stufen" in booked.text
    assert "Gebärdensprache" not in booked.text
    moving = await browser.get("/termin/c-1/verschieben")
    assert findall(r'name="bedarf" value="([^"]+)" checked', moving.text) == ["step-free", "companion"]


async def test_what_was_ticked_stays_when_the_time_is_gone(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    browser = await desk.stand.browser("public", AMIRA)
    page = await browser.get("/termin/c-1")
    fields = hidden_fields(page, "/termin/c-1") | {"bedarf": ["sign-language"]}
    again = await browser.post("/termin/c-1", data=fields)
    assert again.status_code == 422
    assert findall(r'name="bedarf" value="([^"]+)" checked', again.text) == ["sign-language"]


async def test_a_cancelled_appointment_leaves_no_needs_behind(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    browser = await desk.stand.browser("public", AMIRA)
    page = await browser.get("/termin/c-1")
    await browser.post("/termin/c-1", data=hidden_fields(page, "/termin/c-1") | {"slot": FIRST, "bedarf": "companion"})
    await desk.settled()
    asked = await browser.get("/termin/c-1/absagen")
    await post(browser, asked, "/termin/c-1/absagen")
    assert (await desk.appointment("c-1"))["needs"] is None


# --- the header ------------------------------------------------------------------------------------------------------


async def test_the_header_counts_the_unread_messages_of_the_person_alone(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    await desk.applied("c-2", LINH)
    for case, message in (("c-1", "m-1"), ("c-1", "m-2"), ("c-2", "m-3")):
        content = Sealed.of(Message(subject="Neu", text="Text"))
        delivered = MessageDelivered(message=message, about="status", sealed=content)
        await desk.stand.happened("intake", delivered, stream=f"intake/mailbox/{case}", case=case)
    await desk.stand.happened("intake", MessageRead(message="m-1"), stream="intake/mailbox/c-1", case="c-1")
    await desk.settled()
    page = await (await desk.stand.browser("public", AMIRA)).get("/termin/c-1")
    assert findall(r'class="al-count">(\d+)', page.text) == ["1", "1"]  # in the row and in the menu of phones
