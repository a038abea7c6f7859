"""On whose behalf something is read or done. Every command carries one and every query takes one.

A query without a scope cannot be written, so that no page can forget to ask whose data it shows.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Office:
    """Staff of one office: sees the cases of that office."""

    key: str


@dataclass(frozen=True, slots=True)
class Party:
    """One person in their own matters: `id` is the party's HMAC (`kit.keyring.party_of`)."""

    id: str


@dataclass(frozen=True, slots=True)
class System:
    """The program itself; `reason` names the reaction, clock or job that acts."""

    reason: str


Scope = Office | Party | System


def permits(scope: Scope, offices: Collection[str], parties: Collection[str]) -> bool:
    """Whether `scope` may see what belongs to these offices and parties."""
    match scope:
        case Office(key):
            return key in offices
        case Party(id_):
            return id_ in parties
        case System():
            return True


def mark_of(scope: Scope) -> str:
    """The scope as views store it beside a document: `office:x`, `party:y`, or `*` for the program."""
    match scope:
        case Office(key):
            return f"office:{key}"
        case Party(id_):
            return f"party:{id_}"
        case System():
            return "*"


def marks_of(document: Mapping[str, Any] | None) -> list[str]:
    """The marks of all scopes that see this document of a view, each once; none for a tombstone."""
    if document is None:
        return []
    offices, parties = map(Office, document.get("offices", ())), map(Party, document.get("parties", ()))
    return list(dict.fromkeys(["*", *map(mark_of, offices), *map(mark_of, parties)]))
