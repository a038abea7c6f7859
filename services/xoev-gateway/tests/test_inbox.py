"""What lies in drop/from-office: received once, or put aside with a sentence."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from aktenlauf.contracts.intake import FreeText, QuestionAnswered
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.scheduling import Slot
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import ReceivedContent
from aktenlauf.kit.files import fetch
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.testing.faults import Fate, Faulty
from aktenlauf.kit.testing.files import pdf
from aktenlauf.kit.testing.waiting import until
from aktenlauf.xoev_gateway import mapping
from aktenlauf.xoev_gateway.checking import product
from aktenlauf.xoev_gateway.drop import SETTLED_SECONDS
from aktenlauf.xoev_gateway.inbox import followed, look
from aktenlauf.xoev_gateway.mapping import Envelope
from aktenlauf.xoev_gateway.message_ids import application_message
from aktenlauf.xoev_gateway.xauslaender import Message, write

TRIGGER = application_message("c-1")
NAME = "Haddad"
"""Must stand in no sentence and no name of a file that we make."""


def envelope(office: str = "erlenbruck", number: str = "AL-c-1", test: bool = True) -> Envelope:
    at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    return Envelope(offices()[office], new_id(), at, number, "https://portal.example", test)


def question(**header: Any) -> Message:
    asked = mapping.question(envelope(), TRIGGER, f"Frau {NAME}, wo wohnen Sie?", [], date(2026, 12, 21))
    return replace(asked, header=replace(asked.header, **header))


def status(notice: bytes | None = None) -> Message:
    return mapping.status(envelope(), TRIGGER, "05", notice)


def appointment() -> Message:
    slot = Slot(office="erlenbruck", place="kreishaus", start=datetime(2026, 12, 1, 8, 0, tzinfo=UTC), minutes=20)
    return mapping.appointment(envelope(), TRIGGER, slot)


def lay(gateway: Any, data: bytes, name: str = f"Antwort {NAME}.xml", age_seconds: float = 60) -> Path:
    """As an office's system would, some time ago."""
    file: Path = gateway.drop / "from-office" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    past = time.time() - age_seconds
    os.utime(file, (past, past))
    return file


def sentence(gateway: Any) -> str:
    """The one sentence beside the one file put aside, after checking that neither tells a name."""
    names = gateway.lying("refused")
    assert [Path(name).suffix for name in names] == [".txt", ".xml"]
    assert Path(names[0]).stem == Path(names[1]).stem
    text = (gateway.drop / "refused" / names[0]).read_text()
    assert NAME not in text + "".join(names)
    return text


async def test_a_text_beyond_one_record_is_put_aside_and_holds_up_nobody_behind_it(gateway: Any) -> None:
    await gateway.applied("erlenbruck")
    asked = mapping.question(envelope(), TRIGGER, f"Frau {NAME}. " * 20_000, [], date(2026, 12, 21))
    lay(gateway, write(asked, product()), "a.xml", age_seconds=120)
    lay(gateway, write(question(), product()), "b.xml")
    await look(gateway.service)
    assert "more than" in sentence(gateway)
    assert len(await gateway.received()) == 1
    assert gateway.lying("from-office") == []


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (question, {"type": "130102", "deadline": date(2026, 12, 21), "status": None}),
        (status, {"type": "130104", "deadline": None, "status": "05"}),
        (appointment, {"type": "130105", "deadline": None, "status": None}),
    ],
)
async def test_a_message_of_the_office_is_received_and_its_file_is_gone(
    gateway, make: Callable[[], Message], expected: dict[str, Any]
):
    await gateway.applied("erlenbruck")
    message = make()
    lay(gateway, write(message, product()))
    await look(gateway.service)
    (event,) = await gateway.received()
    assert {name: getattr(event, name) for name in expected} == expected
    assert (event.message, event.trigger) == (str(message.header.message_id), TRIGGER)
    assert event.document.kind == "message-in"
    assert gateway.lying("from-office") == gateway.lying("refused") == []


async def test_what_it_says_is_sealed_with_the_message_as_it_came(gateway):
    await gateway.applied("erlenbruck")
    data = write(question(), product())
    lay(gateway, data)
    await look(gateway.service)
    (event,) = await gateway.received()
    content = await gateway.ports.sealing.open(event.sealed)
    assert isinstance(content, ReceivedContent)
    assert content.text == f"Frau {NAME}, wo wohnen Sie?"
    assert await fetch(gateway.ports.blobs, content.file.blob, content.file.identity) == data
    assert event.blobs == [content.file.blob]


async def test_an_appointment_is_read_with_time_and_place(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(appointment(), product()))
    await look(gateway.service)
    (event,) = await gateway.received()
    content = await gateway.ports.sealing.open(event.sealed)
    assert content.appointment == {
        "date": "2026-12-01",
        "from": "09:00",
        "to": "09:20",
        "place": "Kreishaus, Zimmer 112, Erdgeschoss, Kreishausallee 17, 00201 Erlenbruck",
    }


async def test_the_attachment_is_kept_as_a_file_of_its_own(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(status(pdf(text="Bescheid")), product()))
    await look(gateway.service)
    (event,) = await gateway.received()
    content = await gateway.ports.sealing.open(event.sealed)
    attached = content.attachment
    assert await fetch(gateway.ports.blobs, attached.blob, attached.identity) == pdf(text="Bescheid")
    assert (attached.media_type, attached.blob in event.blobs) == ("application/pdf", True)


async def test_an_answer_to_a_question_from_outside_names_it_as_its_trigger(gateway):
    await gateway.applied("erlenbruck")
    asked = str(question().header.message_id)
    lay(gateway, write(question(message_id=UUID(asked)), product()))
    await look(gateway.service)
    await gateway.happened(QuestionAnswered(question=asked, sealed=Sealed.of(FreeText(text="Am Mühlbach."))))
    await gateway.settled()
    (answered,) = [event for event in await gateway.prepared() if event.type == "130103"]
    assert answered.trigger == asked


async def test_the_same_message_again_is_deleted_quietly(gateway):
    await gateway.applied("erlenbruck")
    data = write(question(), product())
    for name in ("first.xml", "second.xml"):
        lay(gateway, data, name)
        await look(gateway.service)
    assert len(await gateway.received()) == 1
    assert gateway.lying("from-office") == gateway.lying("refused") == []


async def test_a_message_whose_file_outlived_a_crash_is_received_once(open_gateway, tmp_path: Path):
    async with open_gateway(tmp_path) as gateway:
        await gateway.applied("erlenbruck")
        lay(gateway, write(question(), product()))
        gateway.service.runner._log = Faulty(gateway.ports.log, "log", Fate(fail_at=[1], when="after"))
        await look(gateway.service)  # the event is in the log, but the answer was lost
        assert len(gateway.lying("from-office")) == 1
    async with open_gateway(tmp_path) as gateway:
        await look(gateway.service)
        assert len(await gateway.received()) == 1
        assert gateway.lying("from-office") == gateway.lying("refused") == []


async def test_what_is_unavailable_now_keeps_the_file_for_later(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(question(), product()))
    gateway.service.runner._log = Faulty(gateway.ports.log, "log", Fate(fail_at=[1], when="before"))
    await look(gateway.service)
    assert (len(gateway.lying("from-office")), gateway.lying("refused")) == (1, [])
    await look(gateway.service)
    assert len(await gateway.received()) == 1


async def test_half_a_file_is_left_until_nobody_writes_to_it_any_more(gateway):
    await gateway.applied("erlenbruck")
    data = write(question(), product())
    lay(gateway, data[:500], age_seconds=0)
    await look(gateway.service)
    assert (len(gateway.lying("from-office")), gateway.lying("refused")) == (1, [])
    lay(gateway, data, age_seconds=SETTLED_SECONDS)
    await look(gateway.service)
    assert len(await gateway.received()) == 1


async def test_hidden_and_other_files_are_left_alone(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, b"part", ".message.xml.part")
    lay(gateway, b"part", ".message.xml")
    lay(gateway, b"notes", "readme.txt")
    await look(gateway.service)
    assert gateway.lying("from-office") == [".message.xml", ".message.xml.part", "readme.txt"]


XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "It cannot be read"),
        (f"not XML, {NAME}".encode(), "It cannot be read: /: not well-formed XML"),
        (f"<antwort>{NAME}</antwort>".encode(), "It cannot be read: /: is not XAusl\u00e4nder"),
        (XXE, "document type declarations are not accepted"),
        (b"\xff\xfe<\x00a\x00", "It cannot be read: /: not UTF-8"),
    ],
)
async def test_what_is_no_message_is_put_aside_with_a_sentence(gateway, data: bytes, expected: str):
    await gateway.applied("erlenbruck")
    lay(gateway, data)
    await look(gateway.service)
    assert expected in sentence(gateway)
    assert gateway.lying("from-office") == []
    assert await gateway.received() == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"application_id": "AL-unknown"}, "is no case number of ours"),
        ({"trigger": UUID(new_id())}, "names no message of this case"),
    ],
)
async def test_a_message_about_nothing_of_ours_is_put_aside(gateway, header: dict[str, Any], expected: str):
    await gateway.applied("erlenbruck")
    lay(gateway, write(question(**header), product()))
    await look(gateway.service)
    assert expected in sentence(gateway)
    assert await gateway.received() == []


async def test_another_office_cannot_write_into_the_case(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(mapping.status(envelope("probstadt"), TRIGGER, "05"), product()))
    await look(gateway.service)
    assert "Its author is not the office of this case (azr:999902)." in sentence(gateway)
    assert await gateway.received() == []


async def test_a_message_for_another_portal_is_put_aside(gateway):
    await gateway.applied("erlenbruck")
    asked = question()
    other = replace(asked, header=replace(asked.header, reader=replace(asked.header.reader, id="alp:00000001")))
    lay(gateway, write(other, product()))
    await look(gateway.service)
    assert "Its reader is not the portal of this case" in sentence(gateway)


async def test_an_office_that_decides_here_has_no_system_that_could_answer(gateway):
    await gateway.applied("lindenried")
    lay(gateway, write(mapping.status(envelope("lindenried"), TRIGGER, "05"), product()))
    await look(gateway.service)
    assert "has no system of its own" in sentence(gateway)


async def test_a_message_of_the_portal_is_not_read_back(gateway):
    await gateway.applied("erlenbruck")
    (file,) = (gateway.drop / "to-office").iterdir()
    lay(gateway, file.read_bytes())
    await look(gateway.service)
    assert "It is a 130101, which an office does not send." in sentence(gateway)


async def test_an_attachment_that_is_not_what_it_says_is_put_aside(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(status(b"MZ a program"), product()))
    await look(gateway.service)
    assert "not of the format that it declares" in sentence(gateway)


async def test_a_message_outside_the_schema_is_put_aside(gateway, schemas):
    await gateway.applied("erlenbruck")
    data = write(question(), product()).replace(
        b"<xauslaender:fristdatum>2026-12-21<", b"<xauslaender:fristdatum>20261221<"
    )
    assert schemas.check(data) != []
    lay(gateway, data)
    await look(gateway.service)
    assert sentence(gateway)
    assert await gateway.received() == []


async def test_one_bad_file_does_not_keep_the_others_waiting(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, b"bad", "a.xml", age_seconds=90)
    lay(gateway, write(question(), product()), "b.xml", age_seconds=60)
    (gateway.drop / "from-office" / "c.xml").mkdir()
    os.utime(gateway.drop / "from-office" / "c.xml", (0, 0))
    await look(gateway.service)
    assert len(await gateway.received()) == 1
    assert gateway.lying("from-office") == []
    assert len(gateway.lying("refused")) == 4


async def test_messages_are_received_in_the_order_in_which_they_came(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(status(), product()), "a.xml", age_seconds=60)
    lay(gateway, write(question(), product()), "z.xml", age_seconds=90)
    await look(gateway.service)
    assert [event.type for event in await gateway.received()] == ["130102", "130104"]


async def test_the_folder_is_looked_into_as_long_as_the_service_runs(gateway):
    await gateway.applied("erlenbruck")
    lay(gateway, write(question(), product()))

    async def is_received() -> bool:
        return len(await gateway.received()) == 1

    async with followed(gateway.service):
        await until(is_received)
