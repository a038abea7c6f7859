"""Sign-in at any OpenID Connect provider: authorisation code with PKCE S256, state and nonce.

source: OpenID Connect Core 1.0 section 3.1, RFC 7636 (PKCE), RFC 9700 (security), RFC 9207 (issuer).
Nothing is kept on the server between start and finish: what must come back lies sealed in a cookie.
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from aktenlauf.kit.identity import Person, Side, SignInFailed, same_origin_path
from aktenlauf.kit.sessions import derive_key

_ALGORITHMS = ["ES256", "EdDSA", "RS256", "PS256"]
_SIGN_IN_SECONDS = 600
_METADATA_SECONDS = 3600
_LEEWAY_SECONDS = 60
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Provider:
    """Where one side signs in. `redirect_uri` is absolute, from settings, never from a Host header."""

    issuer: str
    client_id: str
    redirect_uri: str
    first_page: str
    grants: frozenset[str]
    """Roles that this provider may grant by its claim `roles`; others are ignored."""
    always: frozenset[str] = frozenset()
    """Roles that everybody has who signs in here."""
    client_secret: str | None = None


class _Pending(BaseModel):
    """What lies sealed in the cookie between start and finish. `at` in Unix seconds."""

    state: str
    nonce: str
    verifier: str
    return_to: str
    at: int


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What discovery told, and the keys. `at` in Unix seconds."""

    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet
    at: float


class OidcIdentity:
    """The `Identity` port. `http` reaches the providers (an ASGI transport for the demo provider).

    `clock` gives Unix seconds and is the real time even where the product's clock is shifted: it measures how
    long a sign-in takes, not a legal period.
    """

    def __init__(
        self,
        providers: Mapping[Side, Provider],
        secret: bytes,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self._secret = secret
        self._http = http
        self._clock = clock
        self._metadata: dict[str, _Metadata] = {}

    def issuer_origin(self, side: Side) -> str:
        parts = urlsplit(self._providers[side].issuer)
        return f"{parts.scheme}://{parts.netloc}"

    async def start(self, side: Side, return_to: str) -> tuple[str, str]:
        provider = self._providers[side]
        metadata = await self._discover(provider)
        pending = _Pending(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            return_to=same_origin_path(return_to, provider.first_page),
            at=int(self._clock()),
        )
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": provider.redirect_uri,
            "scope": "openid profile email",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": create_s256_code_challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return metadata.authorization_endpoint + separator + urlencode(query), self._seal(side, pending)

    async def finish(self, side: Side, query: Mapping[str, str], state_cookie: str | None) -> tuple[Person, str]:
        provider = self._providers[side]
        pending = self._unseal(side, state_cookie)
        if not hmac.compare_digest(pending.state.encode(), query.get("state", "").encode()):
            raise SignInFailed("state")
        if query.get("iss", provider.issuer) != provider.issuer:
            raise SignInFailed("provider")
        if "error" in query or "code" not in query:
            raise SignInFailed("denied" if query.get("error") == "access_denied" else "provider")
        answer = await self._exchange(provider, query["code"], pending.verifier)
        claims = await self._verified(provider, answer, pending.nonce)
        return _person(provider, claims), pending.return_to

    def _seal(self, side: Side, pending: _Pending) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(self._cookie_key(side)).encrypt(nonce, pending.model_dump_json().encode(), None)
        return urlsafe_b64encode(nonce + box).decode()

    def _unseal(self, side: Side, cookie: str | None) -> _Pending:
        try:
            box = urlsafe_b64decode((cookie or "").encode("ascii"))
            plain = AESGCM(self._cookie_key(side)).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], None)
            pending = _Pending.model_validate_json(plain)
        except (ValueError, InvalidTag) as error:
            raise SignInFailed("state") from error
        if self._clock() >= pending.at + _SIGN_IN_SECONDS:
            raise SignInFailed("state")
        return pending

    def _cookie_key(self, side: Side) -> bytes:
        return derive_key(self._secret, f"sign-in {side}")

    async def _discover(self, provider: Provider) -> _Metadata:
        known = self._metadata.get(provider.issuer)
        if known is not None and self._clock() < known.at + _METADATA_SECONDS:
            return known
        return await self._fetch_metadata(provider)

    async def _fetch_metadata(self, provider: Provider) -> _Metadata:
        found = await self._get_json(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != provider.issuer:
            raise SignInFailed("provider")
        try:
            metadata = _Metadata(
                authorization_endpoint=found["authorization_endpoint"],
                token_endpoint=found["token_endpoint"],
                keys=KeySet.import_key_set(await self._get_json(found["jwks_uri"])),
                at=self._clock(),
            )
        except (KeyError, TypeError, ValueError, JoseError) as error:
            raise SignInFailed("provider") from error
        self._metadata[provider.issuer] = metadata
        return metadata

    async def _get_json(self, url: str) -> Any:
        try:
            response = await self._http.get(url)
            response.raise_for_status()
            return response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignInFailed("unavailable") from error

    async def _exchange(self, provider: Provider, code: str, verifier: str) -> Mapping[str, Any]:
        metadata = await self._discover(provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": provider.redirect_uri,
            "code_verifier": verifier,
            "client_id": provider.client_id,
        }
        if provider.client_secret is not None:
            form["client_secret"] = provider.client_secret
        try:
            response = await self._http.post(metadata.token_endpoint, data=form)
        except httpx.HTTPError as error:
            raise SignInFailed("unavailable") from error
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise SignInFailed("unavailable")
        if response.status_code != httpx.codes.OK:
            raise SignInFailed("token")
        return _object(response)

    async def _verified(self, provider: Provider, answer: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the ID token. An unknown key is looked for once more: providers rotate theirs."""
        id_token = str(answer.get("id_token", ""))
        try:
            try:
                token = _decoded(id_token, await self._discover(provider))
            except InvalidKeyIdError:
                token = _decoded(id_token, await self._fetch_metadata(provider))
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": provider.issuer},
                    "aud": {"essential": True, "value": provider.client_id},
                },
                {"nonce": nonce, "client_id": provider.client_id, "access_token": answer.get("access_token")},
            )
            claims.validate(now=int(self._clock()), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise SignInFailed("token") from error
        return dict(claims)


def _decoded(id_token: str, metadata: _Metadata) -> jwt.Token:
    """The token, its signature checked. Raises JoseError, ValueError."""
    return jwt.decode(id_token, metadata.keys, algorithms=_ALGORITHMS)


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError as error:
        raise SignInFailed("token") from error
    if not isinstance(found, dict):
        raise SignInFailed("token")
    return found


def _person(provider: Provider, claims: Mapping[str, Any]) -> Person:
    given, family = str(claims.get("given_name") or ""), str(claims.get("family_name") or "")
    roles = claims.get("roles")
    granted = provider.grants.intersection(roles) if isinstance(roles, list) else frozenset()
    try:
        return Person(
            subject=_subject(provider.issuer, str(claims["sub"])),
            name=claims.get("name") or f"{given} {family}".strip(),
            given_name=given,
            family_name=family,
            birthdate=_full_date(claims.get("birthdate")),
            email=claims.get("email"),
            roles=granted | provider.always,
            office=claims.get("office"),
            locale=claims.get("locale"),
        )
    except (ValidationError, TypeError) as error:
        raise SignInFailed("token") from error


def _subject(issuer: str, subject: str) -> str:
    """One name for the pair: `sub` alone is unique only within its issuer, and may be an e-mail address."""
    return urlsafe_b64encode(sha256(f"{issuer}\n{subject}".encode()).digest()).rstrip(b"=").decode()


def _full_date(value: object) -> date | None:
    """OIDC Core 5.1 allows a year alone or 0000 for an unknown one: that is no date of birth for us."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
