"""Every route of the five apps: who may call it, with what, and what they then see.

A route that is missing here fails `test_isolation`: whoever adds one says whom it is for.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.contracts.site import STAFF
from aktenlauf.kit.identity import Side
from aktenlauf.kit.testing import files

from .marked_cases import MARKS, WORDS, Cases

Fields = Callable[[Cases], Awaitable[Mapping[str, Any]]]
READERS = frozenset({"caseworker", "approver", "counter"})
CASEWORKER, APPROVER, PLANNER = (frozenset({role}) for role in ("caseworker", "approver", "planner"))
ATTENDING = frozenset({"caseworker", "counter"})
EXCHANGE = frozenset({"caseworker", "operator"})


@dataclass(frozen=True)
class Route:
    """`case`: which of the marked cases fills the path; empty: none. `shows`: what an entitled person finds."""

    side: Side
    case: str = ""
    shows: str = ""
    roles: frozenset[str] = STAFF
    """Of the office: who is entitled."""
    unnamed: frozenset[str] = frozenset()
    """Of those, who gets an answer without anything personal."""
    status: int = 200
    fields: Fields | None = None
    files: Mapping[str, Any] | None = None
    query: str = ""
    """With placeholders, as the path."""
    shared: bool = False
    """Others on this side get the page too, with their own cases on it."""
    before: Fields | None = None
    """Brings the case into the state that the entitled person's request needs."""


def public(case: str = "", shows: str = "", **more: Any) -> Route:
    """For the applicant."""
    return Route("public", case, shows, frozenset(), **more)


def office(case: str = "", shows: str = "", roles: frozenset[str] = STAFF, **more: Any) -> Route:
    """For staff with one of these roles."""
    return Route("office", case, shows, roles, **more)


def given(**fields: Any) -> Fields:
    """The same fields whatever the state."""

    async def found(cases: Cases) -> Mapping[str, Any]:
        return fields

    return found


async def _nothing(cases: Cases) -> Mapping[str, Any]:
    return {}


async def _number(cases: Cases) -> Mapping[str, Any]:
    return {"q": cases.ids["open"]["case_number"]}


async def _chosen(cases: Cases) -> Mapping[str, Any]:
    return {"vorgang": cases.ids["open"]["case"]}


async def _declared(cases: Cases) -> Mapping[str, Any]:
    names = ("true_answers", "warned", "changes", "privacy")
    return {f"declaration.{name}": "yes" for name in names}


async def _name(cases: Cases) -> Mapping[str, Any]:
    return {"person.family_name": MARKS["name"], "person.given_names": "Pia", "person.has_other_names": "no"}


def _approving(case: str, **more: str) -> Fields:
    async def found(cases: Cases) -> Mapping[str, Any]:
        proposal = (await cases.file(case)).get("proposal") or {"decision": "none"}
        return {"entscheidung": proposal["decision"], "decision": proposal["decision"], **more}

    return found


async def _proposed_again(cases: Cases) -> Mapping[str, Any]:
    path = f"/api/review/v1/cases/{cases.ids['open']['case']}/proposals"
    (await cases.worker.post(path, PROPOSAL)).raise_for_status()
    return await _nothing(cases)


async def _slot(cases: Cases) -> Mapping[str, Any]:
    path = f"/api/scheduling/v1/appointments/{cases.ids['issued']['case']}/slots"
    free = (await cases.owner.get(path)).json()[-1]
    shown = timestamp(datetime.fromisoformat(free["start"]))  # as it stands in a form
    return {"ort": free["place"], "slot": shown, "place": free["place"], "start": free["start"]}


async def _booked(cases: Cases) -> Mapping[str, Any]:
    path = f"/api/scheduling/v1/appointments/{cases.ids['issued']['case']}"
    if (await cases.owner.get(path)).json()["state"] != "booked":
        (await cases.owner.post(f"{path}/choices", await _slot(cases))).raise_for_status()
    await cases.here.settled()
    return {}


async def _on_its_day(cases: Cases) -> Mapping[str, Any]:
    await _booked(cases)
    path = f"/api/scheduling/v1/appointments/{cases.ids['issued']['case']}"
    start = datetime.fromisoformat((await cases.owner.get(path)).json()["slot"]["start"])
    cases.clock.advance(max(start - cases.clock(), timedelta(0)))
    return {}


TOMORROW = (datetime.now(UTC) + timedelta(days=30)).date()
PROPOSAL = {"outcome": "granted", "valid_until": "2035-01-31", "reasons": WORDS.reasons}
_LETTER = {"frist-t": TOMORROW.day, "frist-m": TOMORROW.month, "frist-j": TOMORROW.year, "schritt": "senden"}
_DECISION = {"ergebnis": "granted", "gueltig-t": "31", "gueltig-m": "1", "gueltig-j": "2035", "schritt": "senden"}
_PDF = ("Noch eins.pdf", files.pdf(1, "Probe"), "application/pdf")
_NAMED = frozenset({"auditor", "planner"})
_API = "/api/review/v1/cases/{case}"

TABLE: Mapping[str, Route] = {
    # --- the applicant's pages
    "GET /antrag": public(shows="number", shared=True),
    "GET /konto": public(shared=True),
    "GET /postfach": public(shows="number", shared=True),
    "POST /antrag/neu/{key}": public(fields=given(), status=303, shared=True),
    "GET /antrag/{case}": public("open", "number"),
    "GET /antrag/{case}/eingang": public("open", "number"),
    "GET /antrag/{case}/einsicht": public("issued", "number"),
    "GET /antrag/{case}/zuruecknehmen": public("open", "number"),
    "GET /antrag/{case}/pruefen": public("draft", "name"),
    "GET /antrag/{case}/loeschen": public("draft"),
    "GET /antrag/{case}/nachweise": public("draft", status=303),
    "GET /antrag/{case}/{step}": public("draft", "name"),
    "POST /antrag/{case}/{step}": public("draft", fields=_name, status=303),
    "POST /antrag/{case}/{step}/merken": public("draft", fields=_name),
    "GET /postfach/{case}": public("open", "number"),
    "GET /postfach/{case}/{message}": public("open", "question"),
    "POST /postfach/{case}": public("open", fields=given(text=WORDS.answer), status=303),
    "POST /postfach/{case}/{message}": public("open", fields=given(), status=303),
    "POST /postfach/{case}/{message}/antwort": public("open", fields=given(text=WORDS.answer), status=303),
    "GET /nachweise/{case}": public("open", "file"),
    "GET /nachweise/{case}/{document}": public("open", "pdf"),
    "POST /nachweise/{case}": public(
        "open", fields=given(hochladen="health_insurance"), files={"file": _PDF}, status=303
    ),
    "POST /antrag/{case}/nachreichen": public("open", fields=given(), status=303),
    "GET /termin/{case}": public("issued", "place", before=_booked),
    "GET /termin/{case}/verschieben": public("issued", "place", before=_booked),
    "GET /termin/{case}/absagen": public("issued", "place", before=_booked),
    "GET /termin/{case}/termin.ics": public("issued", "place", before=_booked),
    "GET /api/intake/v1/applications": public(shows="number", shared=True),
    "GET /api/intake/v1/applications/{case}": public("open", "number"),
    "GET /api/documents/v1/cases/{case}/documents": public("open", "document"),
    "GET /api/scheduling/v1/appointments/{case}": public("issued", "place", before=_booked),
    "GET /api/scheduling/v1/appointments/{case}/slots": public("issued", "place"),
    # --- the office's pages
    "GET /amt": office(shows="name", unnamed=_NAMED, shared=True),
    "POST /amt/suche": office(fields=_number, status=303, shared=True),
    "GET /amt/freigaben": office(shows="name", roles=APPROVER, shared=True),
    "GET /amt/{case}": office("open", "name", READERS),
    "GET /amt/{case}/antrag": office("open", "late", READERS),
    "GET /amt/{case}/nachrichten": office("open", "answer", READERS),
    "GET /amt/{case}/termine": office("issued", "place", READERS),
    "GET /amt/{case}/bescheide": office("proposed", "reasons", READERS),
    "GET /amt/{case}/akte": office("open", "file", READERS),
    "GET /amt/{case}/verlauf": office("open", "name", unnamed=_NAMED),
    "GET /amt/{case}/frage": office("open", "name", CASEWORKER),
    "GET /amt/{case}/nachfordern": office("open", "name", CASEWORKER),
    "GET /amt/{case}/entscheidung": office("open", "name", CASEWORKER),
    "GET /amt/{case}/freigabe": office("proposed", "reasons", APPROVER),
    "GET /amt/{case}/loeschen": office("open", "name", APPROVER),
    "GET /amt/nachweise/{case}/{document}": office("open", "pdf", READERS),
    "GET /amt/nachweise/{case}/{document}/seite/{number}": office("open", "jpeg", READERS),
    "GET /amt/termine": office(shows="name", query="?tag={day}", unnamed=_NAMED, shared=True, before=_booked),
    "GET /amt/termine/schliessen": office(roles=PLANNER, query="?ort={place}&tag={day}", before=_booked),
    "GET /api/review/v1/cases": office(shows="number", shared=True),
    "GET /api/review/v1/cases/{case}": office("open", "number", READERS),
    "GET /api/documents/v1/office/cases/{case}/documents": office("open", "document"),
    "GET /api/scheduling/v1/days/{day}": office(shows="case", shared=True, before=_booked),
    "GET /api/xoev-gateway/v1/exchanges": office(shows="number", roles=EXCHANGE, shared=True),
    "GET /api/xoev-gateway/v1/cases/{case}/messages": office("open", "number", EXCHANGE),
    # --- what changes a case, in an order in which each step is possible
    f"POST {_API}/assignment": office("open", roles=CASEWORKER, fields=given()),
    "POST /amt/{case}/uebernehmen": office("open", roles=CASEWORKER, fields=given(), status=303),
    "POST /amt/{case}/pruefen": office(
        "open", roles=CASEWORKER, fields=given(nachweis="enrolment", ergebnis="accepted", vermerk="gut"), status=303
    ),
    f"POST {_API}/reviews": office(
        "open", roles=CASEWORKER, fields=given(evidence="passport", verdict="accepted", note="gut")
    ),
    "POST /amt/{case}/frage": office(
        "open", roles=CASEWORKER, fields=given(text=WORDS.question, **_LETTER), status=303
    ),
    "POST /amt/{case}/nachfordern": office(
        "open", roles=CASEWORKER, fields=given(text=WORDS.request, nachweis="passport", **_LETTER), status=303
    ),
    f"POST {_API}/questions": office("open", roles=CASEWORKER, fields=given(text=WORDS.question)),
    f"POST {_API}/evidence-requests": office(
        "open",
        roles=CASEWORKER,
        fields=given(evidence=["passport"], deadline=TOMORROW.isoformat(), text=WORDS.request),
    ),
    "POST /amt/{case}/entscheidung": office(
        "open", roles=CASEWORKER, fields=given(gruende=WORDS.reasons, **_DECISION), status=303
    ),
    f"POST {_API}/return": office("open", roles=APPROVER, fields=given(note=WORDS.returned)),
    f"POST {_API}/proposals": office("open", roles=CASEWORKER, fields=given(**PROPOSAL)),
    f"POST {_API}/approval": office("open", roles=APPROVER, fields=_approving("open")),
    "POST /amt/{case}/freigabe": office(
        "proposed", roles=APPROVER, fields=_approving("proposed", aktion="freigeben"), status=303
    ),
    "POST /termin/{case}": public("issued", fields=_slot, status=303),
    "POST /api/scheduling/v1/appointments/{case}/choices": public("issued", "place", fields=_slot),
    "POST /api/scheduling/v1/appointments/{case}/cancellation": public("issued", fields=given(), before=_booked),
    "POST /termin/{case}/absagen": public("issued", fields=given(), status=303, before=_booked),
    "POST /amt/termine/schliessen": office(
        roles=PLANNER, query="?ort={place}&tag={day}", fields=given(grund="Umbau"), status=303, before=_booked
    ),
    "POST /antrag/{case}/pruefen": public("draft", fields=_declared, status=303),
    "POST /amt/uebernehmen": office(shows="name", roles=CASEWORKER, fields=_chosen, shared=True),
    "POST /amt/naechster": office(roles=CASEWORKER, fields=given(), status=303, shared=True),
    "POST /antrag/{case}/loeschen": public("begun", fields=given(), status=303),
    "POST /antrag/{case}/zuruecknehmen": public("open", fields=given(), status=303),
    "POST /amt/termine/{case}/anwesenheit": office(
        "issued", roles=ATTENDING, fields=given(gekommen="ja"), status=303, before=_on_its_day
    ),
    "POST /amt/{case}/loeschen": office("issued", roles=APPROVER, fields=given(), status=303),
}

OPEN: Mapping[str, str] = {
    "GET /": "the start page",
    "GET /antrag/neu/{key}": "what can be applied for",
    "GET /thema/{key}": "what can be applied for",
    "GET /finden": "what can be applied for",
    "GET /hilfe": "help",
    "GET /impressum": "the imprint must be found without signing in (§ 5 DDG)",
    "GET /datenschutz": "the privacy notice (Art. 13 GDPR)",
    "GET /barrierefreiheit": "the accessibility statement (BITV 2.0)",
    "GET /api/intake/v1/services": "the catalogue",
    "GET /anmelden": "the way in",
    "GET /anmelden/rueckkehr": "the way in",
    "POST /anmelden/token": "the way in for a smoke run, by a token of the provider",
    "GET /abmelden": "asks, or says that it is done",
    "GET /amt/anmelden": "the way in",
    "GET /amt/anmelden/rueckkehr": "the way in",
    "POST /amt/anmelden/token": "the way in for a smoke run, by a token of the provider",
    "GET /amt/abmelden": "asks, or says that it is done",
}
"""Open to everybody, with the reason; there is nothing of a case on them."""

OWN_SESSION: Mapping[str, str] = {
    "POST /anmelden/verlaengern": "the session of who asks",
    "POST /amt/anmelden/verlaengern": "the session of who asks",
    "POST /abmelden": "the session of who asks; harmless without one",
    "POST /amt/abmelden": "the session of who asks; harmless without one",
    "POST /konto/ueberall-abmelden": "the sessions of who asks",
}
"""They concern nobody but who asks."""

NOT_OF_A_SERVICE: Mapping[str, str] = {
    "/api/kit/v1/openapi.json": "a description of health checks",
    "/livez": "health checks come by address, without a person",
    "/readyz": "health checks come by address, without a person",
    "/healthz": "health checks come by address, without a person",
    "/metrics": "figures of a process, for operators: not behind the proxy, and they name nobody",
    "/static": "our own files",
    "/demo-anmeldung/buerger/.well-known/openid-configuration": "the demo provider: invented people, no password",
    "/demo-anmeldung/buerger/jwks": "its public key",
    "/demo-anmeldung/buerger/authorize": "its sign-in",
    "/demo-anmeldung/buerger/token": "its codes, good once",
    "/demo-anmeldung/amt/.well-known/openid-configuration": "the same for the office",
    "/demo-anmeldung/amt/jwks": "the same for the office",
    "/demo-anmeldung/amt/authorize": "the same for the office",
    "/demo-anmeldung/amt/token": "the same for the office",
}
"""Routes of the apps beside the services, with the reason why they are open."""
