"""How keyrings wrap keys: AES key wrap (RFC 3394) under key-encryption keys (KEKs) that the operator supplies."""

import hashlib
import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from aktenlauf.kit.errors import Halt

KEY_BYTES = 32


def kek_id(kek: bytes) -> str:
    """Names a KEK without revealing it."""
    return hashlib.sha256(b"aktenlauf kek " + kek).hexdigest()[:16]


class KeyWrap:
    """Wraps under the first of `keks`, unwraps under any of them: the others are those that are being rotated out."""

    def __init__(self, keks: Sequence[bytes]) -> None:
        self._keks = {kek_id(kek): kek for kek in keks}
        self.kek = kek_id(keks[0])
        """Id of the KEK in use."""

    def new_key(self) -> bytes:
        """A fresh key, wrapped."""
        return self._wrap(os.urandom(KEY_BYTES))

    def unwrap(self, wrapped: bytes, kek: str) -> bytes:
        """The key. Raises Halt if it was wrapped under a KEK that was not supplied."""
        if kek not in self._keks:
            supplied = ", ".join(self._keks)
            raise Halt(f"the keyring holds keys under key-encryption key {kek}, supplied is {supplied}")
        try:
            return aes_key_unwrap(self._keks[kek], wrapped)
        except InvalidUnwrap:
            raise Halt("the keyring holds a wrapped key that was changed") from None

    def rewrap(self, wrapped: bytes, kek: str) -> bytes:
        """The same key under the KEK in use. Raises Halt as `unwrap`."""
        return self._wrap(self.unwrap(wrapped, kek))

    def _wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._keks[self.kek], key)
