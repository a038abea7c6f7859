"""When an action for failure to act (Untätigkeitsklage) becomes admissible, § 75 VwGO."""

from datetime import date, datetime, timedelta

from aktenlauf.review.rules.data import norm, rules_data
from aktenlauf.review.rules.days import berlin_day, months_after
from aktenlauf.review.rules.finding import Finding, Frozen


class InactionFacts(Frozen):
    received_on: date
    on: date


class Inaction(Finding):
    """Day `day` of `days`; the day of receipt is day 0. `day` goes on counting after the last day."""

    last_day: date
    action_from: date
    day: int
    days: int
    reached: bool
    facts: InactionFacts


def inaction(received_at: datetime, on: date) -> Inaction:
    """Return the three months of § 75 Satz 2 VwGO from receipt, and where `on` stands in them.

    `received_at` is the trusted instant of receipt (with time zone; its Berlin day counts), `on` the Berlin
    day looked at. The day of receipt is not counted. The end is not moved off weekends or holidays: nothing
    has to be done by then, the period only keeps an action from being early. A shorter period
    "because of special circumstances", or a sufficient reason to wait, is for the court and not computed.
    Raises ValueError if `received_at` has no time zone or `on` lies before the receipt.
    """
    received_on = berlin_day(received_at)
    if on < received_on:
        raise ValueError(f"{on} lies before the receipt on {received_on}")
    last_day = months_after(received_on, rules_data().inaction_months)
    return Inaction(
        last_day=last_day,
        action_from=last_day + timedelta(days=1),
        day=(on - received_on).days,
        days=(last_day - received_on).days,
        reached=on > last_day,
        facts=InactionFacts(received_on=received_on, on=on),
        norm=norm("vwgo_75"),
    )
