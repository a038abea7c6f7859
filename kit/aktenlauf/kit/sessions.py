"""Sessions on the server: a browser holds a random token, we hold what only that token opens.

So signing out is real (the record is gone), and a copy of the database signs nobody in and names nobody.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aktenlauf.kit.identity import Person, Side

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
RENEW_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """An open session, as it stood when it was loaded. Times are aware."""

    side: Side
    person: Person
    created: datetime
    seen: datetime

    @property
    def ends(self) -> datetime:
        """When it ends if nothing more happens: 30 minutes after the last use, 12 hours after sign-in."""
        return min(self.seen + IDLE, self.created + LONGEST)

    @property
    def must_end(self) -> datetime:
        """When it ends whatever happens."""
        return self.created + LONGEST


class Sessions(Protocol):
    """Port. `now` is an aware time that the caller's clock gives; an adapter MUST NOT look at a clock."""

    async def create(self, side: Side, person: Person, now: datetime) -> str:
        """Open a session; the answer is its token, URL-safe, 256 random bits.

        MUST store neither the token nor the person readably: only a hash of the token, and the person
        encrypted under a key derived from it.
        """

    async def load(self, side: Side, token: str, now: datetime) -> Session | None:
        """The session of this token, or None if there is none (any more) on this side.

        MUST answer None from 30 minutes after the last use and from 12 hours after sign-in on.
        MUST renew the time of last use, but MUST NOT write more often than once a minute.
        MUST answer None, not raise, for anything that is no token.
        """

    async def end(self, token: str) -> None:
        """Sign out. From then on `load` MUST answer None. Ending twice is no error."""

    async def end_all(self, subject: str) -> None:
        """End every session of this person on both sides."""

    async def close(self) -> None:
        """Let go of the file or connection."""


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """What a store derives from a token: where the record lies, and what opens it."""

    record: bytes
    box: bytes


def new_token() -> str:
    """A fresh token."""
    return urlsafe_b64encode(secrets.token_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()


def token_keys(token: str) -> TokenKeys | None:
    """Two independent keys, neither of which tells the token. None for what is no token."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=")
    except (UnicodeEncodeError, Base64Error, ValueError):
        return None
    if len(raw) != _TOKEN_BYTES:
        return None
    return TokenKeys(derive_key(raw, "session record"), derive_key(raw, "session box"))


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose out of a secret of full entropy. source: RFC 5869, HKDF-SHA256."""
    info = b"aktenlauf " + purpose.encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)
