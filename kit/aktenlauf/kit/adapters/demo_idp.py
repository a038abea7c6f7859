"""Our own OpenID Connect provider for demonstrations and tests: a list of invented people to click.

Below `/demo-anmeldung`, on authlib's authorisation server: code flow, PKCE S256 demanded, a wrong verifier
refused, codes good once and for a minute. It asks for no password, so it must never face real data; it keeps all
in memory and makes its key at start.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jinja2
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    AuthorizationServer,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core.grants import OpenIDCode  # type: ignore[import-untyped]
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from aktenlauf.contracts.site import APPLICANT, STAFF
from aktenlauf.kit.adapters.oidc import Provider
from aktenlauf.kit.identity import Side

PREFIX = "/demo-anmeldung"
_SIDES: tuple[Side, ...] = ("public", "office")
_FIRST_PAGES: Mapping[Side, str] = {"public": "/antrag", "office": "/amt"}
_RETURN_PATHS: Mapping[Side, str] = {"public": "/anmelden/rueckkehr", "office": "/amt/anmelden/rueckkehr"}
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


def demo_providers(base_url: str, office_url: str) -> dict[Side, Provider]:
    """What the OIDC adapter needs to sign both sides in here. The provider itself lives below `base_url`."""
    return {
        "public": _provider("public", base_url, base_url, APPLICANT, frozenset({"applicant"})),
        "office": _provider("office", base_url, office_url, STAFF | {"operator"}, frozenset()),
    }


def _provider(side: Side, issuer_url: str, side_url: str, grants: frozenset[str], always: frozenset[str]) -> Provider:
    return Provider(
        issuer=issuer_url.rstrip("/") + PREFIX,
        client_id=f"aktenlauf-{side}",
        redirect_uri=side_url.rstrip("/") + _RETURN_PATHS[side],
        first_page=_FIRST_PAGES[side],
        grants=grants,
        always=always,
    )


class DemoProvider:
    """The provider. `app`, or its `routes` in an app that has more, is for the dispatcher; `http()` reaches it
    without a socket.

    `users` is read at every request, so a caller may go on adding to the list.
    """

    def __init__(self, providers: Mapping[Side, Provider], users: Sequence[DemoUser]) -> None:
        self.users = users
        self.issuer = providers["public"].issuer
        self.clients = {p.client_id: _Client(side, p) for side, p in providers.items()}
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": secrets.token_hex(8)})
        self.codes: dict[str, _Code] = {}
        self._server = _Server(self)
        self._page = _environment().get_template("demo_idp.html")
        self.routes = [
            Route(f"{PREFIX}/.well-known/openid-configuration", self._discovery),
            Route(f"{PREFIX}/jwks", self._jwks),
            Route(f"{PREFIX}/authorize", self._authorize, methods=["GET", "POST"]),
            Route(f"{PREFIX}/token", self._token, methods=["POST"]),
        ]
        self.app = Starlette(routes=self.routes)
        self.app.router.redirect_slashes = False

    def http(self) -> httpx.AsyncClient:
        """A client for the OIDC adapter that calls the app in this process."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app))

    def user(self, subject: str | None, side: Side) -> DemoUser | None:
        """The person of this list entry, if they stand on this side."""
        return next((user for user in self.users if user.subject == subject and user.side == side), None)

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        """GET: the people to choose from. POST: one was chosen (`user`), or nobody (sign-in stopped)."""
        question = _OAuth2Request(request.method, request.query_params, {})
        try:
            grant = self._server.get_consent_grant(question)
        except OAuth2Error as error:
            return self._html(400, request, error=error.description or error.error)
        client = self.clients[question.payload.client_id]
        if request.method == "GET":
            return self._html(200, request, client)
        chosen = self.user(str((await request.form()).get("user", "")), client.side)
        response: Response = self._server.create_authorization_response(question, chosen, grant)
        return response

    async def _token(self, request: Request) -> Response:
        fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        response: Response = self._server.create_token_response(
            _OAuth2Request("POST", ImmutableMultiDict(fields), fields)
        )
        return response

    def _html(
        self, status: int, request: Request, client: "_Client | None" = None, error: str | None = None
    ) -> Response:
        people = [user for user in self.users if client is not None and user.side == client.side]
        side = client.side if client is not None else "public"
        page = self._page.render(people=people, side=side, error=error, query=request.url.query)
        # the redirect that answers the form leads to the product: CSP form-action covers redirects too
        origins = {
            f"{urlsplit(c.redirect_uri).scheme}://{urlsplit(c.redirect_uri).netloc}": None
            for c in self.clients.values()
        }
        policy = (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {' '.join(origins)}"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return HTMLResponse(page, status, headers)


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
    """One side of the product as authlib wants to see a client: public (no secret), one redirect URI."""

    def __init__(self, side: Side, provider: Provider) -> None:
        self.side = side
        self.client_id = provider.client_id
        self.redirect_uri = provider.redirect_uri

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(s for s in (scope or "").split() if s in {"openid", "profile", "email"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

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


class _OAuth2Request(OAuth2Request):  # type: ignore[misc] # authlib is untyped
    """authlib wants TLS in the URI and looks at nothing else of it; the demo is served on loopback."""

    def __init__(self, method: str, values: ImmutableMultiDict[str, str], form: Mapping[str, str]) -> None:
        super().__init__(method, f"https://demo.invalid{PREFIX}", headers={})
        self.payload = _Payload(values)
        self._form = form

    @property
    def args(self) -> Mapping[str, str]:
        return self.payload.data if self.method == "GET" else {}

    @property
    def form(self) -> Mapping[str, str]:
        return self._form


class _Server(AuthorizationServer):  # type: ignore[misc] # authlib is untyped
    def __init__(self, provider: DemoProvider) -> None:
        super().__init__(scopes_supported=["openid", "profile", "email"])
        self.provider = provider
        self.register_grant(_CodeGrant, [_S256Only(required=True), _IdToken(provider)])
        self.register_token_generator("default", _opaque_token)

    def query_client(self, client_id: str) -> _Client | None:
        return self.provider.clients.get(client_id)

    def save_token(self, token: object, request: object) -> None:
        """The access token opens nothing: all claims are in the ID token."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: _OAuth2Request) -> _OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Response(body, 303 if status == 302 else status, dict(headers))


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # authlib is untyped
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: _OAuth2Request) -> None:
        codes = self.server.provider.codes
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
        found: _Code | None = self.server.provider.codes.pop(code, None)
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
    def __init__(self, provider: DemoProvider) -> None:
        super().__init__(require_nonce=True)
        self._provider = provider

    def exists_nonce(self, nonce: str, request: _OAuth2Request) -> bool:
        return any(code.nonce == nonce for code in self._provider.codes.values())

    def resolve_client_private_key(self, client: _Client) -> ECKey:
        return self._provider.key

    def get_client_algorithm(self, client: _Client) -> str:
        return "ES256"

    def get_encode_header(self, client: _Client) -> dict[str, str | None]:
        return {"alg": "ES256", "kid": self._provider.key.kid}

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        return {
            "iss": self._provider.issuer,
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


def _environment() -> jinja2.Environment:
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined)


def _opaque_token(scope: str, **_: object) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": secrets.token_urlsafe(32),
        "expires_in": _TOKEN_SECONDS,
        "scope": scope,
    }
