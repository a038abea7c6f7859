"""Events that each service emits on its own streams, and the shapes that several events share."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aktenlauf.contracts.envelope import Event


class Content(BaseModel):
    """Base of what is sealed: personal data, in the clear only in memory."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredFile(Content):
    """A file in object storage and how to open it. Only ever inside a sealed part."""

    blob: str
    """Name of the object: random, says nothing."""
    identity: str
    """age identity (X25519) that opens it; each file has its own."""
    name: str
    """File name as the person gave it, or as we name a file that we made."""
    media_type: str
    size_bytes: int
    sha256: str
    """Hex digest of the plain content. Inside the seal, so it needs no salt."""


class SealedFile(Content):
    """The sealed part of an event that carries one file that we made."""

    file: StoredFile


class DocumentRef(BaseModel):
    """How a document travels between services: never its content."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    document: str
    """UUIDv7 of the document."""
    kind: str
    """Evidence kind of the catalogue, or `receipt`, `notice`, `message`."""


class Accessed(Event):
    """Somebody looked. On `<service>/access/{case}`; the applicant sees role, time and purpose."""

    role: str
    office: str | None = None
    what: Literal["case", "document", "original", "history", "messages", "appointment"]
    document: str | None = None


class ErasureOrdered(Event):
    """All personal data of the case are to be erased. On `<service>/erasure/{case}` of who orders it."""

    reason: Literal["retention", "draft-deleted", "draft-expired", "request", "test"]
    keys: list[str] = Field(min_length=1)
    """Names of the keyring entries to destroy."""
    certify_at: datetime
    """The earliest time at which it can be certified: `KeysDestroyed` says from when on it is."""


class KeysDestroyed(Event):
    """The keys that an `ErasureOrdered` names are destroyed, and what the service kept beside them is removed."""

    certify_at: datetime
    """From when on no cache can hold a key any more."""


class PersonalDataErased(Event):
    """The service that ordered it certifies: keys destroyed, caches run out, files and drafts gone."""

    ordered: str
    """Id of the `ErasureOrdered` event."""


class SettingsChanged(Event):
    """An office changed its settings. Private: on `<service>/settings/{office}`."""

    settings: dict[str, Any]
