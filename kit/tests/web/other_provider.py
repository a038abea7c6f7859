"""A provider as an office may run it: RSA keys, a client secret, roles deep in an object, an office under another name.

What it answers can be changed while it runs; what it was asked is kept.
"""

import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.identity import Side

AUDIENCE = "aktenlauf-api"
SECRET = "geheim: %&ü"


def new_key(kid: str) -> RSAKey:
    """A key to sign with."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class Clock:
    """Unix seconds that a test can move."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class OtherProvider(httpx.AsyncBaseTransport):
    """The provider of one side, and the transport that reaches it."""

    def __init__(self, side: Side, side_url: str) -> None:
        self.issuer = f"https://sso.test/realms/{side}"
        self.provider = Provider(
            side=side,
            issuer=self.issuer,
            client_id="portal",
            side_url=side_url,
            client_secret=SECRET,
            roles_claim="realm_access.roles",
            office_claim="https://sso.test/behoerde",
            audience=AUDIENCE,
        )
        self.key = new_key("first")
        self.published = [self.key]
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
        self.away = False
        self.asked: Counter[str] = Counter()
        self.exchanged: list[tuple[dict[str, str], str]] = []
        """Fields and Authorization header of each request for tokens."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = request.url.path.rsplit("/", 1)[-1]
        self.asked[place] += 1
        if self.away:
            raise httpx.ConnectError("nobody there", request=request)
        if place == "openid-configuration":
            return httpx.Response(200, json=self._described())
        if place == "certs":
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.published]})
        fields = dict(parse_qsl((await request.aread()).decode()))
        self.exchanged.append((fields, request.headers.get("authorization", "")))
        return httpx.Response(
            200, json={"id_token": self.token(aud="portal", typ="ID", **self.claims), "access_token": "a"}
        )

    def rotate(self, kid: str) -> None:
        """Another key from now on; the one before is no longer published."""
        self.key = new_key(kid)
        self.published = [self.key]

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token, marked as Keycloak does; without `aud` and `typ` an access token for our interfaces."""
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": AUDIENCE, "sub": "f:1", "iat": now, "exp": now + 300, "azp": "portal"}
        usual["typ"] = "Bearer"
        head = {"alg": "RS256", "kid": self.key.kid, **(header or {})}
        return jwt.encode(head, {**usual, **claims}, self.key)

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/certs",
            "end_session_endpoint": f"{self.issuer}/logout",
            **self.discovery,
        }


def asked_of(url: str) -> dict[str, str]:
    """The query with which a browser is sent to a provider."""
    return dict(parse_qsl(urlsplit(url).query))
