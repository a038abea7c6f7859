"""Messages to XML that is valid against XAusländer 26.11.

The order of the elements is the schema's. What the schema would refuse is refused here first, by the name of
our field, so that a caller can put it right; the tests hold the two together.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from lxml import etree

from . import codes, din91379
from .build import Branch
from .errors import NotWritable
from .messages import (
    ANSWERS,
    FROM_PORTAL,
    NAMESPACE,
    STANDARD,
    VERSION,
    Address,
    Answer,
    Application,
    Appointment,
    AppointmentSlot,
    Authority,
    Document,
    Evidence,
    Header,
    Message,
    PostBox,
    Product,
    Question,
    Status,
    Withdrawal,
)
from .parse import MESSAGE_MAX_BYTES
from .write_parts import put_address, put_attachment, put_contact, put_document, put_person, put_post_box


def write(message: Message, product: Product) -> bytes:
    """`message` as UTF-8 XML. Raises NotWritable(where, what) naming the field that does not fit."""
    root = etree.Element(f"{{{NAMESPACE}}}{message.element}", nsmap={"xauslaender": NAMESPACE})
    _attributes(root, product, message.header)
    branch = Branch(root, "", own=True)
    _head(branch, message)
    _BODIES[type(message)](branch, message)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if len(data) > MESSAGE_MAX_BYTES:
        raise NotWritable("", f"{len(data)} bytes, at most {MESSAGE_MAX_BYTES} are exchanged")
    return data


def _attributes(root: etree._Element, product: Product, header: Header) -> None:
    root.set("produkt", din91379.checked("product.name", product.name))
    root.set("produkthersteller", din91379.checked("product.vendor", product.vendor))
    root.set("produktversion", din91379.checked("product.version", product.version))
    root.set("standard", STANDARD)
    if header.test is not None:
        root.set("test", din91379.checked("header.test", header.test))
    root.set("version", VERSION)


def _head(root: Branch, message: Message) -> None:
    header = message.header
    _check_kind(message)
    plain = Branch(root.element, "header", own=False)
    head = plain.branch("nachrichtenkopf.g2g")
    ident = head.branch("identifikation.nachricht")
    ident.raw("nachrichtenUUID", str(header.message_id))
    ident.code("nachrichtentyp", "type", message.type, codes.MESSAGE_TYPE)
    ident.raw("erstellungszeitpunkt", _instant(header.created))
    _authority(head.branch("leser", "reader"), header.reader)
    _authority(head.branch("autor", "author"), header.author)
    if not header.author.contacts:
        raise NotWritable("header.author.contacts", "an author must name at least one contact")
    _postal(plain, "anschrift.leser", "reader", header.reader.address)
    if header.author.address is None:
        raise NotWritable("header.author.address", "an author must have an address")
    _postal(plain, "anschrift.autor", "author", header.author.address)
    own = Branch(root.element, "header", own=True)
    own.text("antragsidentifikation", "application_id", header.application_id)
    if header.return_channel is not None:
        own.raw("rueckkanalVorhanden", "true" if header.return_channel else "false")
    if header.trigger is not None:
        own.raw("ausloeserUUID", str(header.trigger))


def _check_kind(message: Message) -> None:
    """return_channel and trigger exist for some types only, and there they must."""
    header = message.header
    _only_if(isinstance(message, FROM_PORTAL), header.return_channel is not None, "return_channel", message)
    _only_if(isinstance(message, ANSWERS), header.trigger is not None, "trigger", message)
    if header.unmapped:
        raise NotWritable("header.unmapped", "was read from a message with more in it, which would be lost")


def _only_if(wanted: bool, given: bool, field: str, message: Message) -> None:
    if wanted and not given:
        raise NotWritable(f"header.{field}", f"{message.type} must have it")
    if given and not wanted:
        raise NotWritable(f"header.{field}", f"{message.type} cannot carry it")


def _instant(moment: datetime) -> str:
    # basisnachricht g2g 1.1: milliseconds and zone are mandatory.
    if moment.utcoffset() is None:
        raise NotWritable("header.created", "has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _authority(branch: Branch, authority: Authority) -> None:
    prefix, _, number = authority.id.partition(":")
    if not prefix or not number:
        raise NotWritable(branch.at("id"), "is not prefix:number as in DVDV")
    branch.code("verzeichnisdienst", "", "DVDV", codes.DIRECTORY)
    branch.text("kennung", "id", authority.id)
    branch.text("name", "name", authority.name)
    branch.each("erreichbarkeit", "contacts", authority.contacts, put_contact)


def _postal(branch: Branch, tag: str, field: str, address: Address | PostBox | None) -> None:
    match address:
        case Address():
            put_address(branch.branch(tag, f"{field}.address").branch("gebaeude"), address)
        case PostBox():
            put_post_box(branch.branch(tag, f"{field}.address").branch("postfach"), address)


def _application(root: Branch, message: Application) -> None:
    root.raw("antragsdatum", message.filed_on.isoformat())
    root.code("grundDesAntrags", "reason", message.reason, codes.REASON)
    if message.first_entry is not None:
        root.raw("ersteinreisedatum", message.first_entry.isoformat())
    root.text("grundAenderungNebenbestimmung", "condition_change", message.condition_change, prose=True)
    root.code("grundDesAufenthalts", "purpose", message.purpose, codes.PURPOSE)
    put_person(root.branch("angabenZurPerson", "person"), message.person)
    if message.summary is not None:
        put_attachment(root.branch("antragszusammenfassung", "summary"), message.summary)
    root.each("nachweis", "evidence", message.evidence, _evidence)
    root.text("sonstigeAnmerkung", "remark", message.remark, prose=True)
    for index, linked in enumerate(message.linked):
        root.text("verbundenerAntrag", f"linked[{index}]", linked)


def _evidence(branch: Branch, evidence: Evidence) -> None:
    put_attachment(branch, evidence)
    branch.text("bezeichnung", "label", evidence.label, prose=True)


def _question(root: Branch, message: Question) -> None:
    root.text("frage", "text", message.text, prose=True)
    if message.due is not None:
        root.raw("fristdatum", message.due.isoformat())
    _document(root, "anlage", "attachment", message.attachment)


def _answer(root: Branch, message: Answer) -> None:
    root.each("unterlage", "attachments", message.attachments, put_attachment)
    root.text("antworttext", "text", message.text, prose=True)


def _status(root: Branch, message: Status) -> None:
    root.code("status", "code", message.code, codes.STATUS)
    _document(root, "anhang", "attachment", message.attachment)


def _appointment(root: Branch, message: Appointment) -> None:
    if message.slot is not None:
        _slot(root.branch("strukturierteTermininformationen", "slot"), message.slot)
    _document(root, "terminmitteilung", "letter", message.letter)
    root.text("onlinevergabe", "booking_url", message.booking_url)
    _document(root, "gebuehrenmitteilung", "fee_notice", message.fee_notice)
    root.text("weitereHinweise", "hints", message.hints, prose=True)


def _slot(branch: Branch, slot: AppointmentSlot) -> None:
    branch.raw("datum", slot.day.isoformat())
    branch.raw("uhrzeitAb", _local(branch.at("start"), slot.start))
    if slot.end is not None:
        branch.raw("uhrzeitBis", _local(branch.at("end"), slot.end))
    put_address(branch.branch("ort", "place", own=False), slot.place)
    branch.text("weitereAngabenZumOrt", "place_details", slot.place_details, prose=True)


def _local(where: str, clock: time) -> str:
    if clock.tzinfo is not None:
        raise NotWritable(where, "is local time of the place and has no time zone")
    return clock.isoformat()


def _withdrawal(root: Branch, message: Withdrawal) -> None:
    """130111 has no body."""


def _document(root: Branch, tag: str, field: str, document: Document | None) -> None:
    if document is not None:
        put_document(root.branch(tag, field), document)


_BODIES: dict[type[Message], Callable[[Branch, Any], None]] = {
    Application: _application,
    Question: _question,
    Answer: _answer,
    Status: _status,
    Appointment: _appointment,
    Withdrawal: _withdrawal,
}
