"""From what happened to checked messages at the hand-over point."""

import asyncio
import stat
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.intake import ApplicationWithdrawn, FreeText, QuestionAnswered, SupplementFiled
from aktenlauf.contracts.offices import Office, offices
from aktenlauf.contracts.review import (
    AnswerReceived,
    DecisionIssued,
    EvidenceRequested,
    QuestionAsked,
    SupplementReceived,
)
from aktenlauf.contracts.scheduling import AppointmentBooked, AppointmentMoved, Slot
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import ANY
from aktenlauf.kit.testing.faults import Fate, Faulty, When
from aktenlauf.kit.testing.files import jpeg, pdf, png
from aktenlauf.kit.testing.samples import unstamped
from aktenlauf.kit.testing.waiting import until
from aktenlauf.xoev_gateway import cases
from aktenlauf.xoev_gateway.message_ids import application_message
from aktenlauf.xoev_gateway.xauslaender import Answer, Application, Appointment, Question, Schemas, Status

OFFICES = {"review": "lindenried", "both": "erlenbruck"}
DEADLINE = date(2026, 12, 21)
SLOT = Slot(office="erlenbruck", place="kreishaus", start=datetime(2026, 12, 1, 8, 0, tzinfo=UTC), minutes=20)


async def whole_run(gateway, office: str) -> None:
    """Everything that leads to a message, in the order of a real case."""
    await gateway.applied(office)
    await gateway.opened(office)
    await gateway.happened(QuestionAsked(question="q-1", deadline=DEADLINE, sealed=words("Wo wohnen Sie?")))
    await gateway.happened(
        EvidenceRequested(request="r-1", evidence=["enrolment"], deadline=DEADLINE, sealed=words("Bitte aktuell."))
    )
    await gateway.settled()
    await gateway.happened(QuestionAnswered(question="q-1", sealed=words("Am Mühlbach.")))
    await gateway.happened(AnswerReceived(question="q-1"))
    ref = await gateway.evidence("late", "enrolment")
    await gateway.happened(SupplementFiled(documents=[ref], request="r-1"))
    await gateway.happened(SupplementReceived(documents=[ref], request="r-1"))
    await gateway.happened(await decision(gateway))
    await gateway.happened(AppointmentBooked(choice="b-1", slot=SLOT))
    await gateway.happened(ApplicationWithdrawn())
    await gateway.settled()


async def decision(gateway) -> DecisionIssued:
    file = await gateway.stored(pdf(text="Bescheid"), "application/pdf", "Bescheid.pdf")
    return DecisionIssued(
        decision="d-1",
        outcome="granted",
        document=DocumentRef(document="notice-1", kind="notice"),
        blobs=[file.blob],
        counts_as_announced_on=date(2026, 11, 27),
        announcement_rule="§ 41 VwVfG",
        sealed=Sealed.of(SealedFile(file=file)),
    )


def words(text: str) -> Sealed[FreeText]:
    return Sealed.of(FreeText(text=text))


PORTAL_SPEAKS = ["130101", "130103", "130103", "130111"]
OFFICE_SPEAKS = ["130102", "130102", "130104", "130104", "130104", "130104", "130104", "130105"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("review", OFFICE_SPEAKS), ("fachverfahren", PORTAL_SPEAKS), ("both", sorted(PORTAL_SPEAKS + OFFICE_SPEAKS))],
)
async def test_the_mode_of_the_office_decides_which_messages_are_written__design_11(
    gateway, monkeypatch: pytest.MonkeyPatch, mode: str, expected: list[str]
):
    office = an_office_in_mode(mode, monkeypatch)
    await whole_run(gateway, office)
    assert sorted(event.type for event in await gateway.prepared()) == expected
    assert await gateway.refused() == []


def an_office_in_mode(mode: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The register has no office that works in its own system alone, so one is changed."""
    if mode in OFFICES:
        assert offices()[OFFICES[mode]].mode == mode
        return OFFICES[mode]
    changed: Office = offices()["erlenbruck"].model_copy(update={"mode": mode})
    monkeypatch.setattr(cases, "offices", lambda: {**offices(), "erlenbruck": changed})
    return "erlenbruck"


async def test_every_message_of_a_run_is_valid_and_was_marked_as_checked__xauslaender_26_11(gateway, schemas: Schemas):
    await whole_run(gateway, "erlenbruck")
    prepared = await gateway.prepared()
    assert {event.type for event in prepared} == {*PORTAL_SPEAKS, *OFFICE_SPEAKS}
    for event in prepared:
        assert schemas.check(await gateway.xml(event)) == []
        assert event.checked


async def test_each_message_lies_in_the_folder_of_its_direction_and_is_recorded_as_sent(gateway):
    await whole_run(gateway, "erlenbruck")
    prepared = await gateway.prepared()
    assert sorted(await gateway.sent()) == sorted(event.message for event in prepared)
    for direction in ("to-office", "to-portal"):
        expected = sorted(f"{event.message}.xml" for event in prepared if event.direction == direction)
        assert gateway.lying(direction) == expected
    for event in prepared:
        file = gateway.drop / event.direction / f"{event.message}.xml"
        assert file.read_bytes() == await gateway.xml(event)


async def test_only_the_owner_may_look_into_the_drop_folder(gateway):
    await gateway.applied("erlenbruck")
    folders = [gateway.drop, *(folder for folder in gateway.drop.iterdir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    (file,) = (gateway.drop / "to-office").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_answers_of_the_office_name_the_application_as_their_trigger(gateway):
    await whole_run(gateway, "lindenried")
    assert {event.trigger for event in await gateway.prepared()} == {application_message("c-1")}


async def test_answers_of_the_applicant_name_the_question_that_they_answer(gateway):
    await whole_run(gateway, "erlenbruck")
    prepared = await gateway.prepared()
    asked = {event.message for event in prepared if event.type == "130102"}
    assert {event.trigger for event in prepared if event.type == "130103"} == asked
    assert len(asked) == 2


async def test_a_letter_that_answers_nothing_reaches_the_office_about_the_application(gateway):
    await gateway.applied("erlenbruck")
    await gateway.happened(QuestionAnswered(sealed=words("Ich ziehe um.")))
    await gateway.settled()
    message = await gateway.message("130103")
    assert isinstance(message, Answer)
    assert (message.text, str(message.header.trigger)) == ("Ich ziehe um.", application_message("c-1"))


async def test_an_application_waits_until_each_document_was_looked_through_and_the_receipt_is_there(
    gateway,
):
    ref = await gateway.uploaded("d-1", "enrolment", pdf(), "application/pdf")
    await gateway.submitted("erlenbruck", [ref])
    await gateway.receipt()
    await gateway.settled()
    assert await gateway.events() == []
    await gateway.checked("d-1", [jpeg(60, 80)])
    await gateway.settled()
    assert [event.type for event in await gateway.prepared()] == ["130101"]


async def test_an_application_carries_evidence_passport_and_receipt(gateway):
    await gateway.applied("erlenbruck")
    message = await gateway.message("130101")
    assert isinstance(message, Application)
    assert [(e.label, e.content) for e in message.evidence] == [("Immatrikulationsbescheinigung", pdf())]
    assert message.person.passport is not None
    assert [page.content for page in message.person.passport.pages] == [pdf()]
    assert message.summary is not None
    assert message.summary.content == pdf(text="Eingang")


async def test_a_format_that_the_standard_lacks_travels_as_page_images_with_a_remark(gateway):
    page = jpeg(60, 80)
    ref = await gateway.uploaded("d-1", "enrolment", png(), "image/png")
    await gateway.checked("d-1", [page])
    await gateway.submitted("erlenbruck", [ref])
    await gateway.receipt()
    await gateway.settled()
    message = await gateway.message("130101")
    assert isinstance(message, Application)
    assert [(e.content, e.media_type) for e in message.evidence] == [(page, "image/jpeg")]
    assert "Als Bilder der Seiten beigefügt: Immatrikulationsbescheinigung." in str(message.remark)


async def test_a_rejected_document_stays_here_and_the_office_is_told(gateway):
    ref = await gateway.uploaded("d-1", "enrolment", pdf(), "application/pdf")
    await gateway.rejected("d-1")
    await gateway.submitted("erlenbruck", [ref])
    await gateway.receipt()
    await gateway.settled()
    message = await gateway.message("130101")
    assert isinstance(message, Application)
    assert message.evidence == ()
    assert "Nicht beigefügt, da nicht lesbar oder schädlich: Immatrikulationsbescheinigung." in str(message.remark)


async def test_a_file_too_large_for_one_element_whose_pages_are_not_all_drawn_is_left_out(gateway):
    ref = await gateway.uploaded("d-1", "enrolment", pdf(61, size_bytes=8_000_000), "application/pdf")
    await gateway.checked("d-1", [jpeg(60, 80)] * 3, pages=61)
    await gateway.submitted("erlenbruck", [ref])
    await gateway.receipt()
    await gateway.settled()
    message = await gateway.message("130101")
    assert isinstance(message, Application)
    assert message.evidence == ()
    assert "Nicht beigefügt, da zu groß: Immatrikulationsbescheinigung." in str(message.remark)


async def test_an_evidence_request_lists_what_is_missing_and_its_deadline(gateway):
    await gateway.applied("lindenried")
    request = EvidenceRequested(
        request="r-1", evidence=["enrolment", "payslips"], deadline=DEADLINE, sealed=words("Bitte noch:")
    )
    await gateway.happened(request)
    await gateway.settled()
    message = await gateway.message("130102")
    assert isinstance(message, Question)
    assert message.due == DEADLINE
    assert message.text.startswith("Bitte noch:\n\nBitte reichen Sie nach:\n- Immatrikulationsbescheinigung\n- ")


async def test_words_that_the_standard_cannot_write_travel_as_pdf(gateway, schemas: Schemas):
    await gateway.applied("erlenbruck")
    await gateway.happened(QuestionAnswered(sealed=words("أسكن في لندنريد. 😀")))
    await gateway.settled()
    (event,) = [event for event in await gateway.prepared() if event.type == "130103"]
    assert schemas.check(await gateway.xml(event)) == []
    message = await gateway.message("130103")
    assert isinstance(message, Answer)
    assert "liegt als PDF bei" in str(message.text)
    (letter,) = message.attachments
    assert letter.content.startswith(b"%PDF-")


async def test_the_notice_travels_with_the_status_examined(gateway):
    await gateway.applied("lindenried")
    await gateway.happened(await decision(gateway))
    await gateway.settled()
    message = await gateway.message("130104")
    assert isinstance(message, Status)
    assert message.attachment is not None
    assert (message.code, message.attachment.content) == ("05", pdf(text="Bescheid"))


async def test_an_answer_with_documents_is_told_once(gateway):
    await gateway.applied("lindenried")
    ref = await gateway.evidence("late", "enrolment")
    for event in (AnswerReceived(documents=[ref]), SupplementReceived(documents=[ref])):
        record = unstamped(event, "review/case/c-1", correlationid="one answer")
        await gateway.stand.logs["review"].append("review/case/c-1", ANY, [record], new_id())
    await gateway.settled()
    assert [event.type for event in await gateway.prepared()] == ["130104"]


async def test_an_appointment_is_told_in_local_time_with_place_and_room(gateway):
    await gateway.applied("erlenbruck")
    later = SLOT.model_copy(update={"start": datetime(2027, 7, 1, 8, 0, tzinfo=UTC), "place": "buergerbuero-nord"})
    moved = AppointmentMoved(choice="b-2", slot=later, released=SLOT, released_choice="b-1")
    await gateway.happened(moved)
    await gateway.settled()
    message = await gateway.message("130105")
    assert isinstance(message, Appointment)
    assert message.slot is not None
    slot = message.slot
    assert (slot.day, slot.start, slot.end) == (date(2027, 7, 1), time(10, 0), time(10, 20))
    assert (slot.place.street, slot.place.house_number, slot.place.place) == ("Hafenallee", "40", "Erlenbruck")
    assert slot.place_details == "Bürgerbüro Nord, Schalter 4"
    assert "Der Termin am 01.12.2026 um 09:00 Uhr findet nicht statt." in str(message.hints)


async def test_what_cannot_be_written_is_refused_without_a_word_of_it(gateway):
    await gateway.applied("erlenbruck", **{"person.family_name": "Хаддад"})
    (refused,) = await gateway.refused()
    assert refused.message == application_message("c-1")
    assert refused.reason.startswith("130101: person.family_name: U+0425")
    assert "Хаддад" not in refused.reason
    assert gateway.lying("to-office") == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("crash_at", [1, 2])
async def test_a_crash_around_an_event_leaves_one_message(open_gateway, tmp_path: Path, crash_at: int, when: When):
    """The first event of the exchange says prepared, the second sent; blob and file come before them."""
    fate = Fate(crash_at=crash_at, when=when)
    async with open_gateway(tmp_path) as gateway:
        gateway.service.runner._log = Faulty(gateway.ports.log, "log", fate)
        refs = [await gateway.evidence("d-1", "enrolment")]
        await gateway.submitted("erlenbruck", refs)
        await gateway.receipt()
        await asyncio.wait_for(fate.died.wait(), 20)
    async with open_gateway(tmp_path) as gateway:
        await gateway.settled()
        message = application_message("c-1")
        assert [(type(e).__name__, getattr(e, "message", "")) for e in await gateway.events()] == [
            ("MessagePrepared", message),
            ("MessageSent", message),
        ]
        assert gateway.lying("to-office") == [f"{message}.xml"]


async def test_a_message_waits_while_the_folder_is_away(gateway):
    gateway.drop.parent.mkdir(parents=True, exist_ok=True)
    gateway.drop.write_text("something else under its name")
    await gateway.submitted("erlenbruck", [await gateway.evidence("d-1", "enrolment")])
    await gateway.receipt()

    async def is_prepared() -> bool:
        return bool(await gateway.prepared())

    await until(is_prepared)
    gateway.drop.unlink()
    await gateway.settled()
    assert await gateway.ports.work.aside() == []
    assert gateway.lying("to-office") == [f"{application_message('c-1')}.xml"]


async def test_a_message_that_was_picked_up_is_not_laid_out_again(open_gateway, tmp_path: Path):
    async with open_gateway(tmp_path) as gateway:
        await gateway.applied("erlenbruck")
        (file,) = (gateway.drop / "to-office").iterdir()
        file.unlink()
        await gateway.ports.work.advance("deliveries", 0)  # as if the newest cursor had been lost
    async with open_gateway(tmp_path) as gateway:
        await gateway.settled()
        assert gateway.lying("to-office") == []
        assert len(await gateway.prepared()) == 1
