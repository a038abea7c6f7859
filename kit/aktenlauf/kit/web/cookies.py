"""The cookies that carry a session and a sign-in under way: signed, one key and one name per side.

A value that we did not make, or made for the other side, is refused before any database is asked.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from aktenlauf.kit.identity import Side
from aktenlauf.kit.sessions import derive_key

SESSION_NAMES: Mapping[Side, str] = {"public": "al_buerger", "office": "al_amt"}
_SIGN_IN_NAMES: Mapping[Side, str] = {"public": "al_buerger_anmeldung", "office": "al_amt_anmeldung"}
_SIGN_IN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Cookies:
    """`secure`: the product is reached by https, so cookies are Secure and bound to the host (`__Host-`)."""

    secret: bytes
    secure: bool

    def session_name(self, side: Side) -> str:
        """Name of the cookie with this side's session."""
        return self._named(SESSION_NAMES[side])

    def session_token(self, request: Request, side: Side) -> str | None:
        """The token of this side's session cookie, if the cookie is ours."""
        token, _, seal = request.cookies.get(self._named(SESSION_NAMES[side]), "").partition(".")
        if token and hmac.compare_digest(self._seal(side, token).encode(), seal.encode()):
            return token
        return None

    def has_session(self, request: Request) -> bool:
        """Whether the browser sent a session cookie that we made, of either side; its session may have ended."""
        return any(self.session_token(request, side) for side in SESSION_NAMES)

    def set_session(self, response: Response, side: Side, token: str) -> None:
        """Lives as long as the browser runs; the session itself ends on the server."""
        self.put(response, SESSION_NAMES[side], f"{token}.{self._seal(side, token)}", None)

    def clear_session(self, response: Response, side: Side) -> None:
        """Forget the session in the browser."""
        self.put(response, SESSION_NAMES[side], "", 0)

    def sign_in_state(self, request: Request, side: Side) -> str | None:
        """What the identity adapter gave us to keep at the start of a sign-in."""
        return request.cookies.get(self._named(_SIGN_IN_NAMES[side]))

    def set_sign_in_state(self, response: Response, side: Side, value: str) -> None:
        """For ten minutes."""
        self.put(response, _SIGN_IN_NAMES[side], value, _SIGN_IN_SECONDS)

    def clear_sign_in_state(self, response: Response, side: Side) -> None:
        """The sign-in is over, one way or the other."""
        self.put(response, _SIGN_IN_NAMES[side], "", 0)

    def get(self, request: Request, name: str) -> str | None:
        """A cookie of ours that is neither signed nor secret."""
        return request.cookies.get(self._named(name))

    def put(self, response: Response, name: str, value: str, max_age_seconds: int | None) -> None:
        """Set a cookie for the whole host, out of reach of scripts and of other sites' requests."""
        response.set_cookie(
            self._named(name),
            value,
            max_age=max_age_seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def _seal(self, side: Side, token: str) -> str:
        mac = hmac.digest(derive_key(self.secret, f"cookie {side}"), token.encode(), "sha256")
        return urlsafe_b64encode(mac).rstrip(b"=").decode()
