"""Sealing switched off, for control runs: a search that finds nothing has to find everything then.

Only what hides is taken away; the forms stay those that the program reads. What would have been sealed stands there
with its letters as they are, so that a server's own encoding of bytes is the only one to see through.
"""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import orjson
import pyrage

from aktenlauf.kit import sealing
from aktenlauf.kit.adapters import session_records


class Glass:
    """AES-GCM that lets everything through."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes | None) -> bytes:
        return data

    decrypt = encrypt


def _token(plain: bytes, key: bytes, name: str, event_id: str) -> str:
    header = urlsafe_b64encode(orjson.dumps({"alg": "none", "kid": name, "eid": event_id})).rstrip(b"=").decode()
    return f"{header}..0.{quote(plain).replace('.', '%2E')}.0"


def _content(token: str, key: bytes) -> bytes:
    return unquote_to_bytes(token.split(".")[3])


REPLACED: list[tuple[Any, str, Any]] = [
    (sealing, "_encrypt", _token),
    (sealing, "_decrypt", _content),
    (pyrage, "encrypt", lambda content, recipients: content),
    (pyrage, "decrypt", lambda content, identities: content),
    (session_records, "AESGCM", Glass),
]
"""(where, name, what stands there instead)."""
