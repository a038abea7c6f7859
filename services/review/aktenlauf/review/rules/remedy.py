"""Which remedy the notice names (Rechtsbehelfsbelehrung), § 68 VwGO and the law of the Land."""

from string import Formatter
from typing import Literal

from aktenlauf.review.rules.data import LandRemedy, RemedyKind, norm, rules_data
from aktenlauf.review.rules.days import Land
from aktenlauf.review.rules.finding import Finding, Frozen

Matter = Literal["residence", "naturalisation"]


class RemedyFacts(Frozen):
    land: Land
    matter: Matter
    configured: RemedyKind | None


class Remedy(Finding):
    """`text` is to be filled by str.format with `placeholders`; there is none while `kind` is unclear."""

    kind: RemedyKind | Literal["unclear"]
    text_key: str | None
    text: str | None
    placeholders: tuple[str, ...]
    facts: RemedyFacts


def remedy(land: Land, matter: Matter, configured: RemedyKind | None = None) -> Remedy:
    """Return the remedy against a notice of an office in `land`, with the German text of the instruction.

    § 68 VwGO wants a preliminary procedure (Widerspruch) unless a law says otherwise; most Länder have such
    laws, for some matters or all. `configured` is what the office has settled for itself and goes first.
    Where neither it nor data.yaml answers, the kind is "unclear" and there is no text: a wrong instruction
    would open the period of a year (§ 58 Abs. 2 VwGO). The text says what § 58 Abs. 1 VwGO demands: remedy,
    authority or court, its seat, the period.
    """
    facts = RemedyFacts(land=land, matter=matter, configured=configured)
    if configured:
        return _result(LandRemedy(kind=configured, norm="vwgo_68"), facts)
    known = rules_data().remedy_by_land.get(land, {}).get(matter)
    if known:
        return _result(known, facts)
    return Remedy(
        kind="unclear",
        text_key=None,
        text=None,
        placeholders=(),
        facts=facts,
        checks=("remedy_not_configured",),
        norm=norm("vwgo_68"),
    )


def _result(known: LandRemedy, facts: RemedyFacts) -> Remedy:
    key = f"remedy_{known.kind}"
    text = rules_data().texts[key]
    return Remedy(
        kind=known.kind,
        text_key=key,
        text=text,
        placeholders=tuple(name for _, name, _, _ in Formatter().parse(text) if name),
        facts=facts,
        checks=known.checks,
        norm=norm(known.norm),
    )
