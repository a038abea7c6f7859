"""Our own OpenID Connect provider for demonstrations and tests: a list of invented people to click.

Two issuers, one for each side, on authlib's authorisation server: code flow, PKCE S256 demanded, a wrong verifier
refused, codes good once and for a minute. It asks for no password, so it must never face real data.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jinja2
from authlib.oauth2.rfc6749 import OAuth2Error  # type: ignore[import-untyped]
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from aktenlauf.kit.adapters.demo_idp_server import DemoServer, DemoUser, OAuth2Question
from aktenlauf.kit.adapters.oidc_provider import Provider, origin
from aktenlauf.kit.identity import Side

__all__ = ["PREFIX", "DemoIssuer", "DemoProvider", "DemoUser", "demo_providers", "new_key"]

PREFIX = "/demo-anmeldung"
PATHS: Mapping[Side, str] = {"public": f"{PREFIX}/buerger", "office": f"{PREFIX}/amt"}


def demo_providers(base_url: str, office_url: str) -> dict[Side, Provider]:
    """What the OIDC adapter needs to sign both sides in here. The provider itself lives below `base_url`."""
    sides: Mapping[Side, str] = {"public": base_url, "office": office_url}
    return {
        side: Provider(side, base_url.rstrip("/") + PATHS[side], f"aktenlauf-{side}", url)
        for side, url in sides.items()
    }


def new_key() -> ECKey:
    """A fresh key to sign with."""
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": secrets.token_hex(8)})


class DemoProvider:
    """Both issuers. `app`, or its `routes` in an app that has more, is for the dispatcher; `http()` reaches it
    without a socket.

    `users` is read at every request, so a caller may go on adding to the list. Without `keys` they are made anew.
    """

    def __init__(
        self,
        providers: Mapping[Side, Provider],
        users: Sequence[DemoUser],
        keys: Mapping[Side, ECKey] | None = None,
    ) -> None:
        made = keys or {side: new_key() for side in providers}
        self.sides = {side: DemoIssuer(provider, users, made[side]) for side, provider in providers.items()}
        self.routes = [route for issuer in self.sides.values() for route in issuer.routes]
        self.app = Starlette(routes=self.routes)
        self.app.router.redirect_slashes = False

    def http(self) -> httpx.AsyncClient:
        """A client for the OIDC adapter that calls the app in this process."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app))


class DemoIssuer:
    """One of them, with the one client that it knows. `key` may be exchanged while it runs."""

    def __init__(self, provider: Provider, users: Sequence[DemoUser], key: ECKey) -> None:
        self._provider = provider
        self._server = DemoServer(provider, users, key)
        self._page = _environment().get_template("demo_idp.html")
        path = urlsplit(provider.issuer).path.rstrip("/")
        self.routes = [
            Route(f"{path}/.well-known/openid-configuration", self._discovery),
            Route(f"{path}/jwks", self._jwks),
            Route(f"{path}/authorize", self._authorize, methods=["GET", "POST"]),
            Route(f"{path}/token", self._token, methods=["POST"]),
        ]

    @property
    def key(self) -> ECKey:
        """What it signs with."""
        return self._server.key

    @key.setter
    def key(self, key: ECKey) -> None:
        self._server.key = key

    async def _discovery(self, _: Request) -> Response:
        issuer = self._provider.issuer.rstrip("/")
        return JSONResponse(
            {
                "issuer": self._provider.issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [self._server.auth_method],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        """GET: the people to choose from. POST: one was chosen (`user`), or nobody (sign-in stopped)."""
        question = OAuth2Question(request.method, request.query_params, {})
        try:
            grant = self._server.get_consent_grant(question)
        except OAuth2Error as error:
            return self._html(400, request, error=error.description or error.error)
        if request.method == "GET":
            return self._html(200, request)
        chosen = self._server.user(str((await request.form()).get("user", "")))
        response: Response = self._server.create_authorization_response(question, chosen, grant)
        return response

    async def _token(self, request: Request) -> Response:
        fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        response: Response = self._server.create_token_response(
            OAuth2Question("POST", ImmutableMultiDict(fields), fields)
        )
        return response

    def _html(self, status: int, request: Request, error: str | None = None) -> Response:
        page = self._page.render(
            people=self._server.people,
            side=self._provider.side,
            error=error,
            action=f"{request.url.path}?{request.url.query}",
            home=self._provider.side_url,
        )
        # the redirect that answers the form leads to the product: CSP form-action covers redirects too
        policy = (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {origin(self._provider.side_url)}"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return HTMLResponse(page, status, headers)


def _environment() -> jinja2.Environment:
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined)
