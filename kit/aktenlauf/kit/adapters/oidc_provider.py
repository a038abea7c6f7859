"""An OpenID provider: as the operator configured it, and as it describes itself.

source: OpenID Connect Discovery 1.0; RFC 7517 (keys), RFC 8725 (which signatures are accepted).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from aktenlauf.contracts.site import APPLICANT, STAFF
from aktenlauf.kit.identity import Side, SignInFailed

PREFIXES: Mapping[Side, str] = {"public": "", "office": "/amt"}
_FIRST_PAGES: Mapping[Side, str] = {"public": "/antrag", "office": "/amt"}
_GRANTS: Mapping[Side, frozenset[str]] = {"public": APPLICANT, "office": STAFF | {"operator"}}
_ALWAYS: Mapping[Side, frozenset[str]] = {"public": frozenset({"applicant"}), "office": frozenset()}
_ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
"""Signatures by a private key only: neither `none` nor a MAC under a secret that a client also knows."""
_METADATA_SECONDS = 3600
_ROTATION_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """Where one side signs in. `side_url`: scheme and host of the side, from settings, never from a Host header."""

    side: Side
    issuer: str
    client_id: str
    side_url: str
    client_secret: str | None = field(default=None, repr=False)
    roles_claim: str = "roles"
    """Name of the claim with the roles; dots lead into objects (`realm_access.roles`)."""
    office_claim: str = "office"
    """Name of the claim with the key of the office."""
    audience: str = "aktenlauf-api"
    """What an access token for our JSON interfaces must name in `aud`."""

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to; registered at the provider."""
        return f"{self.side_url.rstrip('/')}{PREFIXES[self.side]}/anmelden/rueckkehr"

    @property
    def signed_out_uri(self) -> str:
        """Where the browser comes back to after signing out; registered at the provider."""
        return f"{self.side_url.rstrip('/')}{PREFIXES[self.side]}/abmelden"

    @property
    def first_page(self) -> str:
        """Where a sign-in leads that nobody asked for from a page."""
        return _FIRST_PAGES[self.side]

    @property
    def grants(self) -> frozenset[str]:
        """Roles that this provider may grant by its claim; others are ignored."""
        return _GRANTS[self.side]

    @property
    def always(self) -> frozenset[str]:
        """Roles that everybody has who signs in here."""
        return _ALWAYS[self.side]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What discovery told, and the keys. `at` in Unix seconds."""

    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    takes_secret_in_form: bool
    """The token endpoint takes the client's secret as a field; else by HTTP Basic, the protocol's default."""
    keys: KeySet
    at: float

    @property
    def pages(self) -> list[str]:
        """Addresses that a browser is sent to."""
        return [url for url in (self.authorization_endpoint, self.end_session_endpoint) if url]


class Discovery:
    """Asks providers and remembers for an hour. `clock` gives Unix seconds."""

    def __init__(self, http: httpx.AsyncClient, clock: Callable[[], float]) -> None:
        self._http = http
        self._clock = clock
        self._known: dict[str, Metadata] = {}
        self._rotation_asked: dict[str, float] = {}
        self._rotating: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def known(self, provider: Provider) -> Metadata | None:
        """What is remembered, without asking."""
        return self._known.get(provider.issuer)

    async def of(self, provider: Provider) -> Metadata:
        """Raises SignInFailed("unavailable" or "provider")."""
        if fresh := self._fresh(provider):
            return fresh
        async with self._rotating[provider.issuer]:  # one asks, however many come
            return self._fresh(provider) or await self._fetch(provider)

    def _fresh(self, provider: Provider) -> Metadata | None:
        known = self.known(provider)
        return known if known is not None and self._clock() < known.at + _METADATA_SECONDS else None

    async def decoded(self, provider: Provider, token: str, *, from_anybody: bool) -> jwt.Token:
        """The token, its signature checked and nothing else. Raises JoseError, ValueError, SignInFailed.

        `from_anybody`: False where the provider itself has just handed it to us.
        """
        metadata = await self.of(provider)
        try:
            return _decoded(token, metadata)
        except InvalidKeyIdError:
            return _decoded(token, await self._after_rotation(provider, metadata, from_anybody))

    async def _after_rotation(self, provider: Provider, before: Metadata, from_anybody: bool) -> Metadata:
        """The keys fetched anew, as a provider may have changed them; who comes meanwhile waits for the answer under
        way. Who invents key ids makes us ask no more often than twice a minute, and nobody who signs in wait for that.
        """
        async with self._rotating[provider.issuer]:
            newest = self._known.get(provider.issuer, before)
            asked = self._rotation_asked.get(provider.issuer)
            lately = asked is not None and self._clock() < asked + _ROTATION_SECONDS
            if newest is not before or (from_anybody and lately):
                return newest
            self._rotation_asked[provider.issuer] = self._clock()
            return await self._fetch(provider)

    async def _fetch(self, provider: Provider) -> Metadata:
        found = await self._get_json(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            if found["issuer"] != provider.issuer:
                raise ValueError("another issuer answers here")
            metadata = _metadata(provider, found, await self._keys(provider, found), self._clock())
        except (KeyError, TypeError, ValueError, JoseError) as error:
            raise SignInFailed("provider") from error
        self._known[provider.issuer] = metadata
        return metadata

    async def _keys(self, provider: Provider, found: Mapping[str, Any]) -> KeySet:
        return KeySet.import_key_set(await self._get_json(_endpoint(provider, str(found["jwks_uri"]))))

    async def _get_json(self, url: str) -> Any:
        try:
            response = await self._http.get(url)
            response.raise_for_status()
            return response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SignInFailed("unavailable") from error


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _metadata(provider: Provider, found: Mapping[str, Any], keys: KeySet, at: float) -> Metadata:
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    end_session = found.get("end_session_endpoint")
    return Metadata(
        authorization_endpoint=_endpoint(provider, found["authorization_endpoint"]),
        token_endpoint=_endpoint(provider, found["token_endpoint"]),
        end_session_endpoint=_endpoint(provider, end_session) if end_session else None,
        takes_secret_in_form="client_secret_post" in methods,
        keys=keys,
        at=at,
    )


def _endpoint(provider: Provider, url: str) -> str:
    """No code, secret or key goes over an open line unless the issuer itself is reached by one, in development."""
    if urlsplit(url).scheme not in ("https", urlsplit(provider.issuer).scheme):
        raise ValueError("an endpoint without TLS")
    return url


def _decoded(token: str, metadata: Metadata) -> jwt.Token:
    return jwt.decode(token, metadata.keys, algorithms=_ALGORITHMS)
