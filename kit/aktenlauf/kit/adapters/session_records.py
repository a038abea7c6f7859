"""A session as stores keep it: found by a hash of its token, opened by a key that only the token gives."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.sessions import IDLE, LONGEST, Session, TokenKeys, token_keys

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored. Times are seconds since 1970; `subject` is a keyed hash, `box` the encrypted person."""

    record: bytes
    subject: bytes
    created: int
    seen: int
    box: bytes


def new_record(token: str, side: Side, person: Person, now: datetime, secret: bytes) -> Record:
    """The record of a session that begins now. Raises ValueError for a time without zone."""
    keys, at = token_keys(token), seconds(now)
    if keys is None:
        raise ValueError("no token")
    nonce = secrets.token_bytes(_NONCE_BYTES)
    box = nonce + AESGCM(keys.box).encrypt(nonce, person.model_dump_json().encode(), _bound(side, at))
    return Record(keys.record, subject_mark(secret, person.subject), at, at, box)


def opened(record: Record, keys: TokenKeys, side: Side) -> Session | None:
    """The session, or None where side or time of sign-in are not those that were sealed with it."""
    nonce, sealed = record.box[:_NONCE_BYTES], record.box[_NONCE_BYTES:]
    try:
        plain = AESGCM(keys.box).decrypt(nonce, sealed, _bound(side, record.created))
    except InvalidTag:
        return None
    return Session(side, Person.model_validate_json(plain), _time(record.created), _time(record.seen))


def subject_mark(secret: bytes, subject: str) -> bytes:
    """By which the sessions of one person are found again; without `secret` it does not even confirm a guess."""
    return hmac.digest(secret, b"session subject " + subject.encode(), "sha256")


def ended_before(now: datetime) -> tuple[int, int]:
    """A session last seen, or begun, at or before these times has ended."""
    return seconds(now - IDLE), seconds(now - LONGEST)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970. Raises ValueError for a time without zone."""
    if at.tzinfo is None:
        raise ValueError("a session's time needs a time zone")
    return int(at.timestamp())


def _bound(side: Side, created: int) -> bytes:
    return f"{side} {created}".encode()


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
