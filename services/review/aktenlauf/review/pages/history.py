"""The history of a case, who looked into it, and the order to erase it."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.kit.erasure import OrderErasure
from aktenlauf.kit.errors import Forbidden, NotFound
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import by_staff, looked, scope_of_staff, see_other, service_of, up_to_date
from aktenlauf.review import words
from aktenlauf.review.pages import office
from aktenlauf.review.pages.case import entries_of
from aktenlauf.review.pages.office import Approver, CaseRoute, Opened
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.views import case_file, history

router = APIRouter(route_class=CaseRoute)


@router.get("/amt/{case}/verlauf")
async def show(request: Request, staff: Staff, case: str) -> Response:
    """Every event of all services in order. It names nobody but staff, so every role may read it."""
    shown = await _opened(request, staff, case)
    doc = await service_of(request).find(history, scope_of_staff(staff), case) or {}
    area, who = (request.query_params.get(name, "") for name in ("bereich", "wer"))
    entries = _chosen(doc.get("entries", []), area, who)
    return await office.case_page(
        request,
        shown,
        "pages/history.html",
        "/verlauf",
        days=_by_day(await entries_of(request, entries)),
        told=len(entries),
        total=len(doc.get("entries", [])),
        area=area,
        who=who,
        areas=[(key, label) for key, (label, _) in words.AREAS.items()],
        people=list(words.PEOPLE.items()),
        looks=await _looks(request, doc.get("looks", {})),
        named=office.may_read(staff),
    )


@router.get("/amt/{case}/loeschen")
async def ask(request: Request, staff: Approver, case: str) -> Response:
    """What erasing means, before it is done."""
    shown = await office.open_case(request, staff, case)
    possible = office.may_erase(shown)
    return await office.case_page(
        request, shown, "pages/erase.html", "/loeschen", possible=possible, page_label="Löschen"
    )


@router.post("/amt/{case}/loeschen")
async def erase(request: Request, staff: Approver, case: str) -> Response:
    """Order it. Ordered twice, it is done once."""
    shown = await office.open_case(request, staff, case)
    if "erasure" not in shown.doc and not office.may_erase(shown):
        raise Forbidden("only closed cases")
    given = await by_staff(request, staff, await request.form())
    command = OrderErasure(
        **{**given, "scope": System("order-erasure"), "seen": None},  # the case was found in this office's scope
        service="review",
        case=case,
        keys=(case_key(case),),
        reason="test" if shown.office.test else "retention",
    )
    return see_other(request, f"/amt/{case}", await service_of(request).run(command))


async def _opened(request: Request, staff: Any, case: str) -> Opened:
    """The case with its content only for those who may read it."""
    if office.may_read(staff):
        return await office.open_case(request, staff, case, "history")
    current = await up_to_date(request)
    doc = await service_of(request).get(case_file, scope_of_staff(staff), case)
    await looked(request, staff, case, "history")
    me = await office.me_of(request, staff)
    return Opened(doc, None, me, staff, office.today(request), current)


def _chosen(entries: list[Document], area: str, who: str) -> list[Document]:
    """The entries of an area and of a side; empty: all. Raises NotFound for one that does not exist."""
    if (area and area not in words.AREAS) or (who and who not in words.PEOPLE):
        raise NotFound(f"{area} {who}")
    kinds = words.AREAS[area][1] if area else None
    return [
        entry
        for entry in entries
        if (kinds is None or entry["kind"] in kinds) and (not who or words.side(entry["actor"]) == who)
    ]


def _by_day(entries: list[dict[str, Any]]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Newest first, under the Berlin day on which each happened."""
    return [(day, list(of_day)) for day, of_day in groupby(entries, key=_day)]


def _day(entry: Mapping[str, Any]) -> Any:
    return berlin_day(datetime.fromisoformat(entry["at"]))


async def _looks(request: Request, looks: dict[str, Any]) -> list[dict[str, Any]]:
    """Who looked at what, by day, newest first."""
    ordered = sorted(looks.values(), key=lambda look: look["last"], reverse=True)
    names = await office.names_of(request, [look["actor"] for look in ordered])
    return [
        {**look, "who": words.who(look["actor"], names), "role": words.ROLES.get(look["role"], look["role"]),
         "what": words.LOOKED_AT[look["what"]]}
        for look in ordered
    ]  # fmt: skip
