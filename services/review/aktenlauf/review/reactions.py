"""What the office's side does when something happened elsewhere."""

from collections.abc import AsyncIterator
from typing import Any

from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationSubmitted, ApplicationWithdrawn, QuestionAnswered, SupplementFiled
from aktenlauf.contracts.scheduling import AttendanceRecorded
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.review.domain import CloseCase, NoteAnswer, NoteSupplement, OpenCase
from aktenlauf.review.rules.continuation import TitleKind, continuation
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.rules.inaction import inaction
from aktenlauf.review.views import stored

reactions = Reactions("reactions")
erasure.register(reactions, stored)

TITLE_KINDS = {
    "none": TitleKind.NONE,
    "title": TitleKind.RESIDENCE_PERMIT,
    "national-visa": TitleKind.NATIONAL_VISA,
    "schengen-visa": TitleKind.SCHENGEN_VISA,
}


@reactions.on(ApplicationSubmitted, name="open-case")
async def open_case(event: ApplicationSubmitted, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Open the case; its clocks run from the trusted time of filing."""
    effect, rule = _effect(event, meta)
    yield do(
        OpenCase,
        case=meta.case,
        number=event.number,
        service=event.service,
        application=event.application,
        office=event.office,
        filed_on=berlin_day(meta.at),
        effect=effect,
        effect_rule=rule,
        title_valid_until=event.title_valid_until,
        inaction_from=inaction(meta.at, berlin_day(meta.at)).action_from,
        evidence=tuple(event.evidence),
    )


def _effect(event: ApplicationSubmitted, meta: Meta) -> tuple[str, str]:
    """§ 81(3) and (4) AufenthG; what the applicant does not know is unclear, never assumed."""
    kind = TITLE_KINDS.get(event.residence_title)
    if kind is None or (kind is not TitleKind.NONE and event.title_valid_until is None):
        return "unclear", "continuation"
    found = continuation(meta.at, kind, event.title_valid_until, None)
    return found.effect, f"{found.norm.citation}, {found.norm.wording_checked_on}"


@reactions.on(SupplementFiled, name="note-supplement")
async def note_supplement(event: SupplementFiled, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """What came in must be looked at again."""
    yield do(NoteSupplement, case=meta.case, documents=tuple(event.documents), request=event.request)


@reactions.on(QuestionAnswered, name="note-answer")
async def note_answer(event: QuestionAnswered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """An answer, or a letter; its documents are evidence too."""
    yield do(NoteAnswer, case=meta.case, question=event.question, documents=tuple(event.documents))
    if event.documents:
        yield do(NoteSupplement, case=meta.case, documents=tuple(event.documents), request=None)


@reactions.on(ApplicationWithdrawn, name="close-withdrawn")
async def close_withdrawn(event: ApplicationWithdrawn, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Nothing is left to decide."""
    yield do(CloseCase, case=meta.case, reason="withdrawn")


@reactions.on(AttendanceRecorded, name="close-after-attendance")
async def close_after_attendance(event: AttendanceRecorded, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The appointment was the last thing to do."""
    if event.came:
        yield do(CloseCase, case=meta.case, reason="decided")
