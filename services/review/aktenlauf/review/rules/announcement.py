"""The day a notice counts as announced (Bekanntgabe), § 41 VwVfG and its relatives."""

from datetime import date, timedelta
from typing import Literal

from aktenlauf.review.rules.data import AnnouncementRule, AnnouncementWay, norm, rules_data
from aktenlauf.review.rules.days import Land, ends_no_period, next_working_day
from aktenlauf.review.rules.finding import Finding, Frozen

Effect = Literal["announced", "pending", "not_effected", "unclear"]


class AnnouncementFacts(Frozen):
    land: Land
    way: AnnouncementWay
    dispatched_on: date
    as_of: date
    retrieved_on: date | None
    received_on: date | None
    access_disputed: bool
    rule: str


class Announcement(Finding):
    """`on` is the day of announcement; `retrieve_until` the last day of retrieval where retrieval decides."""

    effect: Effect
    on: date | None
    retrieve_until: date | None
    facts: AnnouncementFacts


def announcement(
    way: AnnouncementWay,
    land: Land,
    dispatched_on: date,
    as_of: date,
    retrieved_on: date | None = None,
    received_on: date | None = None,
    access_disputed: bool = False,
) -> Announcement:
    """Return the day on which a notice counts as announced, by the rule of this Land for this way.

    `way`: "post" = simple letter inland, "portal" = retrieval from our own portal, "account" = mailbox of a
    user account under the OZG. `dispatched_on` = posting, or sending of the notification about the notice;
    for "account" the day of provision. `retrieved_on` = first retrieval after signing in; `received_on` = a
    later access that is proved; `access_disputed` = the addressee denies access and no day is proved.
    All are Berlin days. Not for formal service (Zustellung, VwZG).

    A day counted from dispatch is a date, not a period, and so is not moved off weekends or holidays; whether
    it should be is disputed (tax courts do so for § 122 AO), which `checks` says where it matters.
    Raises ValueError if retrieval or receipt lies before dispatch.
    """
    if min(retrieved_on or dispatched_on, received_on or dispatched_on, as_of) < dispatched_on:
        raise ValueError(f"a notice dispatched on {dispatched_on} cannot be looked at or received before that")
    data = rules_data()
    choice = data.announcement_by_land.get(land, {}).get(way) or data.announcement_default[way]
    rule = data.announcement_rules[choice.rule]
    facts = AnnouncementFacts(
        land=land,
        way=way,
        dispatched_on=dispatched_on,
        as_of=as_of,
        retrieved_on=retrieved_on,
        received_on=received_on,
        access_disputed=access_disputed,
        rule=choice.rule,
    )
    judge = _by_retrieval if rule.kind == "day_after_retrieval" else _by_dispatch
    return judge(facts, rule, (*rule.checks, *choice.checks))


def _by_dispatch(facts: AnnouncementFacts, rule: AnnouncementRule, checks: tuple[str, ...]) -> Announcement:
    presumed = facts.dispatched_on + timedelta(days=_days(rule, facts.dispatched_on))
    if facts.access_disputed:
        if rule.retrieval_proves_access and facts.retrieved_on:
            return _result("announced", facts, rule, checks, on=facts.retrieved_on)
        return _result("unclear", facts, rule, (*checks, "access_disputed"))
    if facts.received_on and facts.received_on > presumed:
        return _result("announced", facts, rule, (*checks, "later_access"), on=facts.received_on)
    if ends_no_period(presumed, facts.land):
        checks = (*checks, "presumed_day_not_moved")
    return _result("announced", facts, rule, checks, on=presumed)


def _by_retrieval(facts: AnnouncementFacts, rule: AnnouncementRule, checks: tuple[str, ...]) -> Announcement:
    until = facts.dispatched_on + timedelta(days=_days(rule, facts.dispatched_on))
    moved = next_working_day(until, facts.land)
    looked = facts.retrieved_on or facts.as_of
    if looked > until:
        if looked <= moved:  # § 31 Abs. 3 VwVfG might move the end; nobody has decided that for us
            return _result("unclear", facts, rule, (*checks, "retrieval_window_end"), until=until)
        return _result("not_effected", facts, rule, checks, until=until)
    if facts.retrieved_on is None:
        return _result("pending", facts, rule, checks, until=until)
    return _result("announced", facts, rule, checks, on=looked + timedelta(days=1), until=until)


def _days(rule: AnnouncementRule, dispatched_on: date) -> int:
    in_force = [step for step in rule.steps if step.since <= dispatched_on]
    if not in_force:
        raise ValueError(f"data.yaml has no number of days for a dispatch on {dispatched_on} ({rule.norm})")
    return max(in_force, key=lambda step: step.since).days


def _result(
    effect: Effect,
    facts: AnnouncementFacts,
    rule: AnnouncementRule,
    checks: tuple[str, ...],
    on: date | None = None,
    until: date | None = None,
) -> Announcement:
    return Announcement(effect=effect, on=on, retrieve_until=until, facts=facts, checks=checks, norm=norm(rule.norm))
