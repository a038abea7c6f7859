"""Until when a remedy may be lodged (Rechtsbehelfsfrist), §§ 70, 74, 58 VwGO."""

from datetime import date

from aktenlauf.review.rules.data import RemedyKind, norm, rules_data
from aktenlauf.review.rules.days import Land, is_local_holiday, months_after, next_working_day
from aktenlauf.review.rules.finding import Finding, Frozen


class ObjectionFacts(Frozen):
    announced_on: date
    remedy: RemedyKind
    land: Land
    instructed: bool


class Objection(Finding):
    """`last_day` ends at midnight in Berlin; `counted_end` is the day before moving off a closed day."""

    last_day: date
    counted_end: date
    facts: ObjectionFacts


def objection(announced_on: date, remedy: RemedyKind, land: Land, instructed: bool = True) -> Objection:
    """Return the last day on which the remedy against a notice is in time.

    One month from announcement (`remedy`: "objection" = Widerspruch § 70, "action" = Klage § 74 VwGO), one
    year if the instruction on remedies is missing or wrong (§ 58 Abs. 2). The day of announcement is not
    counted; an end on a Saturday, Sunday or public holiday moves to the next working day (§ 57 Abs. 2 VwGO,
    § 222 Abs. 2 ZPO, § 193 BGB). `land` is that of the place where the remedy is lodged.
    Reinstatement (Wiedereinsetzung, § 60 VwGO) is not computed.
    """
    data = rules_data()
    months = data.objection_months if instructed else data.objection_months_without_instruction
    counted_end = months_after(announced_on, months)
    last_day = next_working_day(counted_end, land)
    return Objection(
        last_day=last_day,
        counted_end=counted_end,
        checks=("local_holiday",) if is_local_holiday(last_day, land) else (),
        facts=ObjectionFacts(announced_on=announced_on, remedy=remedy, land=land, instructed=instructed),
        norm=norm(_norm_key(remedy, instructed)),
    )


def _norm_key(remedy: RemedyKind, instructed: bool) -> str:
    if not instructed:
        return "vwgo_58_2"
    return "vwgo_70" if remedy == "objection" else "vwgo_74"
