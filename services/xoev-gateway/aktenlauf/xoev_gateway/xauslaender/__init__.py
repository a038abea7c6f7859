"""XAusländer 26.11: the messages of the online application (OZG.*.1301xx) as values, bytes and back.

Pure functions: `write` makes bytes of a message, `read` a message of bytes, `Schemas` judges bytes by the
official schema files. Nothing here knows events, cases, clocks or transport.

    NotWritable(where, what)   the message cannot be expressed in XAusländer; `where` names our field
    Unreadable(where, what)    the bytes are no message that we understand; `where` names the XML element
    SchemasUnusable            the operator's schema folder is incomplete or ambiguous

None of these carries content of the message, so all of them may be logged.

Source: XAusländer 26.11, chapter OZG; XÖV core (basisnachricht g2g 1.1, xoev-code 1.0); DIN 91379:2022-08.
"""

from .errors import NotWritable, Unreadable
from .messages import (
    Address,
    Answer,
    Application,
    Appointment,
    AppointmentSlot,
    Attachment,
    Authority,
    Birth,
    Contact,
    Document,
    Evidence,
    Header,
    MaritalStatus,
    Message,
    PartialDate,
    Passport,
    Person,
    PostBox,
    Product,
    Question,
    ResidenceDocument,
    Status,
    Withdrawal,
)
from .read import read
from .schema import NOT_CHECKED, NotChecked, Schemas, SchemasUnusable
from .write import write

__all__ = [
    "NOT_CHECKED",
    "Address",
    "Answer",
    "Application",
    "Appointment",
    "AppointmentSlot",
    "Attachment",
    "Authority",
    "Birth",
    "Contact",
    "Document",
    "Evidence",
    "Header",
    "MaritalStatus",
    "Message",
    "NotChecked",
    "NotWritable",
    "PartialDate",
    "Passport",
    "Person",
    "PostBox",
    "Product",
    "Question",
    "ResidenceDocument",
    "Schemas",
    "SchemasUnusable",
    "Status",
    "Unreadable",
    "Withdrawal",
    "read",
    "write",
]
