"""Who somebody is: the port to an identity provider, and what we keep of its answer.

Sign-in is OpenID Connect (authorisation code with PKCE); nothing of the protocol leaves the adapters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

Side = Literal["public", "office"]

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_PATH_MAX_CHARACTERS = 2000


class Person(BaseModel):
    """A signed-in person as the identity provider described them at sign-in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    """Opaque, unique over all issuers, the same at every sign-in. Never shown, never in a URL."""
    name: str
    given_name: str = ""
    family_name: str = ""
    birthdate: date | None = None
    email: str | None = None
    roles: frozenset[str] = frozenset()
    office: str | None = None
    """Key of the authority that a member of staff works for."""
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """Whom an access token speaks for, and for what it was issued."""

    person: Person
    scopes: frozenset[str]


class SignInFailed(Exception):
    """Nobody was signed in. `code` is one of the values of `SignInFailure`."""

    def __init__(self, code: "SignInFailure") -> None:
        super().__init__(code)
        self.code = code


SignInFailure = Literal["state", "denied", "provider", "token", "unavailable"]
"""state: not begun in this browser, or too long ago. denied: the person stopped. provider: it answered with
an error. token: its answer did not verify. unavailable: it did not answer."""


class Identity(Protocol):
    """Port to the identity provider of each side."""

    async def start(self, side: Side, return_to: str) -> tuple[str, str]:
        """Begin a sign-in: the URL to send the browser to, and the value of a cookie to set meanwhile.

        MUST make state, nonce and PKCE verifier anew each time; they are kept nowhere but, sealed, in that value.
        MUST replace a `return_to` that is not a path on this origin by the side's first page.
        Raises SignInFailed("unavailable").
        """

    async def finish(self, side: Side, query: Mapping[str, str], state_cookie: str | None) -> tuple[Person, str]:
        """The person, and the path to return to, once the provider sent the browser back with `query`.

        MUST refuse a cookie that is missing, altered, of the other side or older than ten minutes, a state
        that is not the cookie's, and a token whose signature, issuer, audience, nonce or time is wrong.
        MUST give only roles that this side's provider is entitled to grant. Raises SignInFailed.
        """

    async def sign_out_url(self, side: Side) -> str | None:
        """Where a browser goes to end its session at the provider too; None if there is no such page, or nobody
        answers. MUST NOT name the person."""

    async def presented(self, side: Side, token: str) -> Presented:
        """Whom this access token speaks for.

        MUST refuse a token that is not signed by this side's provider, names another issuer or audience than our
        interfaces', or is out of its time; and an ID token. MUST give only roles that this side's provider is
        entitled to grant. Raises SignInFailed("token", "provider" or "unavailable").
        """

    def form_targets(self, side: Side) -> frozenset[str]:
        """Scheme, host and port of the provider's pages: forms may lead there (CSP form-action)."""


def same_origin_path(target: str | None, default: str) -> str:
    """`target` if it is a path (with query) on this origin, else `default`: no open redirect.

    Refused are `//host`, backslashes and control characters (browsers read both as host separators), schemes.
    """
    if not target or len(target) > _PATH_MAX_CHARACTERS or _UNSAFE.search(target):
        return default
    if not target.startswith("/") or target.startswith("//"):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target
