"""The office's side as JSON: the worklist, one case, and the main commands. `Idempotency-Key` is the command's id."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, Field

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.review import Effect, Outcome, Reasons
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Document
from aktenlauf.kit.views import Query as ViewQuery
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.api_responses import PROBLEMS
from aktenlauf.kit.web.commands import by_staff, scope_of_staff, service_of, up_to_date
from aktenlauf.review.domain import (
    ApproveDecision,
    AskQuestion,
    OfCase,
    ProposeDecision,
    RequestEvidence,
    ReturnDecision,
    ReviewEvidence,
    TakeCase,
    Verdict,
)
from aktenlauf.review.pages import office
from aktenlauf.review.pages.office import Approver, Caseworker
from aktenlauf.review.pages.typed import clean
from aktenlauf.review.views import case_file, worklist

router = APIRouter(prefix="/api/review/v1", responses=PROBLEMS)
State = Literal["open", "asked", "proposed", "approved", "issued", "closed"]
Words = Annotated[str, AfterValidator(clean), Field(min_length=1, max_length=8000)]
Key = Annotated[str, Field(min_length=1, max_length=100)]


class Row(BaseModel):
    """A case in the worklist: nothing personal."""

    case: str
    number: str
    service: str
    state: State
    filed_on: date
    due: date
    inaction_from: date
    effect: Effect
    title_valid_until: date | None
    assignee: str | None
    evidence: list[str]
    evidence_done: int


class Rows(BaseModel):
    """Cases in order of their due date."""

    cases: list[Row]


class Judged(BaseModel):
    """A verdict on one item of the checklist."""

    verdict: Verdict
    document: str | None = None


class Waiting(BaseModel):
    """A proposal before the second person."""

    decision: str
    outcome: Outcome
    valid_until: date | None
    staff: str


class Case(BaseModel):
    """A case without its sealed content. `version` is what commands name as `seen`."""

    case: str
    number: str
    service: str
    status: str
    version: int
    assignee: str | None = None
    evidence: list[str]
    verdicts: dict[str, Judged]
    documents: list[DocumentRef]
    proposal: Waiting | None = None
    decision: Document | None = None
    erased: bool = False


class Done(BaseModel):
    """The version of the case after the command; `repeated`: it was known, or changed nothing."""

    version: int
    repeated: bool


class ReviewBody(BaseModel):
    """Judge one item."""

    evidence: Key
    document: Key | None = None
    verdict: Verdict
    note: Annotated[str, AfterValidator(clean), Field(max_length=2000)] = ""
    seen: int | None = None


class RequestBody(BaseModel):
    """Ask for evidence."""

    evidence: Annotated[list[Key], Field(min_length=1, max_length=50)]
    deadline: date
    text: Words
    seen: int | None = None


class QuestionBody(BaseModel):
    """Ask the applicant."""

    text: Words
    deadline: date | None = None
    seen: int | None = None


class ProposalBody(BaseModel):
    """Propose a decision."""

    outcome: Outcome
    valid_until: date | None = None
    reasons: Words
    conditions: Annotated[str, AfterValidator(clean), Field(max_length=8000)] = ""
    seen: int | None = None


class ApprovalBody(BaseModel):
    """Approve the proposal that was seen."""

    decision: Key
    seen: int | None = None


class ReturnBody(BaseModel):
    """Send the proposal back."""

    note: Words
    seen: int | None = None


@router.get("/cases")
async def cases(request: Request, staff: Staff, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Rows:
    """What is to be decided, the most urgent first."""
    await up_to_date(request)
    query = ViewQuery({"active": 1}, order="due", at_least="0", limit=limit)
    found = await service_of(request).page(worklist, scope_of_staff(staff), query)
    return Rows(cases=[Row.model_validate({**doc, "assignee": doc["assignee"] or None}) for doc in found.documents])


@router.get("/cases/{case}")
async def case(request: Request, staff: Staff, case: str) -> Case:
    """One case; recorded as a look."""
    shown = await office.open_case(request, staff, case)
    doc = shown.doc
    documents = [DocumentRef(document=d["id"], kind=d["evidence"]) for d in office.filed(doc)]
    found = {**doc, "verdicts": doc.get("verdicts", {}), "documents": documents, "erased": shown.content is None}
    return Case.model_validate(found)


@router.post("/cases/{case}/assignment")
async def take(request: Request, staff: Caseworker, case: str) -> Done:
    """Take the case."""
    return await _run(request, staff, TakeCase, case, {})


@router.post("/cases/{case}/reviews")
async def review(request: Request, staff: Caseworker, case: str, body: ReviewBody) -> Done:
    """Judge one item."""
    _known([body.evidence])
    if body.document:
        office.handed_in(await service_of(request).get(case_file, scope_of_staff(staff), case), body.document)
    return await _run(request, staff, ReviewEvidence, case, body.model_dump())


@router.post("/cases/{case}/evidence-requests")
async def request_evidence(request: Request, staff: Caseworker, case: str, body: RequestBody) -> Done:
    """Ask for evidence."""
    _known(body.evidence)
    return await _run(request, staff, RequestEvidence, case, body.model_dump())


@router.post("/cases/{case}/questions")
async def ask(request: Request, staff: Caseworker, case: str, body: QuestionBody) -> Done:
    """Ask the applicant."""
    return await _run(request, staff, AskQuestion, case, body.model_dump())


@router.post("/cases/{case}/proposals")
async def propose(request: Request, staff: Caseworker, case: str, body: ProposalBody) -> Done:
    """Propose a decision."""
    reasons = Reasons(reasons=body.reasons, conditions=body.conditions)
    fields = {**body.model_dump(exclude={"conditions"}), "reasons": reasons}
    return await _run(request, staff, ProposeDecision, case, fields)


@router.post("/cases/{case}/approval")
async def approve(request: Request, staff: Approver, case: str, body: ApprovalBody) -> Done:
    """Approve, as the second person."""
    return await _run(request, staff, ApproveDecision, case, body.model_dump())


@router.post("/cases/{case}/return")
async def send_back(request: Request, staff: Approver, case: str, body: ReturnBody) -> Done:
    """Return, as the second person."""
    return await _run(request, staff, ReturnDecision, case, body.model_dump())


def _known(kinds: list[str]) -> None:
    if not set(kinds) <= catalogue().evidence.keys():
        raise Refused(Code.INVALID)


async def _run(request: Request, staff: Person, command: type[OfCase], case: str, fields: dict[str, Any]) -> Done:
    await service_of(request).get(case_file, scope_of_staff(staff), case)
    given = await by_staff(request, staff)
    await office.me_of(request, staff)
    order = command(**{**given, **fields, "case": case, "staff": given["actor"]})
    outcome = await service_of(request).run(order)
    return Done(version=outcome.version, repeated=not outcome.events)
