"""Sealing and opening the personal part of events and documents of views.

One compact JWE (RFC 7516), `alg` dir, `enc` A256GCM (RFC 7518 section 5.3), protected header {alg, enc, kid, eid}:
`kid` names the keyring entry, `eid` the event that the content belongs to: hearing accepts no event whose sealed part
was made for another (`aktenlauf.kit.hear`), so a token moved to another case never gets into a log.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel

from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.errors import Erased
from aktenlauf.kit.keyring import Keyring

T = TypeVar("T", bound=BaseModel)

PLAIN_BYTES_MAX = 1024 * 1024
"""More is not sealed: drafts are the longest, a sealed part of an event is below the limit of its record."""
_REGISTRY = jwe.JWERegistry(algorithms=["dir", "A256GCM"], strict_check_header=False)
# The library's own, 64 KiB, holds when opening only: what was sealed above it could never be opened again.
_REGISTRY.max_ciphertext_length = 2 * PLAIN_BYTES_MAX


@dataclass(frozen=True, slots=True)
class ErasedContent:
    """What opening gives once the key is destroyed: a value, so that a page shows "erased" instead of failing."""

    key: str

    def __bool__(self) -> Literal[False]:
        return False


class Sealing:
    """Seals with the keys of one keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    async def seal(self, plain: BaseModel, key: str, event_id: str) -> str:
        """The token of `plain`. Makes the key on first use.

        Raises Erased if it was destroyed, ValueError for more than PLAIN_BYTES_MAX.
        """
        return _encrypt(
            plain.model_dump_json(exclude_none=True).encode(), await self.keyring.create(key), key, event_id
        )

    async def open(self, sealed: Sealed[T]) -> T | ErasedContent:
        """The content of a sealed field, or ErasedContent. Raises ValueError for a token that was tampered with."""
        if sealed.plain is not None:
            return sealed.plain
        return await self.open_token(sealed.token or "", sealed.model)

    async def open_token(self, token: str, model: type[T]) -> T | ErasedContent:
        """As `open`, for a token kept in a view."""
        key_name = key_of(token)
        try:
            key = await self.keyring.get(key_name)
        except Erased:
            return ErasedContent(key_name)
        except KeyError:
            raise ValueError(
                f"there is no key {key_name}: the header was changed, or this is another keyring"
            ) from None
        return model.model_validate_json(_decrypt(token, key))


def key_of(token: str) -> str:
    """The keyring entry that a token needs. Raises ValueError if this is no token of ours."""
    return _header(token, "kid")


def event_of(token: str) -> str:
    """Id of the event that a token was sealed for. Raises ValueError if this is no token of ours."""
    return _header(token, "eid")


def _header(token: str, name: str) -> str:
    try:
        return str(orjson.loads(urlsafe_b64decode(token.split(".", 1)[0].encode()))[name])
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError("not a token of ours") from error


def _encrypt(plain: bytes, key: bytes, name: str, event_id: str) -> str:
    if len(plain) > PLAIN_BYTES_MAX:
        raise ValueError(f"{len(plain)} bytes are too many to be sealed: at most {PLAIN_BYTES_MAX}")
    header: dict[str, Any] = {"alg": "dir", "enc": "A256GCM", "kid": name, "eid": event_id}
    return jwe.encrypt_compact(header, plain, OctKey.import_key(key), registry=_REGISTRY)


def _decrypt(token: str, key: bytes) -> bytes:
    try:
        plain = jwe.decrypt_compact(token, OctKey.import_key(key), registry=_REGISTRY).plaintext
    except (JoseError, ValueError) as error:
        raise ValueError("the sealed content was changed or belongs to another key") from error
    if plain is None:
        raise ValueError("the sealed content is empty")
    return plain
