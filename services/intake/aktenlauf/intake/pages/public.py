"""What anybody may read: the start page, help, imprint, privacy, accessibility, and what can be applied for."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.catalogue import Service, catalogue
from aktenlauf.contracts.finder import find
from aktenlauf.contracts.offices import Office, by_postcode, offices
from aktenlauf.intake import drafts
from aktenlauf.intake.pages.check import euros
from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.intake.pages.finding import service_entry
from aktenlauf.intake.processing_times import WINDOW_DAYS, ProcessingTimes
from aktenlauf.intake.subjects import SUBJECTS, offered
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.identity import Person
from aktenlauf.kit.web.access import Applicant, Visitor
from aktenlauf.kit.web.commands import now, scope_of_applicant, service_of
from aktenlauf.kit.web.i18n import translate, translate_plural
from aktenlauf.kit.web.pages import page, speak_for

WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
"""Monday first, as opening hours count them."""
DAYS_TOLD, WEEKS_TOLD = 14, 20
"""Below so many days a span is told in days, below so many weeks in weeks, else in months."""
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
        found=[service_entry(offer, locale) for offer in find(q[:100], locale, offers)] if q else None,
        subjects=[{"subject": subject, "online": bool(offered(subject, offers))} for subject in SUBJECTS],
        times=await _times(request, offers, locale),
        times_until=drafts.today_of(now(request)) - timedelta(days=1),
        window_days=WINDOW_DAYS,
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
        offer=service_entry(offer, locale),
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


async def _times(request: Request, offers: Iterable[Service], locale: str) -> list[tuple[str, str]]:
    """(what was applied for, how long half of it took at most), where enough was decided to say so."""
    state = request.app.state
    if not hasattr(state, "processing_times"):
        state.processing_times = ProcessingTimes()
    medians = await state.processing_times.before(service_of(request), drafts.today_of(now(request)))
    return [(offer.title.pick(locale), span(medians[offer.key])) for offer in offers if offer.key in medians]


def span(days: int) -> str:
    """`9 Tage`, `5 Wochen`, `7 Monate`: rounded up, as nobody is helped by a span that is too short."""
    weeks = -(-days // 7)
    if days < DAYS_TOLD:
        return translate_plural("{n} Tag", "{n} Tage", days).format(n=days)
    if weeks < WEEKS_TOLD:
        return translate_plural("{n} Woche", "{n} Wochen", weeks).format(n=weeks)
    months = -(-days // 30)
    return translate_plural("{n} Monat", "{n} Monate", months).format(n=months)


def _postcode_error(postcode: str) -> str | None:
    digits = postcode.strip()
    if not postcode or (len(digits) == 5 and digits.isascii() and digits.isdigit()):
        return None
    return translate("Eine Postleitzahl in Deutschland hat fünf Ziffern.")


def _open_offices() -> list[Office]:
    """All offices but those kept for trial runs."""
    return [office for office in offices().values() if not office.test]
