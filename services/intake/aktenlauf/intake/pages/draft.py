"""What an applicant has begun and filed, the overview of a draft, and deleting one.

`/antrag/{case}` is a draft or a case, by its state. The router takes `/antrag/{case}/{step}` whatever the step is
called: routers with other pages below `/antrag/{case}` come before it.
"""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.intake import drafts, views
from aktenlauf.intake.drafts import Draft
from aktenlauf.intake.pages import check, progress, question, words
from aktenlauf.intake.pages.case import case_page
from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.intake.pages.draft_request import Visit, draft_page, grant_upload, visit
from aktenlauf.kit.scope import Party
from aktenlauf.kit.views import Document, Query
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.i18n import translate
from aktenlauf.kit.web.pages import page

CASES_MAX = 100

router = APIRouter(include_in_schema=False)


@router.get("/antrag")
async def mine(request: Request, person: Applicant) -> Response:
    visited = await visit(request, person)
    found = await drafts.of_party(visited.service, visited.party)
    query = Query(order="submitted_at", descending=True, limit=CASES_MAX)
    cases = await visited.service.page(views.applications, Party(visited.party), query)
    return page(
        request,
        "pages/mine.html",
        drafts=[_draft_entry(visited, draft) for draft in found],
        cases=[_case_entry(visited, case) for case in cases.documents],
        deleted="geloescht" in request.query_params,
        counts=await counts_of(request, person),
    )


@router.get("/antrag/{case}")
async def overview(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.find(visited.service, case, visited.party)
    if draft is None:
        return await case_page(request, person, case)
    evidence = await visited.evidence(case)
    return draft_page(
        visited,
        draft,
        "pages/overview.html",
        tasks=progress.tasks(draft, evidence, visited.today, visited.locale),
        next_href=progress.next_path(draft, evidence, visited.today),
        counts=await counts_of(request, person),
    )


@router.get("/antrag/{case}/loeschen")
async def ask_before_deleting(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.load(visited.service, case, visited.party)
    return draft_page(visited, draft, "pages/delete_draft.html", counts=await counts_of(request, person))


@router.post("/antrag/{case}/loeschen")
async def delete(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.load(visited.service, case, visited.party)
    await drafts.discard(visited.service, draft.case, "draft-deleted", visited.at)
    return RedirectResponse("/antrag?geloescht=1", 303)


@router.get("/antrag/{case}/nachweise")
async def to_evidence(request: Request, person: Applicant, case: str) -> Response:
    """To the evidence of a draft with a new right to upload: the way on for whom the last one has run out."""
    visited = await visit(request, person)
    draft = await drafts.load(visited.service, case, visited.party)
    response = RedirectResponse(f"/nachweise/{draft.case}", 303)
    grant_upload(visited, draft, response)
    return response


def _draft_entry(visited: Visit, draft: Draft) -> dict[str, Any]:
    states = progress.sections(draft, visited.today, visited.locale, None)
    return {
        "case": draft.case,
        "title": draft.offer.title.pick(visited.locale),
        "saved_at": draft.saved_at,
        "expires_at": draft.expires_at,
        "done": sum(state["state"] == "done" for state in states),
        "all": len(states),
    }


def _case_entry(visited: Visit, case: Document) -> dict[str, Any]:
    erased = bool(case.get("erased_at"))
    return {
        "case": case["case"],
        "number": case["number"],
        "title": words.title_of(case, visited.locale),
        "submitted_at": case["submitted_at"],
        "status": translate("Gelöscht" if erased else words.STATUSES[case["status"]]),
        "kind": "warning" if case["status"] == "asked" and not erased else "info",
    }


router.include_router(check.router)
router.include_router(question.router)
