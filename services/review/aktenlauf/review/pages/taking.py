"""Taking cases from the worklist: the next one, or several at once."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.views import Document, Query
from aktenlauf.kit.web.commands import by_staff, scope_of_staff, see_other, service_of, up_to_date
from aktenlauf.kit.web.pages import page
from aktenlauf.review.domain import TakeCase
from aktenlauf.review.pages import office
from aktenlauf.review.pages.lists import ROWS
from aktenlauf.review.pages.office import Caseworker
from aktenlauf.review.pages.rows import rows_of
from aktenlauf.review.views import NOBODY, worklist

router = APIRouter()
_NEXT_TRIED = 20
"""How many cases "the next one" tries when others take them at the same moment."""


@router.post("/amt/naechster")
async def take_next(request: Request, person: Caseworker) -> Response:
    """Take the most urgent case that nobody has. Posted twice, it leads to the same case."""
    await up_to_date(request)
    service, scope = service_of(request), scope_of_staff(person)
    given = await by_staff(request, person, await request.form())
    before = await service.page(worklist, scope, Query({"taken_by": given["id"]}, limit=1))
    if before.documents:
        return RedirectResponse(f"/amt/{before.keys[0]}", 303)
    free = Query({"active": 1, "assignee": NOBODY}, order="due", at_least="0", limit=_NEXT_TRIED)
    for case in (await service.page(worklist, scope, free)).keys:
        outcome = await _take(request, given, case, given["id"])
        if outcome is not None:
            return see_other(request, f"/amt/{case}", outcome)
    return RedirectResponse("/amt?hinweis=leer", 303)


@router.post("/amt/uebernehmen")
async def take_several(request: Request, person: Caseworker) -> Response:
    """Take the chosen cases that nobody has, each by a command of its own, and say which went and which did not.

    Sent twice, it says the same. A case of another office is one that does not exist.
    """
    await up_to_date(request)
    form = await request.form()
    chosen = list(dict.fromkeys(str(case) for case in form.getlist("vorgang")))[:ROWS]
    if not chosen:
        return RedirectResponse("/amt?hinweis=keiner", 303)
    await office.me_of(request, person)
    service, scope, given = service_of(request), scope_of_staff(person), await by_staff(request, person, form)
    taken: list[str] = []
    known = [case for case in chosen if await service.find(worklist, scope, case)]
    for case in known:
        outcome = await _take(request, given, case, derived_id(given["id"], case))
        if outcome is not None:
            taken.append(case)
            await service.until_seen(outcome.stream, outcome.version)
    rows = await rows_of(request, person, [await _of(request, person, case) for case in known])
    return page(
        request,
        "pages/taken.html",
        taken=[row for row in rows if row["case"] in taken],
        left=[row for row in rows if row["case"] not in taken],
        unknown=len(chosen) - len(known),
    )


async def _take(request: Request, given: dict[str, Any], case: str, id_: str) -> Outcome | None:
    """None where somebody was faster, or it was withdrawn."""
    try:
        command = TakeCase(**{**given, "id": id_, "seen": None}, case=case, staff=given["actor"], if_free=True)
        return await service_of(request).run(command)
    except Refused as refused:
        if refused.code not in (Code.TAKEN, Code.CLOSED):
            raise
        return None


async def _of(request: Request, person: Any, case: str) -> Document:
    return await service_of(request).get(worklist, scope_of_staff(person), case)
