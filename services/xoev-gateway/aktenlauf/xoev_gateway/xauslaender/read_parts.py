"""Reading what several messages share: addresses, contacts, files, dates, the person."""

import base64
import binascii
import re
from datetime import date

from . import codes
from .errors import Unreadable
from .messages import (
    Address,
    Attachment,
    Birth,
    Contact,
    Document,
    Evidence,
    MaritalStatus,
    PartialDate,
    Passport,
    Person,
    PostBox,
    ResidenceDocument,
)
from .node import Node

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL = {
    "jahrMonatTag": _DAY,
    "jahrMonat": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "jahr": re.compile(r"[0-9]{4}"),
}
_HEIGHT = re.compile(r"[0-9]{1,3}")
_MEDIA_TYPES = {code: media_type for media_type, code in codes.MEDIA_TYPES.items()}


def get_day(node: Node) -> date:
    """Tagesdatum."""
    return node.parsed(_DAY, date.fromisoformat)


def get_maybe_day(node: Node, tag: str) -> date | None:
    found = node.maybe(tag)
    return None if found is None else get_day(found)


def get_address(node: Node) -> Address:
    """PostalischeInlandsanschrift.Basis; the node's children belong to no namespace."""
    return Address(
        street=node.text("strasse"),
        postcode=node.text("postleitzahl"),
        place=node.text("wohnort"),
        house_number=node.maybe_text("hausnummer"),
        house_number_suffix=node.maybe_text("hausnummerBuchstabeZusatzziffer"),
        house_number_part=node.maybe_text("teilnummerDerHausnummer"),
        flat=node.maybe_text("stockwerkswohnungsnummer"),
        former_place=node.maybe_text("wohnortFruehererGemeindename"),
        occupant=node.maybe_text("wohnungsinhaber"),
        addition=node.maybe_text("zusatzangaben"),
    )


def get_postal(node: Node) -> Address | PostBox:
    """PostalischeInlandsanschrift: a building or a post-office box."""
    building = node.maybe("gebaeude")
    if building is not None:
        return get_address(building)
    box = node.one("postfach")
    return PostBox(box.text("postleitzahl"), box.text("wohnort"), box.maybe_text("postfach"))


def get_contact(node: Node) -> Contact:
    """KommunikationType."""
    plain = node.plain()
    channel = plain.one("kanal").code(codes.CHANNEL)
    return Contact(channel, plain.text("kennung"), plain.maybe_text("zusatz"))


def get_document(node: Node) -> Document:
    """OZG.Dokument."""
    return Document(_content(node.one("dokument")), _media_type(node))


def get_maybe_document(node: Node, tag: str) -> Document | None:
    found = node.maybe(tag)
    return None if found is None else get_document(found)


def get_attachment(node: Node) -> Attachment:
    """OZG.DokumentOderReferenz. Unreadable if it only refers to a file delivered apart from the message."""
    return Attachment(_embedded(node), _media_type(node), name=node.maybe_text("dateiname"))


def get_evidence(node: Node) -> Evidence:
    """OZG.DokumentOderReferenzErweitert."""
    label = node.text("bezeichnung")
    return Evidence(_embedded(node), _media_type(node), name=node.maybe_text("dateiname"), label=label)


def _embedded(node: Node) -> bytes:
    either = node.one("dokumentOderReferenz")
    reference = either.maybe("dokumentuuid")
    if reference is not None:
        raise Unreadable(reference.where, "files delivered in packages (000040) are not supported")
    return _content(either.one("dokument"))


def _content(node: Node) -> bytes:
    try:
        return base64.b64decode("".join(node.content().split()), validate=True)
    except binascii.Error:
        raise Unreadable(node.where, "is not base64") from None


def _media_type(node: Node) -> str:
    return _MEDIA_TYPES[node.one("dokumententyp").code(codes.DOCUMENT_FORMAT)]


def get_person(node: Node) -> Person:
    """OZG.Person."""
    description = node.maybe("personenbeschreibung")
    height = description.maybe("koerpergroesse") if description is not None else None
    address = node.maybe("anschrift", own=False)
    held = node.maybe("aufenthaltsdokument")
    passport = node.maybe("ausweisdokument")
    return Person(
        given_names=_name(node.one("vorname", own=False)),
        family_name=_name(node.one("familienname", own=False)),
        sex=_sex(node.one("geschlecht")),
        birth=_birth(node.one("geburt")),
        marital_status=_marital_status(node),
        nationalities=_nationalities(node),
        other_names=tuple(name.content() for name in node.many("weitererName")),
        height_cm=None if height is None else height.parsed(_HEIGHT, int),
        address=None if address is None else get_address(address),
        contacts=tuple(get_contact(contact) for contact in node.many("kommunikation")),
        residence_document=None if held is None else _residence_document(held),
        passport=None if passport is None else _passport(passport),
    )


def _name(node: Node) -> str | None:
    return None if node.says("nichtVorhanden") else node.text("name")


def _sex(node: Node) -> str | None:
    found = node.maybe("geschlecht")
    return None if found is None else found.code(codes.SEX)


def _birth(node: Node) -> Birth:
    place = node.one("geburtsort")
    country = node.maybe("geburtsortStaat")
    day = node.one("tagDerGeburt", own=False)
    return Birth(
        place=None if place.says("unbekannt") else place.text("ort"),
        day=None if day.says("unbekannt") else _partial_date(day.one("teilbekanntesDatum")),
        country=None if country is None else _nationality(country),
        district=node.maybe_text("geburtsortbezirk"),
    )


def _partial_date(node: Node) -> PartialDate:
    for tag, shape in _PARTIAL.items():
        found = node.maybe(tag)
        if found is not None:
            return found.parsed(shape, lambda text: PartialDate(*map(int, text.split("-"))))
    raise Unreadable(node.where, "holds neither day nor month nor year")


def _marital_status(node: Node) -> MaritalStatus:
    status = node.one("familienstand")
    since = node.maybe("familienstandOderGetrenntlebendSeit", own=False)
    return MaritalStatus(
        code=status.one("familienstand").code(codes.MARITAL_STATUS),
        separated=status.says("getrenntLebend"),
        since=None if since is None else _partial_date(since),
    )


def _nationalities(node: Node) -> tuple[str, ...]:
    found = tuple(_nationality(each) for each in node.many("staatsangehoerigkeit"))
    if not found:
        raise Unreadable(node.at("staatsangehoerigkeit"), "is missing")
    return found


def _nationality(node: Node) -> str:
    return node.one("staatsangehoerigkeit").code(codes.NATIONALITY)


def _residence_document(node: Node) -> ResidenceDocument:
    pages = tuple(get_document(page) for page in node.many("aufenthaltsdokument"))
    reason = node.maybe_text("visumsfreieEinreise")
    if not pages and reason is None and not node.says("deutschesAufenthaltsdokumentVorhanden"):
        raise Unreadable(node.where, "is empty")
    return ResidenceDocument(pages, reason)


def _passport(node: Node) -> Passport:
    validity = node.one("gueltigkeitszeitraum")
    return Passport(
        pages=tuple(get_document(page) for page in node.many("ausweisseite")),
        valid_from=get_day(validity.one("von")),
        valid_until=get_day(validity.one("bis")),
        number=node.text("seriennummer"),
    )
