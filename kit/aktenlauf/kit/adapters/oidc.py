"""Sign-in at any OpenID Connect provider: authorisation code with PKCE S256, state and nonce; and access tokens.

source: OpenID Connect Core 1.0 section 3.1, RP-Initiated Logout 1.0, RFC 7636 (PKCE), RFC 9700 (security), RFC 9207
(issuer), RFC 9068 (access tokens). Nothing is kept on the server between start and finish: what must come back lies
sealed in a cookie.
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import JoseError
from pydantic import BaseModel

from aktenlauf.kit.adapters.oidc_claims import person_of, scopes_of
from aktenlauf.kit.adapters.oidc_provider import Discovery, Metadata, Provider, origin
from aktenlauf.kit.identity import Person, Presented, Side, SignInFailed, same_origin_path
from aktenlauf.kit.sessions import derive_key

_SIGN_IN_SECONDS = 600
_LEEWAY_SECONDS = 60
_NONCE_BYTES = 12
_ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})


class _Pending(BaseModel):
    """What lies sealed in the cookie between start and finish. `at` in Unix seconds."""

    state: str
    nonce: str
    verifier: str
    return_to: str
    at: int


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
        self._discovery = Discovery(http, clock)

    def form_targets(self, side: Side) -> frozenset[str]:
        provider = self._providers[side]
        known = self._discovery.known(provider)
        return frozenset(origin(url) for url in (provider.issuer, *(known.pages if known else ())))

    async def start(self, side: Side, return_to: str) -> tuple[str, str]:
        provider = self._providers[side]
        metadata = await self._discovery.of(provider)
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
        return _with_query(metadata.authorization_endpoint, query), self._seal(side, pending)

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
        return person_of(provider, claims), pending.return_to

    async def sign_out_url(self, side: Side) -> str | None:
        """Names the client alone: an `id_token_hint` would put name and address of a person into a URL."""
        provider = self._providers[side]
        try:
            metadata = await self._discovery.of(provider)
        except SignInFailed:
            return None
        if metadata.end_session_endpoint is None:
            return None
        query = {"client_id": provider.client_id, "post_logout_redirect_uri": provider.signed_out_uri}
        return _with_query(metadata.end_session_endpoint, query)

    async def presented(self, side: Side, token: str) -> Presented:
        provider = self._providers[side]
        try:
            found = await self._discovery.decoded(provider, token, from_anybody=True)
            if not _is_access_token(found):
                raise SignInFailed("token")
            self._access_claims(provider).validate(found.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise SignInFailed("token") from error
        return Presented(person_of(provider, found.claims), scopes_of(found.claims))

    def _access_claims(self, provider: Provider) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

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

    async def _exchange(self, provider: Provider, code: str, verifier: str) -> Mapping[str, Any]:
        metadata = await self._discovery.of(provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": provider.redirect_uri,
            "code_verifier": verifier,
        }
        try:
            response = await self._http.post(metadata.token_endpoint, **_authenticated(provider, metadata, form))
        except httpx.HTTPError as error:
            raise SignInFailed("unavailable") from error
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise SignInFailed("unavailable")
        if response.status_code != httpx.codes.OK:
            raise SignInFailed("token")
        return _object(response)

    async def _verified(self, provider: Provider, answer: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the ID token."""
        try:
            token = await self._discovery.decoded(provider, str(answer.get("id_token", "")), from_anybody=False)
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


def _is_access_token(token: jwt.Token) -> bool:
    """Whether a token says itself that it is one. An ID token is for whoever signs somebody in, leaks more easily, and
    may name our audience too, as providers let it be added to both. So the audience alone tells nothing, and neither
    does a claim that the others usually have: nonce and at_hash may be missing (OpenID Connect Core 3.1.3.6).

    source: RFC 9068 section 4 (`typ` in the header, all else refused). Keycloak keeps to it by an option of the client;
    without that the header says JWT, and a claim `typ` what it is: Bearer, or else ID, Refresh, Offline, Logout, or
    DPoP for one that opens nothing without a proof, which we do not check.
    """
    kind = str(token.header.get("typ", "JWT")).lower()
    return kind in _ACCESS_TOKEN_TYPES or (kind == "jwt" and token.claims.get("typ") == "Bearer")


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _authenticated(provider: Provider, metadata: Metadata, form: Mapping[str, str]) -> dict[str, Any]:
    """What httpx posts. source: RFC 6749 section 2.3.1."""
    if provider.client_secret is None:
        return {"data": {**form, "client_id": provider.client_id}}
    if metadata.takes_secret_in_form:
        return {"data": {**form, "client_id": provider.client_id, "client_secret": provider.client_secret}}
    user, password = quote(provider.client_id, safe=""), quote(provider.client_secret, safe="")
    return {"data": dict(form), "auth": httpx.BasicAuth(user, password)}


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError as error:
        raise SignInFailed("token") from error
    if not isinstance(found, dict):
        raise SignInFailed("token")
    return found
