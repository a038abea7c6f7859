"""The worklist, and the proposals that wait for a second person."""

import asyncio
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.kit.identity import Person
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import now, scope_of_staff, service_of, up_to_date
from aktenlauf.kit.web.pages import page
from aktenlauf.review.pages import lists, office
from aktenlauf.review.pages.cursors import Listing, Place, read_place
from aktenlauf.review.pages.lists import LISTS, NOBODY_WORD, ORDERS, PROPOSED, Chosen
from aktenlauf.review.pages.office import Approver
from aktenlauf.review.pages.rows import rows_of
from aktenlauf.review.views import worklist

router = APIRouter()
_NOTES = {"leer": "Es ist kein Vorgang frei. Alle offenen Vorgänge sind zugewiesen.",
          "keiner": "Sie haben keinen Vorgang ausgewählt. Setzen Sie links in der Zeile ein Häkchen."}  # fmt: skip


@router.get("/amt")
async def show(request: Request, staff: Staff) -> Response:
    """One tab of the worklist, the most urgent first."""
    current = await up_to_date(request)
    me, scope = await office.me_of(request, staff), scope_of_staff(staff)
    chosen = lists.read_chosen(request.query_params)
    listing = Listing(lists.query_of(chosen, me, office.today(request)), worklist)
    found = await listing.page(service_of(request), scope, read_place(request, chosen.address))
    rows = await rows_of(request, staff, found.documents)
    counts = await _counts(request, staff, me)
    may_take = "caseworker" in staff.roles
    return page(
        request,
        "pages/worklist.html",
        counts={"/amt/freigaben": counts["freigabe"]},
        rows=rows,
        tabs=lists.tabs(chosen, counts),
        tab=LISTS[chosen.list],
        chosen=chosen,
        chips=lists.chips(chosen, await office.names_of(request, [chosen.who])),
        services=[(key, service.title.de) for key, service in catalogue().services.items()],
        colleagues=[(NOBODY_WORD, NOBODY_WORD), *await office.colleagues(request, staff)],
        orders=list(ORDERS.items()),
        total=counts[chosen.list],
        earlier=_turn(request, chosen.href, chosen.address, found.earlier),
        later=_turn(request, chosen.href, chosen.address, found.later),
        named=office.may_read(staff),
        at=now(request),
        updating=not current,
        note=_NOTES.get(request.query_params.get("hinweis", "")),
        may_take=may_take,
        choosing=may_take and any(row["free"] for row in rows),
    )


@router.get("/amt/freigaben")
async def approvals(request: Request, person: Approver) -> Response:
    """Proposals that wait for a second person, the oldest first."""
    current = await up_to_date(request)
    me, scope = await office.me_of(request, person), scope_of_staff(person)
    found = await Listing(PROPOSED, worklist).page(service_of(request), scope, read_place(request, "freigaben"))
    return page(
        request,
        "pages/approvals.html",
        rows=await rows_of(request, person, found.documents),
        me=me,
        earlier=_turn(request, "/amt/freigaben", "freigaben", found.earlier),
        later=_turn(request, "/amt/freigaben", "freigaben", found.later),
        updating=not current,
    )


async def _counts(request: Request, person: Person, me: str) -> dict[str, int]:
    """How many there are in each tab, without filters."""
    views, scope, today = service_of(request).ports.views, scope_of_staff(person), office.today(request)
    queries = [lists.query_of(Chosen(name), me, today) for name in LISTS]
    return dict(zip(LISTS, await asyncio.gather(*(views.count(worklist, scope, q) for q in queries)), strict=True))


def _turn(request: Request, href: str, listing: str, place: Place | None) -> str | None:
    """The address of a neighbouring page, if there is one."""
    if place is None:
        return None
    return f"{href}{'&' if '?' in href else '?'}{urlencode({'ab': place.signed(request, listing)})}"
