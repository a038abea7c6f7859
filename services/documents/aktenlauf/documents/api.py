"""JSON over HTTP: the documents of a case, without their content (that is for people, under /nachweise)."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from aktenlauf.documents.views import files
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Applicant, Staff
from aktenlauf.kit.web.api_responses import PROBLEMS
from aktenlauf.kit.web.commands import looked, scope_of_applicant, scope_of_staff, service_of, up_to_date

router = APIRouter(prefix="/api/documents/v1", responses=PROBLEMS)


class DocumentSummary(BaseModel):
    """One document, without names or content."""

    id: str
    evidence: str
    status: str
    pages: int | None = None
    reason: str | None = None
    filed: bool = False


@router.get("/cases/{case}/documents")
async def own_documents(request: Request, person: Applicant, case: str) -> list[DocumentSummary]:
    """The documents of one's own case."""
    await up_to_date(request)
    return _summaries(await service_of(request).get(files, await scope_of_applicant(request, person), case))


@router.get("/office/cases/{case}/documents")
async def office_documents(request: Request, person: Staff, case: str) -> list[DocumentSummary]:
    """The documents that were handed in, of a case of one's office; recorded as a look."""
    await up_to_date(request)
    doc = await service_of(request).get(files, scope_of_staff(person), case)
    await looked(request, person, case, "case")
    return [summary for summary in _summaries(doc) if summary.filed]


def _summaries(doc: Document) -> list[DocumentSummary]:
    entries = doc.get("documents", {}).values()
    return [DocumentSummary(**{"status": "uploaded", **entry}) for entry in entries if entry.get("evidence")]
