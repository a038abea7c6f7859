"""Writing what several messages share: addresses, contacts, files, dates, the person."""

import base64
import re
from typing import Final

from . import codes, din91379
from .build import Branch
from .errors import NotWritable
from .messages import (
    Address,
    Attachment,
    Birth,
    Contact,
    Document,
    MaritalStatus,
    PartialDate,
    Passport,
    Person,
    PostBox,
    ResidenceDocument,
)
from .parse import TEXT_MAX_CHARS

DOCUMENT_MAX_BYTES: Final = TEXT_MAX_CHARS // 4 * 3  # what becomes one base64 text that a reader accepts
HEIGHT_MAX_CM: Final = 999
NATIONALITIES_MAX: Final = 4

# XInneres Meldeanschrift 5: shapes of the parts of an address.
# \p{L} in the schema: validators built on libxml2 do not count the capital ẞ (Unicode 5.1) as a letter yet.
ADDRESS_LETTERS: Final = "".join(sorted(din91379.LETTERS - {"ẞ"}))
_POSTCODE = re.compile(r"[0-9 ]{1,5}"), "is up to 5 digits"
_HOUSE_NUMBER = re.compile(r"[0-9 ]{1,4}"), "is up to 4 digits; letters go into house_number_suffix"
_SUFFIX = re.compile(f"[{ADDRESS_LETTERS}0-9./ ]{{1,4}}"), "is up to 4 letters, digits, dots or slashes"
_FLAT = re.compile(f"[{ADDRESS_LETTERS}0-9. ]{{1,4}}"), "is up to 4 letters or digits"


def put_address(branch: Branch, address: Address) -> None:
    """PostalischeInlandsanschrift.Basis and, as that without a range of numbers, Gebaeudeanschrift."""
    branch.shaped("hausnummer", "house_number", address.house_number, *_HOUSE_NUMBER)
    branch.shaped("hausnummerBuchstabeZusatzziffer", "house_number_suffix", address.house_number_suffix, *_SUFFIX)
    branch.shaped("postleitzahl", "postcode", address.postcode, *_POSTCODE)
    branch.shaped("stockwerkswohnungsnummer", "flat", address.flat, *_FLAT)
    branch.text("strasse", "street", address.street)
    branch.text("teilnummerDerHausnummer", "house_number_part", address.house_number_part)
    branch.text("wohnort", "place", address.place)
    branch.text("wohnortFruehererGemeindename", "former_place", address.former_place)
    branch.text("wohnungsinhaber", "occupant", address.occupant)
    branch.text("zusatzangaben", "addition", address.addition)


def put_post_box(branch: Branch, box: PostBox) -> None:
    """PostalischeInlandsanschrift.Postfachanschrift."""
    branch.text("postfach", "box", box.box)
    branch.text("wohnort", "place", box.place)
    branch.shaped("postleitzahl", "postcode", box.postcode, *_POSTCODE)


def put_contact(branch: Branch, contact: Contact) -> None:
    """KommunikationType of the basisnachricht: its children belong to no namespace."""
    plain = Branch(branch.element, branch.where, own=False)
    plain.code("kanal", "channel", contact.channel, codes.CHANNEL)
    plain.text("kennung", "value", contact.value)
    plain.text("zusatz", "note", contact.note, prose=True)


def put_document(branch: Branch, document: Document) -> None:
    """OZG.Dokument."""
    branch.raw("dokument", _base64(branch, document))
    _format(branch, document)


def put_attachment(branch: Branch, attachment: Attachment) -> None:
    """OZG.DokumentOderReferenz, always with the document itself."""
    branch.branch("dokumentOderReferenz").raw("dokument", _base64(branch, attachment))
    _format(branch, attachment)
    branch.text("dateiname", "name", attachment.name, prose=True)


def _base64(branch: Branch, document: Document) -> str:
    size = len(document.content)
    if not 0 < size <= DOCUMENT_MAX_BYTES:
        raise NotWritable(branch.at("content"), f"{size} bytes; a file has 1 to {DOCUMENT_MAX_BYTES}")
    return base64.b64encode(document.content).decode("ascii")


def _format(branch: Branch, document: Document) -> None:
    if document.media_type not in codes.MEDIA_TYPES:
        known = ", ".join(codes.MEDIA_TYPES)
        raise NotWritable(branch.at("media_type"), f"is none of {known}")
    branch.code("dokumententyp", "media_type", codes.MEDIA_TYPES[document.media_type], codes.DOCUMENT_FORMAT)


def put_person(branch: Branch, person: Person) -> None:
    """OZG.Person."""
    _name(branch, "vorname", "given_names", person.given_names)
    _name(branch, "familienname", "family_name", person.family_name)
    for index, name in enumerate(person.other_names):
        branch.text("weitererName", f"other_names[{index}]", name)
    sex = branch.branch("geschlecht")
    if person.sex is not None:
        sex.code("geschlecht", "sex", person.sex, codes.SEX)
    _birth(branch.branch("geburt", "birth"), person.birth)
    _height(branch, person.height_cm)
    _marital_status(branch, person.marital_status)
    if not 1 <= len(person.nationalities) <= NATIONALITIES_MAX:
        raise NotWritable(branch.at("nationalities"), f"are 1 to {NATIONALITIES_MAX}")
    branch.each("staatsangehoerigkeit", "nationalities", person.nationalities, _nationality)
    if person.address is not None:
        put_address(branch.branch("anschrift", "address", own=False), person.address)
    branch.each("kommunikation", "contacts", person.contacts, put_contact)
    if person.residence_document is not None:
        held = branch.branch("aufenthaltsdokument", "residence_document")
        _residence_document(held, person.residence_document)
    if person.passport is not None:
        _passport(branch.branch("ausweisdokument", "passport"), person.passport)


def _name(branch: Branch, tag: str, field: str, name: str | None) -> None:
    child = branch.branch(tag, field, own=False)
    if name is None:
        child.raw("nichtVorhanden", "true")
    else:
        child.text("name", "", name)


def _birth(branch: Branch, birth: Birth) -> None:
    place = branch.branch("geburtsort")
    if birth.place is None:
        place.raw("unbekannt", "true")
    else:
        place.text("ort", "place", birth.place)
    if birth.country is not None:
        _nationality(branch.branch("geburtsortStaat", "country"), birth.country)
    day = branch.branch("tagDerGeburt", own=False)
    if birth.day is None:
        day.raw("unbekannt", "true")
    else:
        _partial_date(day.branch("teilbekanntesDatum"), birth.day)
    branch.text("geburtsortbezirk", "district", birth.district)


def _partial_date(branch: Branch, day: PartialDate) -> None:
    if day.month is None:
        branch.raw("jahr", f"{day.year:04}")
    elif day.day is None:
        branch.raw("jahrMonat", f"{day.year:04}-{day.month:02}")
    else:
        branch.raw("jahrMonatTag", f"{day.year:04}-{day.month:02}-{day.day:02}")


def _height(branch: Branch, height_cm: int | None) -> None:
    if height_cm is None:
        return
    if not 0 < height_cm <= HEIGHT_MAX_CM:
        raise NotWritable(branch.at("height_cm"), f"is 1 to {HEIGHT_MAX_CM}")
    branch.branch("personenbeschreibung").raw("koerpergroesse", str(height_cm))


def _marital_status(branch: Branch, status: MaritalStatus) -> None:
    child = branch.branch("familienstand", "marital_status")
    child.code("familienstand", "code", status.code, codes.MARITAL_STATUS)
    if status.separated:
        child.raw("getrenntLebend", "true")
    if status.since is not None:
        _partial_date(branch.branch("familienstandOderGetrenntlebendSeit", own=False), status.since)


def _nationality(branch: Branch, code: str) -> None:
    branch.code("staatsangehoerigkeit", "", code, codes.NATIONALITY)


def _residence_document(branch: Branch, held: ResidenceDocument) -> None:
    if held.pages and held.visa_free_reason is not None:
        raise NotWritable(branch.where, "has pages or a visa-free reason, not both")
    if held.pages:
        branch.each("aufenthaltsdokument", "pages", held.pages, put_document)
    elif held.visa_free_reason is not None:
        branch.text("visumsfreieEinreise", "visa_free_reason", held.visa_free_reason, prose=True)
    else:
        branch.raw("deutschesAufenthaltsdokumentVorhanden", "true")


def _passport(branch: Branch, passport: Passport) -> None:
    if not passport.pages:
        raise NotWritable(branch.at("pages"), "a passport has at least one page")
    branch.each("ausweisseite", "pages", passport.pages, put_document)
    validity = branch.branch("gueltigkeitszeitraum")
    validity.raw("von", passport.valid_from.isoformat())
    validity.raw("bis", passport.valid_until.isoformat())
    branch.text("seriennummer", "number", passport.number)
