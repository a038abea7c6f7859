"""Texts that go to a browser and come back: sealed, so that nobody but the installation can have written them."""

import hmac
from base64 import urlsafe_b64encode

from aktenlauf.kit.sessions import derive_key

_SEAL_BYTES = 12


def sealed(secret: bytes, purpose: str, text: str) -> str:
    """`text` with its seal, good for this purpose alone; everybody can read it. `secret` is the web shell's."""
    return f"{text}~{_seal(secret, purpose, text)}"


def unsealed(secret: bytes, purpose: str, value: str) -> str | None:
    """The text of what `sealed` made; None where the seal is not ours."""
    text, _, seal = value.rpartition("~")
    ours = hmac.compare_digest(_seal(secret, purpose, text).encode(), seal.encode())
    return text if ours else None


def _seal(secret: bytes, purpose: str, text: str) -> str:
    mac = hmac.digest(derive_key(secret, purpose), text.encode(), "sha256")
    return urlsafe_b64encode(mac[:_SEAL_BYTES]).decode()
