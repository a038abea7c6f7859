"""Events of the gateway: messages of a case to and from other systems."""

from datetime import date
from typing import Any, Literal

from aktenlauf.contracts.common import Content, DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.sealed import Sealed

Direction = Literal["to-office", "to-portal"]


class ReceivedContent(Content):
    """What a message from outside said."""

    file: StoredFile
    """The message as it came."""
    text: str = ""
    """Question (130102), hints (130105), or the label of the status (130104)."""
    appointment: dict[str, Any] | None = None
    """130105: date, from, to, place."""
    attachment: StoredFile | None = None


class MessagePrepared(Event):
    """A message was written and checked against the official schema, and waits for its way out."""

    message: str
    """nachrichtenUUID."""
    type: Literal["130101", "130102", "130103", "130104", "130105", "130111"]
    direction: Direction
    trigger: str | None = None
    """ausloeserUUID: the message that this one refers to."""
    checked: bool
    """False: no schema folder is configured, so it was not checked."""
    document: DocumentRef
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    sealed: Sealed[SealedFile]


class MessageSent(Event):
    """The message lies at the hand-over point."""

    message: str


class MessageRefused(Event):
    """A message could not be prepared or was not accepted; an operator must look."""

    message: str
    reason: str


class MessageReceived(Event):
    """A message of an office's own system was read."""

    message: str
    type: Literal["130102", "130104", "130105"]
    trigger: str | None = None
    status: str | None = None
    """130104: 01 received, 02 answer received, 03 withdrawal received, 05 examined."""
    deadline: date | None = None
    document: DocumentRef
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    sealed: Sealed[ReceivedContent]
