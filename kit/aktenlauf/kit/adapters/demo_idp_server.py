"""The demo provider's authorisation server: authlib's, with a list of people in the place of a password.

One for each side, so that the two sides are strangers to each other here as they are at real providers.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from typing import Any

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    AuthorizationServer,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core.grants import OpenIDCode  # type: ignore[import-untyped]
from joserfc.jwk import ECKey
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import JSONResponse, Response

from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.identity import Side

_CODE_SECONDS = 60
_CODES_MAX = 1000
_TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class DemoUser:
    """An invented person. `side` decides at which of the two sign-ins they stand in the list."""

    subject: str
    side: Side
    given_name: str
    family_name: str
    roles: frozenset[str]
    office: str | None = None
    birthdate: date | None = None
    email: str | None = None
    note: str = ""
    """One line for the list: what can be seen with this person."""

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorisation code that waits to be exchanged. Its names are authlib's."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    user: DemoUser
    at: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.at)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Client:
    """One side of the product as authlib wants to see a client: one redirect URI, a secret or none."""

    def __init__(self, provider: Provider) -> None:
        self.client_id = provider.client_id
        self._provider = provider

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(s for s in (scope or "").split() if s in {"openid", "profile", "email"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self._provider.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return compare_digest((self._provider.client_secret or "").encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("none" if self._provider.client_secret is None else "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class _Payload(OAuth2Payload):  # type: ignore[misc] # authlib is untyped
    def __init__(self, values: ImmutableMultiDict[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> Mapping[str, str]:
        return dict(self._values)

    @property
    def datalist(self) -> Mapping[str, list[str]]:
        return {name: self._values.getlist(name) for name in self._values}


class OAuth2Question(OAuth2Request):  # type: ignore[misc] # authlib is untyped
    """authlib wants TLS in the URI and looks at nothing else of it; the demo is served on loopback."""

    def __init__(self, method: str, values: ImmutableMultiDict[str, str], form: Mapping[str, str]) -> None:
        super().__init__(method, "https://demo.invalid", headers={})
        self.payload = _Payload(values)
        self._form = form

    @property
    def args(self) -> Mapping[str, str]:
        return self.payload.data if self.method == "GET" else {}

    @property
    def form(self) -> Mapping[str, str]:
        return self._form


class DemoServer(AuthorizationServer):  # type: ignore[misc] # authlib is untyped
    """One issuer: its key, its people, and the codes that wait to be exchanged."""

    def __init__(self, provider: Provider, users: Sequence[DemoUser], key: ECKey) -> None:
        super().__init__(scopes_supported=["openid", "profile", "email"])
        self.provider, self.key = provider, key
        self.codes: dict[str, _Code] = {}
        self._users = users
        self._client = _Client(provider)
        self.register_grant(_CodeGrant, [_S256Only(required=True), _IdToken(self)])
        self.register_token_generator("default", _opaque_token)

    @property
    def people(self) -> list[DemoUser]:
        """Who can be chosen here."""
        return [user for user in self._users if user.side == self.provider.side]

    @property
    def auth_method(self) -> str:
        """How the client proves itself."""
        return "none" if self.provider.client_secret is None else "client_secret_post"

    def user(self, subject: str) -> DemoUser | None:
        """The person of this list entry, if they stand on this side."""
        return next((user for user in self.people if user.subject == subject), None)

    def query_client(self, client_id: str) -> _Client | None:
        return self._client if client_id == self._client.client_id else None

    def save_token(self, token: object, request: object) -> None:
        """The access token opens nothing: all claims are in the ID token."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: OAuth2Question) -> OAuth2Question:
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Response(body, 303 if status == 302 else status, dict(headers))


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # authlib is untyped
    TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_post")

    def save_authorization_code(self, code: str, request: OAuth2Question) -> None:
        codes = self.server.codes
        while len(codes) >= _CODES_MAX:
            codes.pop(next(iter(codes)))
        asked = request.payload.data
        codes[code] = _Code(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=asked.get("nonce"),
            code_challenge=asked.get("code_challenge"),
            code_challenge_method=asked.get("code_challenge_method"),
            user=request.user,
            at=time.time(),
        )

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        """Taken out at the first try, so that a code is good once, even for a wrong verifier."""
        found: _Code | None = self.server.codes.pop(code, None)
        if found is None or found.client_id != client.client_id or time.time() >= found.at + _CODE_SECONDS:
            return None
        return found

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """It is gone already."""

    def authenticate_user(self, authorization_code: _Code) -> DemoUser:
        return authorization_code.user


class _S256Only(CodeChallenge):  # type: ignore[misc] # authlib is untyped
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class _IdToken(OpenIDCode):  # type: ignore[misc] # authlib is untyped
    def __init__(self, server: DemoServer) -> None:
        super().__init__(require_nonce=True)
        self._server = server

    def exists_nonce(self, nonce: str, request: OAuth2Question) -> bool:
        return any(code.nonce == nonce for code in self._server.codes.values())

    def resolve_client_private_key(self, client: _Client) -> ECKey:
        return self._server.key

    def get_client_algorithm(self, client: _Client) -> str:
        return "ES256"

    def get_encode_header(self, client: _Client) -> dict[str, str | None]:
        return {"alg": "ES256", "kid": self._server.key.kid}

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        return {
            "iss": self._server.provider.issuer,
            "aud": client.client_id,
            "exp": int(time.time()) + _TOKEN_SECONDS,
        }

    def generate_user_info(self, user: DemoUser, scope: str) -> dict[str, Any]:
        claims = {
            "sub": user.subject,
            "name": user.name,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "birthdate": user.birthdate.isoformat() if user.birthdate else None,
            "email": user.email,
            "roles": sorted(user.roles),
            "office": user.office,
        }
        return {name: value for name, value in claims.items() if value is not None}


def _opaque_token(scope: str, **_: object) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": secrets.token_urlsafe(32),
        "expires_in": _TOKEN_SECONDS,
        "scope": scope,
    }
