"""The messages as values. They hold anything; what XAusländer can carry is decided by `write`.

Codes are strings of the list named beside them (`codes`). Texts must fit DIN 91379 data type C. A field
that is None is left out of the message, unless its comment says that None has a meaning of its own.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

NAMESPACE = "http://www.osci.de/xauslaender2611"
STANDARD = "XAusländer"
VERSION = "26.11"


@dataclass(frozen=True, slots=True)
class Product:
    """The software that writes, as named in every message for the case of an error."""

    name: str
    vendor: str
    version: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address in Germany (PostalischeInlandsanschrift)."""

    street: str
    postcode: str  # up to 5 digits
    place: str
    house_number: str | None = None  # up to 4 digits; letters go into the suffix
    house_number_suffix: str | None = None  # up to 4 letters, digits, dots, slashes
    house_number_part: str | None = None
    flat: str | None = None  # floor or number of the flat, up to 4 letters or digits
    former_place: str | None = None
    occupant: str | None = None  # c/o
    addition: str | None = None


@dataclass(frozen=True, slots=True)
class PostBox:
    """A post-office box, which only authorities have in XAusländer."""

    postcode: str
    place: str
    box: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach somebody; `channel` is a code of CHANNEL (01 e-mail, 03 mobile phone, 09 web)."""

    channel: str
    value: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority in the DVDV directory. An author must have an address and at least one contact."""

    id: str  # prefix:number, such as azr:080111 for an office or alp:... for a portal
    name: str
    address: Address | PostBox | None = None
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What every message has. The message type is a property of the message's class, not of the header."""

    message_id: UUID  # new for every message; the same only if the very same message is sent again
    created: datetime  # aware, best in UTC: written in UTC and cut to milliseconds
    reader: Authority
    author: Authority
    application_id: str  # unique within the portal, the same in all messages of a case
    return_channel: bool | None = None  # from portal to office only: may the office answer at all?
    trigger: UUID | None = None  # in answers only: message_id of the message that this one answers
    test: str | None = None  # set = a test message, which MUST NOT be processed in production
    unmapped: tuple[str, ...] = ()  # set by `read`: elements of the message that these values cannot hold


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which only year or month may be known. Raises ValueError if there is no such day."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("a day without a month")
        date(self.year, self.month or 1, self.day or 1)


@dataclass(frozen=True, slots=True)
class Birth:
    """Birth; place and day None mean that they are unknown, which XAusländer says explicitly."""

    place: str | None = None
    day: PartialDate | None = None
    country: str | None = None  # code of NATIONALITY
    district: str | None = None


@dataclass(frozen=True, slots=True)
class MaritalStatus:
    """Familienstand; `since` is the day of the status or, if separated, of the separation."""

    code: str  # of MARITAL_STATUS
    separated: bool = False
    since: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file; `media_type` application/pdf or image/jpeg, the only formats XAusländer knows."""

    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Document):
    """A file with its original name."""

    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Attachment):
    """A file with a label that tells the office what it is about."""

    label: str


@dataclass(frozen=True, slots=True)
class Passport:
    """Ausweisdokument; at least the pages with photo and validity."""

    pages: tuple[Document, ...]
    valid_from: date
    valid_until: date
    number: str


@dataclass(frozen=True, slots=True)
class ResidenceDocument:
    """The right to stay so far: its pages, or why none was needed, or neither: a German one is at hand."""

    pages: tuple[Document, ...] = ()
    visa_free_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The person whose matter it is. A name that is None means that the person bears no such name."""

    given_names: str | None
    family_name: str | None
    sex: str | None  # code of SEX
    birth: Birth
    marital_status: MaritalStatus
    nationalities: tuple[str, ...]  # 1 to 4 codes of NATIONALITY
    other_names: tuple[str, ...] = ()  # former, birth, marriage names, other spellings
    height_cm: int | None = None
    address: Address | None = None  # registered, in Germany
    contacts: tuple[Contact, ...] = ()
    residence_document: ResidenceDocument | None = None
    passport: Passport | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """OZG.Antrag.130101, portal to office."""

    type: ClassVar[str] = "130101"
    element: ClassVar[str] = "OZG.Antrag.130101"
    header: Header
    filed_on: date
    reason: str  # code of REASON
    purpose: str  # code of PURPOSE
    person: Person
    first_entry: date | None = None
    condition_change: str | None = None  # why ancillary conditions are to be changed
    summary: Attachment | None = None
    evidence: tuple[Evidence, ...] = ()
    remark: str | None = None
    linked: tuple[str, ...] = ()  # application_ids filed together with this one


@dataclass(frozen=True, slots=True)
class Question:
    """OZG.RueckkanalFrage.130102, office to portal."""

    type: ClassVar[str] = "130102"
    element: ClassVar[str] = "OZG.RueckkanalFrage.130102"
    header: Header
    text: str
    due: date | None = None
    attachment: Document | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """OZG.RueckkanalAntwort.130103, portal to office; `header.trigger` names the question."""

    type: ClassVar[str] = "130103"
    element: ClassVar[str] = "OZG.RueckkanalAntwort.130103"
    header: Header
    attachments: tuple[Attachment, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """OZG.Statusmeldung.130104, office to portal; a notice travels as its attachment."""

    type: ClassVar[str] = "130104"
    element: ClassVar[str] = "OZG.Statusmeldung.130104"
    header: Header
    code: str  # of STATUS
    attachment: Document | None = None


@dataclass(frozen=True, slots=True)
class AppointmentSlot:
    """When and where. Times are local time of the place, without zone."""

    day: date
    start: time
    place: Address
    end: time | None = None
    place_details: str | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """OZG.Terminmitteilung.130105, office to portal; any combination of its parts is allowed."""

    type: ClassVar[str] = "130105"
    element: ClassVar[str] = "OZG.Terminmitteilung.130105"
    header: Header
    slot: AppointmentSlot | None = None
    letter: Document | None = None
    booking_url: str | None = None
    fee_notice: Document | None = None
    hints: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """OZG.Ruecknahme.130111, portal to office; all it says is whose application it is."""

    type: ClassVar[str] = "130111"
    element: ClassVar[str] = "OZG.Ruecknahme.130111"
    header: Header


Message = Application | Question | Answer | Status | Appointment | Withdrawal
MESSAGES: tuple[type[Message], ...] = (Application, Question, Answer, Status, Appointment, Withdrawal)
FROM_PORTAL: tuple[type[Message], ...] = (Application, Answer, Withdrawal)  # carry return_channel
ANSWERS: tuple[type[Message], ...] = (Question, Answer, Status, Appointment)  # carry trigger
