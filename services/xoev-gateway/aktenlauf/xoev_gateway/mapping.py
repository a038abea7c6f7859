"""From what happened in a case to the messages of XAusländer. Pure: everything comes in as values.

Written to the office: 130101, 130103, 130111. Written to the portal: 130102, 130104, 130105. The portal acts for the
authority whose service it offers, and names that authority's address. Source: XAusländer 26.11, chapter OZG.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.offices import Mode, Office
from aktenlauf.contracts.scheduling import Slot
from aktenlauf.contracts.xoev_gateway import Direction
from aktenlauf.xoev_gateway.answers import Answers, lines
from aktenlauf.xoev_gateway.papers import Paper, Papers, label_of
from aktenlauf.xoev_gateway.person import EMAIL, IN_PASSPORT, IN_PERSON, LANDLINE, WEB, address_of, person_of
from aktenlauf.xoev_gateway.prose import file_name
from aktenlauf.xoev_gateway.xauslaender import (
    Address,
    Answer,
    Application,
    Appointment,
    AppointmentSlot,
    Attachment,
    Authority,
    Contact,
    Document,
    Evidence,
    Header,
    Person,
    Question,
    Status,
    Withdrawal,
)

WrittenType = Literal["130101", "130102", "130103", "130104", "130105", "130111"]
DIRECTIONS: dict[WrittenType, Direction] = {
    "130101": "to-office",
    "130103": "to-office",
    "130111": "to-office",
    "130102": "to-portal",
    "130104": "to-portal",
    "130105": "to-portal",
}
WRITERS: dict[Direction, frozenset[Mode]] = {
    "to-office": frozenset({"fachverfahren", "both"}),
    "to-portal": frozenset({"review", "both"}),
}
"""In which modes an office's messages of a direction are written at all."""
TEST_MARK = "Testnachricht"
ENTRY = "entry.first_on"
BRING = "Bitte bringen Sie Ihren Pass mit. Wenn Sie verhindert sind, sagen Sie den Termin bitte im Antragsportal ab."
_BERLIN = ZoneInfo("Europe/Berlin")
_ONE_LINE = re.compile(r"(?P<street>.+?) (?P<number>[0-9]{1,4}[^,]{0,5}), (?P<postcode>[0-9]{5}) (?P<place>.+)")


@dataclass(frozen=True)
class Envelope:
    """What the header of one message says. `url`: the portal's; `test`: not to be processed in production."""

    office: Office
    message: str
    at: datetime
    number: str
    url: str
    test: bool


def is_written(type_: WrittenType, office: Office) -> bool:
    """Whether Aktenlauf writes messages of this type in the cases of this office."""
    return office.mode in WRITERS[DIRECTIONS[type_]]


def is_read(office: Office) -> bool:
    """Whether the office has a system of its own whose messages are read."""
    return office.mode in WRITERS["to-office"]


def application(
    envelope: Envelope, service: str, answers: Answers, papers: Papers, summary: Attachment | None
) -> Application:
    """130101. What has no element of its own is in the remark and in the summary."""
    offered = catalogue().services[service]
    person = person_of(answers, papers.papers)
    elsewhere = IN_PERSON | {ENTRY} | (IN_PASSPORT if person.passport else frozenset())
    remark = [*papers.remarks, *lines(offered, answers, elsewhere)]
    entered = answers.get(ENTRY)
    return Application(
        header=_to_office(envelope),
        filed_on=envelope.at.astimezone(_BERLIN).date(),
        reason=offered.standard.antragsgrund,
        purpose=offered.standard.aufenthaltsgrund,
        person=person,
        first_entry=date.fromisoformat(entered) if entered else None,
        summary=summary,
        evidence=tuple(_evidence(paper) for paper in papers.papers if not _is_in_person(paper, person)),
        remark="\n".join(remark) or None,
    )


def answer(envelope: Envelope, trigger: str, text: str | None, papers: Papers, letter: bytes | None = None) -> Answer:
    """130103. Its attachments have no label, so the text lists them; `letter` is the text as PDF."""
    said = [text] if text else []
    if papers.papers:
        said.append("\n".join(["Beigefügt:", *(f"- {p.label}: {file_name(p.name)}" for p in papers.papers)]))
    said += papers.remarks
    attached = [attachment(paper.content, paper.media_type, paper.name) for paper in papers.papers]
    if letter is not None:
        attached.insert(0, attachment(letter, "application/pdf", "Antwort.pdf"))
    header = replace(_to_office(envelope), trigger=UUID(trigger))
    return Answer(header, tuple(attached), "\n\n".join(said) or None)


def withdrawal(envelope: Envelope) -> Withdrawal:
    """130111."""
    return Withdrawal(_to_office(envelope))


def question(
    envelope: Envelope,
    trigger: str,
    text: str,
    evidence: Sequence[str],
    due: date | None,
    letter: bytes | None = None,
) -> Question:
    """130102. `evidence`: kinds of the catalogue that are asked for; `letter` is the text as PDF."""
    said = [text] if text else []
    if evidence:
        said.append("\n".join(["Bitte reichen Sie nach:", *(f"- {label_of(kind)}" for kind in evidence)]))
    attached = Document(letter, "application/pdf") if letter is not None else None
    return Question(_to_portal(envelope, trigger), "\n\n".join(said), due, attached)


def status(envelope: Envelope, trigger: str, code: str, notice: bytes | None = None) -> Status:
    """130104."""
    attached = Document(notice, "application/pdf") if notice is not None else None
    return Status(_to_portal(envelope, trigger), code, attached)


def appointment(envelope: Envelope, trigger: str, slot: Slot, released: Slot | None = None) -> Appointment:
    """130105. `released`: the place that was given back when the appointment was moved."""
    start = slot.start.astimezone(_BERLIN)
    end = (slot.start + timedelta(minutes=slot.minutes)).astimezone(_BERLIN)
    address, details = _place(envelope.office, slot.place)
    when = AppointmentSlot(
        day=start.date(),
        start=start.time(),
        end=end.time() if end.date() == start.date() else None,
        place=address,
        place_details=details,
    )
    hints = [BRING]
    if released is not None:
        gone = released.start.astimezone(_BERLIN)
        hints.insert(0, f"Der Termin am {gone:%d.%m.%Y} um {gone:%H:%M} Uhr findet nicht statt.")
    return Appointment(_to_portal(envelope, trigger), slot=when, hints=" ".join(hints))


def attachment(content: bytes, media_type: str, name: str) -> Attachment:
    """A file with its name as far as XAusländer can write it."""
    return Attachment(content, media_type, name=file_name(name))


def _is_in_person(paper: Paper, person: Person) -> bool:
    """Its pages stand with the passport or the residence document and need not be sent twice."""
    return paper.kind == "residence_title" or (paper.kind == "passport" and person.passport is not None)


def _evidence(paper: Paper) -> Evidence:
    return Evidence(paper.content, paper.media_type, name=file_name(paper.name), label=paper.label)


def _to_office(envelope: Envelope) -> Header:
    office = envelope.office
    header = _header(envelope, reader=_authority(office), author=_portal(office, envelope.url))
    return replace(header, return_channel=True)


def _to_portal(envelope: Envelope, trigger: str) -> Header:
    office = envelope.office
    header = _header(envelope, reader=_portal(office, envelope.url), author=_authority(office))
    return replace(header, trigger=UUID(trigger))


def _header(envelope: Envelope, reader: Authority, author: Authority) -> Header:
    return Header(
        message_id=UUID(envelope.message),
        created=envelope.at,
        reader=reader,
        author=author,
        application_id=envelope.number,
        test=TEST_MARK if envelope.test else None,
    )


def _authority(office: Office) -> Authority:
    contact = office.contact
    contacts = (Contact(EMAIL, contact.email), Contact(LANDLINE, contact.phone), Contact(WEB, contact.website))
    return Authority(office.dvdv, f"{office.authority}, {office.name}", _address(office), contacts)


def _portal(office: Office, url: str) -> Authority:
    name = f"{office.authority}, Antragsportal Aufenthalt"
    return Authority(office.portal, name, _address(office), (Contact(WEB, url), Contact(EMAIL, office.contact.email)))


def _address(office: Office) -> Address:
    a = office.address
    return address_of(a.street, a.house_number, a.postcode, a.city)


def _place(office: Office, key: str) -> tuple[Address, str | None]:
    """Where to go, and the room. A place that the register does not know any more is at the office's address."""
    place = office.place(key)
    match = _ONE_LINE.fullmatch(place.address) if place else None
    if place is None:
        return _address(office), None
    details = f"{place.name}, {place.room}"
    if match is None:
        return _address(office), f"{details}, {place.address}"
    return address_of(match["street"], match["number"], match["postcode"], match["place"]), details
