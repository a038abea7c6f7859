"""Grants: short-lived signed rights, by which a service trusts what it has not heard yet.

Intake knows whose draft it is; documents does not, as a draft is no event. So intake gives the browser a grant for
uploads to this one case: a JWT (RFC 7519) signed with Ed25519 (RFC 8037), in an HttpOnly cookie on `/nachweise`, bound
to session and case. Never in a URL.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from aktenlauf.kit.keyring import Keyring

VALID = timedelta(minutes=30)
UPLOAD_COOKIE = "al_nachweise"
_ALGORITHMS = ["Ed25519"]


@dataclass(frozen=True, slots=True)
class Grant:
    """Who (as party) may do what in which case."""

    purpose: str
    case: str
    party: str
    evidence: tuple[str, ...] = ()
    """Evidence kinds that are demanded, as the issuing service knows them."""


class Grants:
    """Signs and reads grants with the installation's key."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    @classmethod
    async def open(cls, keyring: Keyring) -> "Grants":
        """With the key that the installation keeps in its keyring."""
        seed = await keyring.create("installation/grants")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(OKPKey.import_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())))

    def sign(self, grant: Grant, session: str, now: datetime) -> str:
        """The grant as a cookie value, valid for VALID. `session` is the session's CSRF-independent id."""
        claims = {
            "pur": grant.purpose,
            "sub": grant.case,
            "pty": grant.party,
            "evd": list(grant.evidence),
            "sid": hashlib.sha256(session.encode()).hexdigest()[:32],
            "exp": int((now + VALID).timestamp()),
        }
        return jwt.encode({"alg": _ALGORITHMS[0]}, claims, self._key, algorithms=_ALGORITHMS)

    def read(self, token: str, session: str, now: datetime) -> Grant | None:
        """The grant, or None if it is forged, expired, or of another session."""
        try:
            claims = jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            return None
        if claims.get("sid") != hashlib.sha256(session.encode()).hexdigest()[:32]:
            return None
        if claims.get("exp", 0) <= now.timestamp():
            return None
        return Grant(str(claims["pur"]), str(claims["sub"]), str(claims["pty"]), tuple(claims.get("evd", ())))
