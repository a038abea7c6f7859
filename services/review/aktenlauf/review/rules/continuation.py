"""What an application does to the stay (Fiktionswirkung), § 81 Abs. 3 and 4 AufenthG."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from aktenlauf.review.rules.data import norm
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.rules.finding import Finding, Frozen

Effect = Literal["title_continues", "stay_permitted", "removal_suspended", "order_possible", "none", "unclear"]


class TitleKind(StrEnum):
    """The title held when filing (Aufenthaltstitel, § 4 Abs. 1 AufenthG); NONE = without a title."""

    NONE = "none"
    RESIDENCE_PERMIT = "residence_permit"
    BLUE_CARD = "blue_card"
    ICT_CARD = "ict_card"
    MOBILE_ICT_CARD = "mobile_ict_card"
    NATIONAL_VISA = "national_visa"
    SCHENGEN_VISA = "schengen_visa"
    AIRPORT_TRANSIT_VISA = "airport_transit_visa"
    UNLIMITED = "unlimited"


class ContinuationFacts(Frozen):
    filed_on: date
    title: TitleKind
    title_valid_until: date | None
    stay_lawful: bool | None


class Continuation(Finding):
    """`since` is the first Berlin day of the effect; None where the law gives none by itself."""

    effect: Effect
    since: date | None
    facts: ContinuationFacts


def continuation(
    filed_at: datetime, title: TitleKind, title_valid_until: date | None, stay_lawful: bool | None
) -> Continuation:
    """Return what an application for a residence title does to the applicant's stay.

    `filed_at` is the trusted instant of filing (with time zone; its Berlin day counts), `title` the title
    that the applicant holds or held last, `title_valid_until` its last day as it stands on filing (with any
    extension by ordinance), `stay_lawful` whether the stay was lawful on filing (None: not known). Not to be
    asked for naturalisation, nor for persons with an asylum application (§ 55 Abs. 2 AsylG).

    Filed up to the last day of validity the title continues from the day after it; filed later the office may
    order that. Abs. 3 is only for those without a title; both exclude each other (BVerwG, 19.11.2019,
    1 C 22.18), so an application on a Schengen visa has no effect, also on one issued by another state.
    Raises ValueError if `filed_at` has no time zone.
    """
    facts = ContinuationFacts(
        filed_on=berlin_day(filed_at),
        title=title,
        title_valid_until=title_valid_until,
        stay_lawful=stay_lawful,
    )
    match title:
        case TitleKind.NONE:
            return _without_title(facts)
        case TitleKind.SCHENGEN_VISA | TitleKind.AIRPORT_TRANSIT_VISA:
            return _on_short_visa(facts)
        case TitleKind.UNLIMITED:
            return _result("none", facts)
        case _:
            return _with_title(facts)


def _without_title(facts: ContinuationFacts) -> Continuation:
    if facts.stay_lawful is None:
        return _result("unclear", facts, checks=("lawful_stay_unknown",), norm_key="aufenthg_81_3")
    if facts.stay_lawful:
        return _result("stay_permitted", facts, since=facts.filed_on, norm_key="aufenthg_81_3")
    # Satz 2 speaks of late filing: who was never lawfully here is not "late". Only a person can tell.
    return _result(
        "removal_suspended",
        facts,
        since=facts.filed_on,
        checks=("formerly_lawful_stay",),
        norm_key="aufenthg_81_3",
    )


def _on_short_visa(facts: ContinuationFacts) -> Continuation:
    valid = facts.title_valid_until is not None and facts.filed_on <= facts.title_valid_until
    return _result("none", facts, checks=() if valid else ("short_visa_expired",))


def _with_title(facts: ContinuationFacts) -> Continuation:
    if facts.title_valid_until is None:
        return _result("unclear", facts, checks=("title_expiry_unknown",))
    if facts.filed_on <= facts.title_valid_until:
        return _result("title_continues", facts, since=facts.title_valid_until + timedelta(days=1))
    if facts.stay_lawful:
        return _result("unclear", facts, checks=("lawful_stay_after_expiry",))
    return _result("order_possible", facts, checks=("hardship_order",))


def _result(
    effect: Effect,
    facts: ContinuationFacts,
    *,
    since: date | None = None,
    checks: tuple[str, ...] = (),
    norm_key: str = "aufenthg_81_4",
) -> Continuation:
    return Continuation(effect=effect, since=since, facts=facts, checks=checks, norm=norm(norm_key))
