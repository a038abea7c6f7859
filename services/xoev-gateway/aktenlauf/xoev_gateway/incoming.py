"""What a message from outside says, in plain values. `understand` opens foreign bytes: it runs in a worker process.

Read are the messages of an office: 130102, 130104, 130105. The others of the standard are named and refused.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aktenlauf.xoev_gateway.checking import schemas_of
from aktenlauf.xoev_gateway.xauslaender import (
    Address,
    Appointment,
    AppointmentSlot,
    Document,
    Message,
    NotChecked,
    Question,
    Status,
    Unreadable,
    read,
)
from aktenlauf.xoev_gateway.xauslaender.codes import STATUS

MORE = "Die Nachricht enthält weitere Angaben, die hier nicht gezeigt werden."
_BEGINNINGS = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff"}


@dataclass(frozen=True)
class Incoming:
    """A message of an office. `reader` and `author` are their ids in the directory; dates and times are ISO."""

    message: str
    type: Literal["130102", "130104", "130105"]
    number: str
    reader: str
    author: str
    trigger: str
    test: bool
    text: str
    status: str | None = None
    deadline: str | None = None
    appointment: dict[str, Any] | None = None
    attachment: bytes | None = field(default=None, repr=False)
    media_type: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a message is not taken: one sentence without anything of its content."""

    sentence: str


def understand(data: bytes, schema_folder: Path | None) -> Incoming | Refusal:
    """The message in `data`, valid by the schemas if there are any."""
    try:
        message = read(data)
    except Unreadable as error:
        return Refusal(f"It cannot be read: {error}.")
    if not isinstance(message, Question | Status | Appointment):
        return Refusal(f"It is a {message.type}, which an office does not send.")
    faults = schemas_of(schema_folder).check(data)
    if not isinstance(faults, NotChecked) and faults:
        return Refusal(f"It does not follow the schema: {faults[0]}.")
    attached = _attachment(message)
    if attached and not attached.content.startswith(_BEGINNINGS.get(attached.media_type, b"")):
        return Refusal("Its attachment is not of the format that it declares.")
    return _incoming(message, attached)


def _incoming(message: Question | Status | Appointment, attached: Document | None) -> Incoming:
    header = message.header
    return Incoming(
        message=str(header.message_id),
        type=message.type,  # type: ignore[arg-type]
        number=header.application_id,
        reader=header.reader.id,
        author=header.author.id,
        trigger=str(header.trigger),
        test=header.test is not None,
        text="\n\n".join(filter(None, [_text(message), MORE if header.unmapped else ""])),
        status=message.code if isinstance(message, Status) else None,
        deadline=message.due.isoformat() if isinstance(message, Question) and message.due else None,
        appointment=_appointment(message.slot) if isinstance(message, Appointment) and message.slot else None,
        attachment=attached.content if attached else None,
        media_type=attached.media_type if attached else "",
    )


def _text(message: Message) -> str:
    match message:
        case Question():
            return message.text
        case Status():
            return STATUS.labels.get(message.code, "")
        case Appointment():
            book = f"Termin online vereinbaren: {message.booking_url}" if message.booking_url else ""
            return "\n\n".join(filter(None, [message.hints, book]))
    return ""


def _attachment(message: Message) -> Document | None:
    match message:
        case Question() | Status():
            return message.attachment
        case Appointment():
            return message.letter or message.fee_notice
    return None


def _appointment(slot: AppointmentSlot) -> dict[str, Any]:
    place = ", ".join(filter(None, [slot.place_details, _address(slot.place)]))
    end = slot.end.isoformat("minutes") if slot.end else None
    return {"date": slot.day.isoformat(), "from": slot.start.isoformat("minutes"), "to": end, "place": place}


def _address(address: Address) -> str:
    number = f"{address.house_number or ''}{address.house_number_suffix or ''}"
    return f"{address.street} {number}".strip() + f", {address.postcode} {address.place}"
