"""When the evidence of a case is complete (Vollständigkeit der Nachweise), § 82 Abs. 1 AufenthG."""

from datetime import date
from typing import Literal

from aktenlauf.review.rules.data import norm
from aktenlauf.review.rules.finding import Finding, Frozen


class Evidence(Frozen):
    """One document in the file; `valid_until` is its last day where it has one (passport, certificate)."""

    kind: str
    state: Literal["received", "accepted", "rejected"]
    valid_until: date | None = None


class CompletenessFacts(Frozen):
    required: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    on: date


class Completeness(Finding):
    """Each required kind is in exactly one of accepted, to_review, expired, rejected, missing."""

    complete: bool
    accepted: tuple[str, ...]
    to_review: tuple[str, ...]
    expired: tuple[str, ...]
    rejected: tuple[str, ...]
    missing: tuple[str, ...]
    facts: CompletenessFacts


def completeness(required: tuple[str, ...], evidence: tuple[Evidence, ...], on: date) -> Completeness:
    """Tell whether all required evidence is there, accepted and valid on the day `on`.

    A kind is served by its best document: accepted and valid before unexamined and valid, before expired,
    before rejected. A document is still valid on its `valid_until`. Complete = every required kind accepted;
    kinds not required are ignored. Which kinds are required is the catalogue's matter, not this rule's.
    """
    standing: dict[str, list[str]] = {name: [] for name in _RANK}
    for kind in dict.fromkeys(required):
        found = (_standing(item, on) for item in evidence if item.kind == kind)
        standing[min(found, key=_RANK.index, default="missing")].append(kind)
    return Completeness(
        complete=set(standing["accepted"]) == set(required),
        **{name: tuple(kinds) for name, kinds in standing.items()},
        facts=CompletenessFacts(required=required, evidence=evidence, on=on),
        norm=norm("aufenthg_82_1"),
    )


_RANK = ("accepted", "to_review", "expired", "rejected", "missing")


def _standing(item: Evidence, on: date) -> str:
    if item.state == "rejected":
        return "rejected"
    if item.valid_until is not None and item.valid_until < on:
        return "expired"
    return "accepted" if item.state == "accepted" else "to_review"
