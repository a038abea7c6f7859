"""The applicants' JSON API: what can be applied for, and where one's applications stand."""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.intake.views import applications, mailbox, open_evidence, open_questions
from aktenlauf.kit.views import Document, Query
from aktenlauf.kit.web.access import Applicant, anyone
from aktenlauf.kit.web.api_responses import PROBLEMS
from aktenlauf.kit.web.commands import scope_of_applicant, service_of, up_to_date

router = APIRouter(prefix="/api/intake/v1", responses=PROBLEMS)


class Offered(BaseModel):
    """One application that can be made."""

    key: str
    version: int
    kind: Literal["initial", "extension", "change"]
    title: dict[str, str]
    fee_cents: int
    evidence: list[str]


class OpenRequest(BaseModel):
    """Evidence that the office still waits for."""

    request: str
    evidence: list[str]
    deadline: date


class OpenQuestion(BaseModel):
    """A question without an answer."""

    question: str
    deadline: date | None


class Standing(BaseModel):
    """Where one application stands. `document` ids are read at `/nachweise/{case}/{document}`."""

    case: str
    number: str
    service: str
    office: str
    status: Literal["submitted", "in_review", "asked", "decided", "appointment", "closed", "withdrawn"]
    submitted_at: datetime
    digest: str
    effect: str | None
    title_valid_until: date | None
    open_evidence: list[OpenRequest]
    open_questions: list[OpenQuestion]
    appointment_start: datetime | None
    receipt: str | None
    notice: str | None
    unread: int
    erased: bool


@router.get("/services", dependencies=[anyone])
async def services() -> list[Offered]:
    """The catalogue."""
    return [
        Offered(
            key=offer.key,
            version=offer.version,
            kind=offer.kind,
            title=offer.title.model_dump(),
            fee_cents=offer.fee.cents,
            evidence=[demand.kind.key for demand in offer.evidence],
        )
        for offer in catalogue().services.values()
    ]


@router.get("/applications")
async def my_applications(request: Request, person: Applicant) -> list[Standing]:
    """The fifty newest of the signed-in person."""
    await up_to_date(request)
    service, scope = service_of(request), await scope_of_applicant(request, person)
    found = await service.page(applications, scope, Query(order="submitted_at", descending=True))
    return [_standing(doc, await service.find(mailbox, scope, doc["case"])) for doc in found.documents]


@router.get("/applications/{case}")
async def one_application(request: Request, person: Applicant, case: str) -> Standing:
    """One of them; 404 for any other."""
    await up_to_date(request)
    service, scope = service_of(request), await scope_of_applicant(request, person)
    return _standing(await service.get(applications, scope, case), await service.find(mailbox, scope, case))


def _standing(doc: Document, box: Document | None) -> Standing:
    slot: dict[str, Any] = doc.get("appointment", {}).get("slot") or {}
    return Standing.model_validate(
        {
            **doc,
            "effect": doc.get("effect"),
            "title_valid_until": doc.get("title_valid_until"),
            "open_evidence": open_evidence(doc),
            "open_questions": open_questions(doc),
            "appointment_start": slot.get("start"),
            "receipt": doc.get("receipt"),
            "notice": doc.get("decision", {}).get("document"),
            "unread": box["unread"] if box else 0,
            "erased": bool(doc.get("erased_at")),
        }
    )
