"""The worklist, the proposals that wait for a second person, and the search by case number."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.kit.errors import NotFound, Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Document, Query
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import by_staff, looked, now, scope_of_staff, see_other, service_of, up_to_date
from aktenlauf.kit.web.pages import page
from aktenlauf.review import answers, clocks, words
from aktenlauf.review.domain import TakeCase
from aktenlauf.review.pages import office
from aktenlauf.review.pages.cursors import Listing, Place, read_place
from aktenlauf.review.pages.office import Approver, Caseworker
from aktenlauf.review.views import NOBODY, worklist

router = APIRouter()
ROWS = 50
_PROPOSED = Query({}, order="proposed_at", at_least="0")
_NEXT_TRIED = 20
"""How many cases "the next one" tries when others take them at the same moment."""
LISTS = (
    ("offen", "Offen"),
    ("wartet", "Wartet auf Antragsteller"),
    ("gefaehrdet", "Rechtsstatus gefährdet"),
    ("meine", "Meine Vorgänge"),
    ("entschieden", "Entschieden"),
    ("geschlossen", "Geschlossen"),
)
_NOTES = {"leer": "Es ist kein Vorgang frei. Alle offenen Vorgänge sind zugewiesen.",
          "unbekannt": "In Ihrer Behörde gibt es keinen Vorgang mit dieser Nummer."}  # fmt: skip


@router.get("/amt")
async def show(request: Request, staff: Staff) -> Response:
    """One tab of the worklist, the most urgent first."""
    current = await up_to_date(request)
    me, scope = await office.me_of(request, staff), scope_of_staff(staff)
    chosen = _chosen(request)
    listing = Listing(_query(request, chosen["liste"], me, chosen), worklist)
    place = read_place(request, _address(chosen))
    found = await listing.page(service_of(request), scope, place)
    rows = await _rows(request, staff, found.documents)
    counts = await _counts(request, staff, me)
    waiting = await service_of(request).ports.views.count(worklist, scope, _PROPOSED)
    return page(
        request,
        "pages/worklist.html",
        counts={"/amt/freigaben": waiting},
        rows=rows,
        tabs=_tabs(chosen, counts),
        tab=dict(LISTS)[chosen["liste"]],
        chosen=chosen,
        chips=await _chips(request, staff, chosen),
        services=[(key, service.title.de) for key, service in catalogue().services.items()],
        colleagues=await office.colleagues(request, staff),
        me=me,
        total=counts[chosen["liste"]],
        earlier=_turn(request, chosen, found.earlier),
        later=_turn(request, chosen, found.later),
        named=office.may_read(staff),
        at=now(request),
        updating=not current,
        note=_NOTES.get(request.query_params.get("hinweis", "")),
        may_take="caseworker" in staff.roles,
    )


@router.post("/amt/naechster")
async def take_next(request: Request, person: Caseworker) -> Response:
    """Take the most urgent case that nobody has. Posted twice, it leads to the same case."""
    await up_to_date(request)
    service, scope = service_of(request), scope_of_staff(person)
    given = await by_staff(request, person, await request.form())
    before = await service.page(worklist, scope, Query({"taken_by": given["id"]}, limit=1))
    if before.documents:
        return RedirectResponse(f"/amt/{before.keys[0]}", 303)
    free = Query({"active": 1, "assignee": NOBODY}, order="due", limit=_NEXT_TRIED)
    for case in (await service.page(worklist, scope, free)).keys:
        try:
            outcome = await service.run(TakeCase(**given, case=case, staff=given["actor"], if_free=True))
        except Refused as refused:
            if refused.code not in (Code.TAKEN, Code.CLOSED):
                raise
            continue  # somebody was faster, or it was withdrawn
        return see_other(request, f"/amt/{case}", outcome)
    return RedirectResponse("/amt?hinweis=leer", 303)


@router.post("/amt/suche")
async def search(request: Request, staff: Staff) -> Response:
    """By case number, exactly; what was typed stands in no address."""
    form = await request.form()
    number = as_number(str(form.get("q", "")))
    found = await service_of(request).page(worklist, scope_of_staff(staff), Query({"number": number}, limit=1))
    if not found.documents:
        return RedirectResponse("/amt?hinweis=unbekannt", 303)
    part = "" if office.may_read(staff) else "/verlauf"
    return RedirectResponse(f"/amt/{found.keys[0]}{part}", 303)


@router.get("/amt/freigaben")
async def approvals(request: Request, person: Approver) -> Response:
    """Proposals that wait for a second person, the oldest first."""
    current = await up_to_date(request)
    me, scope = await office.me_of(request, person), scope_of_staff(person)
    query = replace(_PROPOSED, limit=ROWS)
    place = read_place(request, "freigaben")
    found = await Listing(query, worklist).page(service_of(request), scope, place)
    return page(
        request,
        "pages/approvals.html",
        rows=await _rows(request, person, found.documents),
        me=me,
        earlier=_other(request, "/amt/freigaben", "freigaben", found.earlier),
        later=_other(request, "/amt/freigaben", "freigaben", found.later),
        updating=not current,
    )


def as_number(typed: str) -> str:
    """A case number as it is stored, from how people type it: small letters, other or no separators."""
    digits = re.sub(r"[\s-]", "", typed.upper()).removeprefix("AL")
    return f"AL-{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def _chosen(request: Request) -> dict[str, str]:
    """Tab and filters of the address. Raises NotFound for a tab that does not exist."""
    params = request.query_params
    chosen = {name: params.get(name, "") for name in ("liste", "anliegen", "wer")}
    chosen["liste"] = chosen["liste"] or "offen"
    if chosen["liste"] not in dict(LISTS):
        raise NotFound(chosen["liste"])
    return chosen


def _query(request: Request, name: str, me: str, chosen: dict[str, str] | None = None) -> Query:
    """The rows of a tab, with filters."""
    soon = (office.today(request) + timedelta(days=clocks.RISK_DAYS + 1)).isoformat()
    base: dict[str, Query] = {
        "offen": Query({"list": "open"}, order="due", limit=ROWS),
        "wartet": Query({"list": "asked"}, order="due", limit=ROWS),
        "gefaehrdet": Query({"active": 1}, order="risk", at_least="0", below=soon, limit=ROWS),
        "meine": Query({"active": 1, "assignee": me}, order="due", limit=ROWS),
        "entschieden": Query({"list": "decided"}, order="changed", descending=True, limit=ROWS),
        "geschlossen": Query({"list": "closed"}, order="changed", descending=True, limit=ROWS),
    }
    query = base[name]
    filters: dict[str, Any] = {}
    if chosen and chosen["anliegen"]:
        filters["service"] = chosen["anliegen"]
    if chosen and chosen["wer"] and name != "meine":
        filters["assignee"] = NOBODY if chosen["wer"] == "niemand" else chosen["wer"]
    return Query({**query.equals, **filters}, query.order, query.descending, query.at_least, query.below, limit=ROWS)


async def _counts(request: Request, person: Person, me: str) -> dict[str, int]:
    views, scope = service_of(request).ports.views, scope_of_staff(person)
    names = [name for name, _ in LISTS]
    counted = await asyncio.gather(*(views.count(worklist, scope, _query(request, name, me)) for name in names))
    return dict(zip(names, counted, strict=True))


async def _rows(request: Request, person: Person, docs: Any) -> list[dict[str, Any]]:
    """The rows with names opened for those who may read them; every case shown counts as looked at."""
    if office.may_read(person):
        await asyncio.gather(*(looked(request, person, doc["case"], "case") for doc in docs))
    names = await office.names_of(request, [n for doc in docs for n in (doc["assignee"], doc.get("proposed_by"))])
    return [await _row(request, person, doc, names) for doc in docs]


async def _row(request: Request, person: Person, doc: Document, names: dict[str, str]) -> dict[str, Any]:
    readable = office.may_read(person) and not doc.get("erased")
    content = await office.opened(request, doc["sealed"], ApplicationContent) if readable else None
    today = office.today(request)
    active = bool(doc["active"])
    return {
        **doc,
        "name": content.name if content else ("Gelöscht" if doc.get("erased") else doc["number"]),
        "born": answers.partial_date(content.birth_date or "") if content else "",
        "nationality": answers.nationality(content.nationality) if content else "",
        "matter": words.service(doc["service"]),
        "state_words": words.STATES[doc["state"]],
        "urgency": clocks.urgency(doc, today) if active else None,
        "title_clock": clocks.title(doc, today),
        "inaction": clocks.waiting(doc["filed_at"], today) if active else None,
        "assignee_name": names.get(doc["assignee"], "Sachbearbeitung") if doc["assignee"] else None,
        "proposer": names.get(doc.get("proposed_by", ""), "Sachbearbeitung"),
        "outcome_words": words.OUTCOMES.get(doc.get("outcome") or "", ""),
    }


def _tabs(chosen: dict[str, str], counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "href": _href({**chosen, "liste": name}),
            "label": label,
            "count": counts[name],
            "current": name == chosen["liste"],
            "alarm": name == "gefaehrdet",
        }
        for name, label in LISTS
    ]


async def _chips(request: Request, person: Person, chosen: dict[str, str]) -> list[dict[str, str]]:
    """Filters that are on, each with the address without it."""
    chips = []
    if chosen["anliegen"]:
        label = f"Anliegen: {words.service(chosen['anliegen'])[0]}"
        chips.append({"label": label, "href": _href({**chosen, "anliegen": ""})})
    if chosen["wer"]:
        names = await office.names_of(request, [chosen["wer"]])
        who = "niemand" if chosen["wer"] == "niemand" else names.get(chosen["wer"], "Sachbearbeitung")
        chips.append({"label": f"Zugewiesen: {who}", "href": _href({**chosen, "wer": ""})})
    return chips


def _address(chosen: dict[str, str]) -> str:
    """Tab and filters as they stand in the address, without those that are off."""
    given = {name: value for name, value in chosen.items() if value and (name, value) != ("liste", "offen")}
    return urlencode(given)


def _href(chosen: dict[str, str]) -> str:
    address = _address(chosen)
    return f"/amt?{address}" if address else "/amt"


def _turn(request: Request, chosen: dict[str, str], place: Place | None) -> str | None:
    return _other(request, _href(chosen), _address(chosen), place)


def _other(request: Request, href: str, listing: str, place: Place | None) -> str | None:
    if place is None:
        return None
    return f"{href}{'&' if '?' in href else '?'}{urlencode({'ab': place.signed(request, listing)})}"
