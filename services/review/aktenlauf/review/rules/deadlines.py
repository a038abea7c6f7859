"""The deadline proposed for documents still to be handed in (Nachforderung), § 82 Abs. 1 AufenthG."""

from datetime import date, timedelta

from aktenlauf.review.rules.data import norm, rules_data
from aktenlauf.review.rules.days import Land, is_local_holiday, next_working_day
from aktenlauf.review.rules.finding import Finding, Frozen


class DeadlineFacts(Frozen):
    known_on: date
    land: Land
    days: int


class DocumentDeadline(Finding):
    """`last_day` is the day to name in the request: a working day in the Land."""

    last_day: date
    counted_end: date
    facts: DeadlineFacts


def document_deadline(known_on: date, land: Land, days: int | None = None) -> DocumentDeadline:
    """Propose the last day for handing in requested documents.

    `known_on` is the day on which the applicant learns of the request (for a letter: its presumed arrival);
    counting starts the day after (§ 31 Abs. 2 VwVfG). `days` overrides the default of data.yaml. The day
    proposed is never a Saturday, Sunday or public holiday of `land`, so that the day named and the day on
    which the period ends by law are the same (§ 31 Abs. 3 VwVfG). What is adequate stays the office's
    judgement. Raises ValueError if `days` is below 1.
    """
    chosen = rules_data().document_request_days if days is None else days
    if chosen < 1:
        raise ValueError(f"a deadline needs at least one day, not {chosen}")
    counted_end = known_on + timedelta(days=chosen)
    last_day = next_working_day(counted_end, land)
    return DocumentDeadline(
        last_day=last_day,
        counted_end=counted_end,
        checks=("local_holiday",) if is_local_holiday(last_day, land) else (),
        facts=DeadlineFacts(known_on=known_on, land=land, days=chosen),
        norm=norm("aufenthg_82_1_frist"),
    )
