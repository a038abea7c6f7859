"""From the claims of a verified token to a person, by the names that this provider gives them."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.identity import Person, SignInFailed


def person_of(provider: Provider, claims: Mapping[str, Any]) -> Person:
    """The person with the roles that this provider may grant. Raises SignInFailed("token") for claims that fit none.

    A service account has no name: it is called by its user or client name.
    """
    given, family = str(claims.get("given_name") or ""), str(claims.get("family_name") or "")
    try:
        return Person(
            subject=_subject(provider.issuer, str(claims["sub"])),
            name=claims.get("name") or f"{given} {family}".strip() or _account(claims),
            given_name=given,
            family_name=family,
            birthdate=_full_date(claims.get("birthdate")),
            email=claims.get("email"),
            roles=provider.grants.intersection(_words(provider.roles_claim, claims)) | provider.always,
            office=_office(_words(provider.office_claim, claims)),
            locale=claims.get("locale"),
        )
    except (ValidationError, TypeError, ValueError, KeyError) as error:
        raise SignInFailed("token") from error


def scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of an access token. source: RFC 8693 section 4.2."""
    return frozenset(str(claims.get("scope") or "").split())


def _account(claims: Mapping[str, Any]) -> str:
    return str(claims.get("preferred_username") or claims.get("client_id") or claims.get("azp") or "")


def _words(name: str, claims: Mapping[str, Any]) -> list[str]:
    """The values of a claim, whether it came as a list or, as providers do with a single one, as a word."""
    found = _claim(name, claims)
    if isinstance(found, list):
        return [value for value in found if isinstance(value, str)]
    return [found] if isinstance(found, str) and found else []


def _claim(name: str, claims: Mapping[str, Any]) -> Any:
    """By its whole name first: a claim may be called like an address, with dots in it."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _office(found: list[str]) -> str | None:
    """Raises ValueError for several: nobody works for two offices in one session."""
    if len(found) > 1:
        raise ValueError("more than one office")
    return found[0] if found else None


def _subject(issuer: str, subject: str) -> str:
    """One name for the pair: `sub` alone is unique only within its issuer, and may be an e-mail address."""
    return urlsafe_b64encode(sha256(f"{issuer}\n{subject}".encode()).digest()).rstrip(b"=").decode()


def _full_date(value: object) -> date | None:
    """OIDC Core 5.1 allows a year alone or 0000 for an unknown one: that is no date of birth for us."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
