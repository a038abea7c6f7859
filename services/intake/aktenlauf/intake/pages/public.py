"""What anybody may read: the start page, help, imprint, privacy, accessibility, and what can be applied for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.catalogue import Service, catalogue
from aktenlauf.contracts.finder import find
from aktenlauf.contracts.offices import Office, by_postcode, offices
from aktenlauf.intake import drafts
from aktenlauf.intake.pages.check import euros
from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.identity import Person
from aktenlauf.kit.web.access import Applicant, Visitor
from aktenlauf.kit.web.commands import now, scope_of_applicant, service_of
from aktenlauf.kit.web.i18n import translate
from aktenlauf.kit.web.pages import page, speak_for

ICONS = {"study": "book", "work": "case", "family": "people", "settlement": "key", "citizenship": "flag"}
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
"""Monday first, as opening hours count them."""
TILES_MAX = 8
STATED_ON = date(2026, 11, 22)
"""Day of the last change of the accessibility declaration and the privacy notice."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request, person: Visitor, q: str = "", plz: str = "") -> Response:
    locale = speak_for(request).code
    offers = list(catalogue().services.values())
    return await _page(
        request,
        person,
        "pages/start.html",
        q=q[:100],
        found=[_offer(offer, locale) for offer in find(q[:100], locale, offers)] if q else None,
        situations=_situations(offers, locale),
        plz=plz[:10],
        plz_error=_postcode_error(plz),
        office=by_postcode(plz) if plz else None,
        days=drafts.KEPT.days,
    )


@router.get("/antrag/neu/{key}")
async def service_page(request: Request, person: Visitor, key: str) -> Response:
    locale = speak_for(request).code
    offer = catalogue().services.get(key)
    if offer is None:
        raise NotFound(key)
    return await _page(
        request,
        person,
        "pages/service.html",
        offer=_offer(offer, locale),
        who=offer.who.pick(locale),
        evidence=[(d.kind.label.pick(locale), d.kind.accepted.pick(locale), bool(d.when)) for d in offer.evidence],
        fee=euros(offer.fee.cents, locale),
        fee_cite=offer.fee.paragraph.cite,
        exceptions=[(e.whom.pick(locale), euros(e.cents, locale), e.paragraph.cite) for e in offer.fee.exceptions],
        duration=offer.duration.pick(locale),
        paragraphs=[paragraph.cite for paragraph in offer.paragraphs],
        days=drafts.KEPT.days,
    )


@router.post("/antrag/neu/{key}")
async def begin(request: Request, person: Applicant, key: str) -> Response:
    party = (await scope_of_applicant(request, person)).id
    draft = await drafts.start(service_of(request), party, key, speak_for(request).code, now(request))
    return RedirectResponse(f"/antrag/{draft.case}", 303)


@router.get("/hilfe")
async def help_page(request: Request, person: Visitor) -> Response:
    return await _page(
        request,
        person,
        "pages/help.html",
        offices=_open_offices(),
        weekdays=[translate(name) for name in WEEKDAYS],
        days=drafts.KEPT.days,
    )


@router.get("/impressum")
async def imprint(request: Request, person: Visitor) -> Response:
    return await _page(
        request, person, "pages/imprint.html", offices=_open_offices(), demo=service_of(request).settings.demo
    )


@router.get("/datenschutz")
async def privacy(request: Request, person: Visitor) -> Response:
    demo = service_of(request).settings.demo
    return await _page(
        request,
        person,
        "pages/privacy.html",
        offices=_open_offices(),
        days=drafts.KEPT.days,
        stated_on=STATED_ON,
        demo=demo,
    )


@router.get("/barrierefreiheit")
async def accessibility(request: Request, person: Visitor) -> Response:
    return await _page(request, person, "pages/accessibility.html", offices=_open_offices(), stated_on=STATED_ON)


async def _page(request: Request, person: Person | None, template: str, **context: Any) -> Response:
    return page(request, template, counts=await counts_of(request, person), **context)


def _offer(offer: Service, locale: str) -> dict[str, Any]:
    return {
        "key": offer.key,
        "href": f"/antrag/neu/{offer.key}",
        "title": offer.title.pick(locale),
        "summary": offer.summary.pick(locale),
    }


def _situations(offers: Sequence[Service], locale: str) -> list[dict[str, str]]:
    """What people say of themselves, each with the application that fits: {label, title, href, icon}."""
    found = [
        {
            "label": situation.pick(locale),
            "title": offer.title.pick(locale),
            "href": f"/antrag/neu/{offer.key}",
            "icon": ICONS.get(offer.matter, "doc"),
        }
        for offer in offers
        for situation in offer.situations
    ]
    return found[:TILES_MAX]


def _postcode_error(postcode: str) -> str | None:
    digits = postcode.strip()
    if not postcode or (len(digits) == 5 and digits.isascii() and digits.isdigit()):
        return None
    return translate("Eine Postleitzahl in Deutschland hat fünf Ziffern.")


def _open_offices() -> list[Office]:
    """All offices but those kept for trial runs."""
    return [office for office in offices().values() if not office.test]
