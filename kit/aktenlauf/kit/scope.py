"""On whose behalf something is read or done. Every command carries one and every query takes one.

A query without a scope cannot be written, so that no page can forget to ask whose data it shows.
"""

from collections.abc import Collection
from dataclasses import dataclass


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
