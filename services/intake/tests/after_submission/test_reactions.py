"""What is written into the mailbox, made and mailed when something happened."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email import message_from_string
from typing import Any

import pypdfium2
import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.intake import Message, MessageDelivered, NotificationSent, ReceiptIssued
from aktenlauf.contracts.review import CaseClosed
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    OfferExpired,
    Slot,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import MessageReceived, ReceivedContent
from aktenlauf.intake.deliveries import deliveries, mails
from aktenlauf.intake.reactions import reactions
from aktenlauf.kit.drafts import Draft
from aktenlauf.kit.erasure import OrderErasure
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.files import fetch
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.waiting import until

from .conftest import CASE, EMAIL, LINH, NOW, NUMBER, OTHER_CASE, Office, asked, decided, opened, requested

APPLICATION = f"intake/application/{CASE}"
SLOT = Slot(office="lindenried", place="zollhaus", start=datetime(2026, 12, 3, 8, 40, tzinfo=UTC), minutes=20)
LATER = SLOT.model_copy(update={"start": SLOT.start + timedelta(days=1)})
SECRET = "Die Karte allein genügt nicht."


def offered() -> AppointmentOffered:
    until = datetime(2026, 12, 10, tzinfo=UTC)
    fields = {"offer": "o-1", "purpose": "biometrics", "office": "lindenried", "party": "p", "minutes": 20}
    return AppointmentOffered.model_validate({**fields, "until": until})


def received(kind: str, text: str = "", attachment: bool = False, **more: Any) -> MessageReceived:
    file = StoredFile(blob="x", identity="i", name="n.xml", media_type="application/xml", size_bytes=1, sha256="0" * 64)
    told = {"date": "2026-12-03", "from": "09:40:00", "place": "Zimmer 8"} if kind == "130105" else None
    content = ReceivedContent(file=file, text=text, appointment=told, attachment=file if attachment else None)
    document = DocumentRef(document=f"doc-{kind}", kind="message")
    fields = {"message": f"x-{kind}", "type": kind, "document": document, "blobs": ["x"], "sealed": Sealed.of(content)}
    return MessageReceived.model_validate({**fields, **more})


async def again(office: Office, handler: Reactions, stream: str) -> None:
    """Everything that follows from a stream, once more, as after a crash before the cursor was written."""
    for stored in await office.service.ports.log.read(stream):
        record = parse(stored.record, stored.position)
        for reaction in handler.of(record.meta):
            async for command in reaction.run(record.event, record.meta, office.service):  # type: ignore[arg-type]
                await office.service.run(command)


async def told(office: Office) -> MessageDelivered:
    """The one message beside that of the receipt, which is typeset meanwhile and may come before or after it."""
    (message,) = [event for event in await office.delivered() if event.about != "receipt"]
    return message


async def opened_message(office: Office, event: MessageDelivered) -> Message:
    content = await office.service.ports.sealing.open(event.sealed)
    assert isinstance(content, Message)
    return content


async def test_a_submission_is_confirmed_in_the_mailbox_with_the_receipt(office: Office) -> None:
    await office.submit()
    (message,) = await office.delivered()
    (receipt,) = [e for e in await office.events(APPLICATION) if isinstance(e, ReceiptIssued)]
    assert (message.about, message.documents) == ("receipt", [receipt.document])
    assert NUMBER in (await opened_message(office, message)).text


async def test_everything_is_delivered_once_although_reactions_run_twice(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened(), requested(), asked(), decided(), CaseClosed(reason="decided"))
    before = [event.message for event in await office.delivered()]
    for handler in (reactions, deliveries, mails):
        for stream in (APPLICATION, f"review/case/{CASE}"):
            await again(office, handler, stream)
    assert [event.message for event in await office.delivered()] == before
    assert len(before) == len(set(before)) == 5
    events = await office.events(APPLICATION)
    assert sum(isinstance(event, ReceiptIssued) for event in events) == 1
    assert sum(isinstance(event, NotificationSent) for event in events) == 5


async def test_the_receipt_waits_for_every_file_and_names_it_with_its_digest(office: Office) -> None:
    refs = (DocumentRef(document="doc-1", kind="passport"), DocumentRef(document="doc-2", kind="enrolment"))
    await office.submit(documents=refs)
    await office.uploaded("doc-1", "passport")
    await until(lambda: waits(office))
    assert ReceiptIssued not in [type(event) for event in await office.events(APPLICATION)]
    await office.uploaded("doc-2", "enrolment")
    assert [message.about for message in await office.delivered()] == ["receipt"]
    text = await receipt_text(office)
    for expected in (NUMBER, "passport.pdf", "enrolment.pdf", "6b86 b273 ff34", "März 1991", "Reisepass"):
        assert expected in text


@pytest.mark.parametrize("locale", ["de", "en", "ar"])
async def test_the_receipt_speaks_german_and_the_applicants_language(office: Office, locale: str) -> None:
    await office.submit(locale=locale)
    await office.settled()
    text = await receipt_text(office)
    assert "23. November 2026, 09:00:00 Uhr (MEZ, UTC+01:00)" in text
    assert ("Confirmation of receipt" in text) == (locale == "en")


async def waits(office: Office) -> bool:
    """Whether the delivery was tried and put aside."""
    return bool(await office.service.ports.work.aside("deliveries"))


async def receipt_text(office: Office) -> str:
    (issued,) = [e for e in await office.events(APPLICATION) if isinstance(e, ReceiptIssued)]
    opened_file = await office.service.ports.sealing.open(issued.sealed)
    assert isinstance(opened_file, SealedFile)
    pdf = await fetch(office.service.ports.blobs, opened_file.file.blob, opened_file.file.identity)
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]
    return re.sub(r"\s+", " ", " ".join(pages).replace("\u200b", ""))


async def test_the_offices_question_arrives_in_its_own_words(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(asked())
    message = await told(office)
    assert (message.about, message.refers_to, message.deadline) == ("question", "q-1", date(2026, 12, 7))
    content = await opened_message(office, message)
    assert content.text.startswith("Arbeiten Sie neben dem Studium?")
    assert content.subject_translated == "لدى الدائرة سؤال لك"


async def test_a_request_names_what_is_missing_and_until_when(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested())
    message = await told(office)
    assert (message.about, message.refers_to, message.deadline) == ("evidence-request", "r-1", date(2026, 12, 7))
    assert "Nachweis der Krankenversicherung" in (await opened_message(office, message)).text


async def test_a_notice_is_announced_without_its_outcome(office: Office) -> None:
    await office.submit()
    await office.reviewed(decided("refused"))
    message = await told(office)
    assert (message.about, message.refers_to, [d.document for d in message.documents]) == (
        "notice",
        "d-1",
        ["notice-1"],
    )
    assert "27. November 2026 als bekannt gegeben" in (await opened_message(office, message)).text


@pytest.mark.parametrize(
    ("events", "subject"),
    [
        ([offered()], "Bitte wählen Sie einen Termin"),
        ([AppointmentBooked(choice="c", slot=SLOT)], "Ihr Termin steht fest"),
        ([AppointmentMoved(choice="d", slot=LATER, released=SLOT, released_choice="c")], "Ihr Termin wurde verschoben"),
        ([AppointmentCancelled(reason="office", released=SLOT, released_choice="c")], "Ihr Termin wurde abgesagt"),
        ([AppointmentCancelled(reason="withdrawn")], "Ihr Termin wurde abgesagt"),
        ([OfferExpired(offer="o-1")], "Die Frist für Ihren Termin ist vorbei"),
    ],
)
async def test_what_happens_to_the_appointment_is_told(office: Office, events: Sequence[Event], subject: str) -> None:
    await office.submit()
    await office.scheduled(*events)
    message = await told(office)
    assert (message.about, (await opened_message(office, message)).subject) == ("appointment", subject)


async def test_nobody_is_told_what_they_cancelled_themselves(office: Office) -> None:
    await office.submit()
    await office.scheduled(AppointmentCancelled(reason="applicant", released=SLOT, released_choice="c"))
    assert [message.about for message in await office.delivered()] == ["receipt"]


@pytest.mark.parametrize(
    ("event", "about", "said"),
    [
        (received("130102", "Wo arbeiten Sie?", deadline=date(2026, 12, 7)), "question", "Wo arbeiten Sie?"),
        (received("130104", status="01"), "status", "in ihrem System erfasst"),
        (received("130104", status="05", attachment=True), "notice", "ein Schreiben der Behörde bereit"),
        (received("130105", "Bitte pünktlich."), "appointment", "Donnerstag, 3. Dezember 2026, 09:40 Uhr"),
    ],
)
async def test_messages_of_an_offices_own_system_are_relayed(
    office: Office, event: MessageReceived, about: str, said: str
) -> None:
    await office.submit()
    await office.stand.happened("xoev-gateway", event, stream=f"xoev-gateway/exchange/{CASE}", case=CASE)
    message = await told(office)
    assert (message.about, message.refers_to) == (about, event.message)
    assert said in (await opened_message(office, message)).text


async def test_the_end_of_a_case_is_told(office: Office) -> None:
    await office.submit()
    await office.reviewed(CaseClosed(reason="withdrawn"))
    assert (await told(office)).about == "closed"


async def test_a_mail_holds_neither_content_nor_reason(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested(), decided())
    await office.settled()
    mails = [message_from_string(mail) for mail in office.mails()]
    assert {mail["To"] for mail in mails} == {EMAIL}
    assert {mail["Subject"] for mail in mails} == {f"Es gibt Neues zu Ihrem Antrag {NUMBER}"}
    bodies = {mail.get_payload(decode=True).decode() for mail in mails}  # type: ignore[union-attr]
    assert len(mails) == 3 and len(bodies) == 1  # whatever it is about, the mail is the same
    assert SECRET not in bodies.pop()


async def test_the_same_mail_is_sent_again_not_another_one(office: Office) -> None:
    await office.submit()
    await office.settled()
    before = office.mails()
    await again(office, mails, APPLICATION)
    assert office.mails() == before


async def test_while_the_mail_server_is_away_receipts_are_made_and_mails_follow_once_it_is_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(mail: object, case: str) -> None:
        raise Unavailable("mail server")

    with monkeypatch.context() as outage:
        outage.setattr(office.service.ports.mailer, "send", away)
        await office.submit()
        await office.submit(OTHER_CASE, LINH, "AUF-7K3M-92QX-6")
        for case in (CASE, OTHER_CASE):
            await until(lambda case=case: is_told(office, case, MessageDelivered))  # type: ignore[misc]
            assert await is_told(office, case, ReceiptIssued)
        assert office.mails() == []
    await office.settled()
    assert len(office.mails()) == 2


async def is_told(office: Office, case: str, kind: type[Event]) -> bool:
    return any(isinstance(event, kind) for event in await office.events(f"intake/application/{case}"))


async def test_without_an_address_no_mail_goes_out_and_that_is_recorded(office: Office) -> None:
    await office.submit(email=None)
    await office.settled()
    (sent,) = [e for e in await office.events(APPLICATION) if isinstance(e, NotificationSent)]
    assert (sent.channel, office.mails()) == ("none", [])


async def test_what_was_submitted_is_no_draft_any_more(office: Office) -> None:
    drafts = office.service.ports.drafts
    await drafts.save(Draft(CASE, "party", 1, "sealed", NOW, NOW + timedelta(days=60)))
    await office.submit()
    await office.settled()
    assert await drafts.load(CASE) is None


async def erase(office: Office) -> None:
    """Erase the case, as review orders it; by intake's own command, which needs no second service."""
    await office.service.run(
        OrderErasure(
            id=new_id(),
            at=office.clock(),
            actor="system:test",
            scope=System("test"),
            service="intake",
            case=CASE,
            keys=(case_key(CASE),),
            reason="test",
        )
    )
    await office.settled()


async def test_after_an_erasure_nobody_is_written_to_and_nothing_stops(office: Office) -> None:
    await office.submit()
    await office.settled()
    await erase(office)
    await office.scheduled(offered(), AppointmentCancelled(reason="office"))
    assert [message.about for message in await office.delivered()] == ["receipt"]
    assert await office.service.ports.work.aside("reactions") == []


async def test_an_erasure_takes_the_receipt_and_the_mails_along(office: Office) -> None:
    await office.submit()
    await office.settled()
    blobs = [file for file in (office.folder / "blobs").rglob("*") if file.is_file()]
    assert blobs and office.mails()
    await erase(office)
    assert [file for file in (office.folder / "blobs").rglob("*") if file.is_file()] == []
    assert office.mails() == []
