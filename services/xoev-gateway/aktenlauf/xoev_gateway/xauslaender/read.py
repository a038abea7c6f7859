"""XML of XAusländer 26.11 to messages.

Reading takes what it needs and names what it left (`header.unmapped`), so that a case page can say "the
message contains more". It does not judge order or cardinality beyond that: whether a message is valid is for
`Schemas.check`, which a caller asks first.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from lxml import etree

from . import codes
from .errors import Unreadable
from .messages import (
    ANSWERS,
    FROM_PORTAL,
    MESSAGES,
    NAMESPACE,
    STANDARD,
    VERSION,
    Answer,
    Application,
    Appointment,
    AppointmentSlot,
    Authority,
    Header,
    Message,
    Question,
    Status,
    Withdrawal,
)
from .node import Node
from .parse import MESSAGE_MAX_BYTES, parse
from .read_parts import (
    get_address,
    get_attachment,
    get_contact,
    get_day,
    get_evidence,
    get_maybe_day,
    get_maybe_document,
    get_person,
    get_postal,
)

_TYPES: dict[str, type[Message]] = {kind.element: kind for kind in MESSAGES}
_EDITION = re.compile(r"http://www\.osci\.de/xauslaender([0-9]{2})([0-9]{2})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_GERMANY = ZoneInfo("Europe/Berlin")


def read(data: bytes, *, max_bytes: int = MESSAGE_MAX_BYTES) -> Message:
    """The message in `data`. Raises Unreadable(where, what), `where` being the path of an element."""
    element = parse(data, max_bytes=max_bytes)
    kind = _kind(element)
    root = Node(element, f"/{kind.element}", True, set())
    header = _header(root, kind)
    message = _BODIES[kind](root, header)
    left = tuple(dict.fromkeys(root.unseen()))
    return replace(message, header=replace(header, unmapped=left)) if left else message


def _kind(element: etree._Element) -> type[Message]:
    name = etree.QName(element)
    if name.namespace != NAMESPACE:
        edition = _EDITION.fullmatch(name.namespace or "")
        found = f"XAusländer {edition[1]}.{edition[2]}" if edition else "not XAusländer"
        raise Unreadable("/", f"is {found}; {VERSION} is read")
    kind = _TYPES.get(name.localname)
    if kind is None:
        raise Unreadable("/", "is a message type that is not read here")
    if element.get("standard") != STANDARD or element.get("version") != VERSION:
        raise Unreadable(f"/{kind.element}", f"does not declare standard {STANDARD}, version {VERSION}")
    return kind


def _header(root: Node, kind: type[Message]) -> Header:
    plain = root.plain()
    head = plain.one("nachrichtenkopf.g2g")
    ident = head.one("identifikation.nachricht")
    declared = ident.one("nachrichtentyp")
    if declared.code(codes.MESSAGE_TYPE) != kind.type:
        raise Unreadable(declared.where, f"contradicts the element {kind.element}")
    return Header(
        message_id=ident.one("nachrichtenUUID").parsed(_UUID, UUID),
        created=ident.one("erstellungszeitpunkt").parsed(_INSTANT, datetime.fromisoformat),
        reader=_authority(head.one("leser"), plain.maybe("anschrift.leser")),
        author=_authority(head.one("autor"), plain.one("anschrift.autor")),
        application_id=root.text("antragsidentifikation"),
        return_channel=root.one("rueckkanalVorhanden").flag() if kind in FROM_PORTAL else None,
        trigger=root.one("ausloeserUUID").parsed(_UUID, UUID) if kind in ANSWERS else None,
        test=root.attribute("test"),
    )


def _authority(node: Node, postal: Node | None) -> Authority:
    directory = node.one("verzeichnisdienst")
    if directory.code(codes.DIRECTORY) not in codes.DIRECTORY.labels:
        raise Unreadable(directory.where, "is a directory other than DVDV")
    return Authority(
        id=node.text("kennung"),
        name=node.text("name"),
        address=None if postal is None else get_postal(postal),
        contacts=tuple(get_contact(contact) for contact in node.many("erreichbarkeit")),
    )


def _application(root: Node, header: Header) -> Application:
    summary = root.maybe("antragszusammenfassung")
    return Application(
        header=header,
        filed_on=get_day(root.one("antragsdatum")),
        reason=root.one("grundDesAntrags").code(codes.REASON),
        purpose=root.one("grundDesAufenthalts").code(codes.PURPOSE),
        person=get_person(root.one("angabenZurPerson")),
        first_entry=get_maybe_day(root, "ersteinreisedatum"),
        condition_change=root.maybe_text("grundAenderungNebenbestimmung"),
        summary=None if summary is None else get_attachment(summary),
        evidence=tuple(get_evidence(each) for each in root.many("nachweis")),
        remark=root.maybe_text("sonstigeAnmerkung"),
        linked=tuple(each.content() for each in root.many("verbundenerAntrag")),
    )


def _question(root: Node, header: Header) -> Question:
    due = get_maybe_day(root, "fristdatum")
    return Question(header, root.text("frage"), due, get_maybe_document(root, "anlage"))


def _answer(root: Node, header: Header) -> Answer:
    attachments = tuple(get_attachment(each) for each in root.many("unterlage"))
    return Answer(header, attachments, root.maybe_text("antworttext"))


def _status(root: Node, header: Header) -> Status:
    return Status(header, root.one("status").code(codes.STATUS), get_maybe_document(root, "anhang"))


def _appointment(root: Node, header: Header) -> Appointment:
    slot = root.maybe("strukturierteTermininformationen")
    return Appointment(
        header=header,
        slot=None if slot is None else _slot(slot),
        letter=get_maybe_document(root, "terminmitteilung"),
        booking_url=root.maybe_text("onlinevergabe"),
        fee_notice=get_maybe_document(root, "gebuehrenmitteilung"),
        hints=root.maybe_text("weitereHinweise"),
    )


def _slot(node: Node) -> AppointmentSlot:
    day = get_day(node.one("datum"))
    day_there, start = _local(day, node.one("uhrzeitAb"))
    until = node.maybe("uhrzeitBis")
    return AppointmentSlot(
        day=day_there,
        start=start,
        end=None if until is None else _local(day, until)[1],
        place=get_address(node.one("ort", own=False)),
        place_details=node.maybe_text("weitereAngabenZumOrt"),
    )


def _local(day: date, node: Node) -> tuple[date, time]:
    """xs:time may name an offset: then it is turned into the German clock, and the day with it."""
    clock = node.parsed(_TIME, time.fromisoformat)
    if clock.tzinfo is None:
        return day, clock
    try:
        there = datetime.combine(day, clock).astimezone(_GERMANY)
    except OverflowError:
        raise Unreadable(node.where, "has an impossible value") from None
    return there.date(), there.time()


def _withdrawal(root: Node, header: Header) -> Withdrawal:
    return Withdrawal(header)


_BODIES: dict[type[Message], Callable[[Node, Header], Message]] = {
    Application: _application,
    Question: _question,
    Answer: _answer,
    Status: _status,
    Appointment: _appointment,
    Withdrawal: _withdrawal,
}
