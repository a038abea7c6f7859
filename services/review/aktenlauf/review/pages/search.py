"""Looking for a case by number or by family name. What was typed stands in no address."""

import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Query
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import scope_of_staff, service_of, up_to_date
from aktenlauf.kit.web.pages import page
from aktenlauf.review.name_index import blind
from aktenlauf.review.pages import office
from aktenlauf.review.pages.lists import ROWS
from aktenlauf.review.pages.rows import rows_of
from aktenlauf.review.views import worklist

router = APIRouter()
TYPED_MAX = 200


@router.post("/amt/suche")
async def search(request: Request, staff: Staff) -> Response:
    """The case of this number or the only one of this name at once, else a list; also an empty one says what to do."""
    await up_to_date(request)
    typed = str((await request.form()).get("q", "")).strip()[:TYPED_MAX]
    found = await _found(request, staff, typed)
    if len(found) == 1:
        part = "" if office.may_read(staff) else "/verlauf"
        return RedirectResponse(f"/amt/{found[0]['case']}{part}", 303)
    return page(
        request,
        "pages/found.html",
        typed=typed,
        rows=await rows_of(request, staff, found),
        more=len(found) == ROWS,
        named=office.may_read(staff),
    )


async def _found(request: Request, staff: Person, typed: str) -> list[dict[str, Any]]:
    """By number; names only for those who see names, else they could be tried out."""
    service, scope = service_of(request), scope_of_staff(staff)
    by_number = await service.page(worklist, scope, Query({"number": as_number(typed)}, limit=1))
    if by_number.documents or not office.may_read(staff):
        return list(by_number.documents)
    family = await blind(service.ports.keyring, scope.key, typed.partition(",")[0])
    if family is None:
        return []
    query = Query({"family": family}, order="changed", descending=True, limit=ROWS)
    return list((await service.page(worklist, scope, query)).documents)


def as_number(typed: str) -> str:
    """A case number as it is stored, from how people type it: small letters, other or no separators."""
    digits = re.sub(r"[\s-]", "", typed.upper()).removeprefix("AL")
    return f"AL-{digits[:4]}-{digits[4:8]}-{digits[8:]}"
