"""What all pages of the office need: who looks, what may be shown to them, and the frame of a case."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from aktenlauf.contracts.intake import ApplicationContent, FreeText
from aktenlauf.contracts.offices import Office, offices
from aktenlauf.contracts.review import StaffName
from aktenlauf.kit.errors import Forbidden, NotFound
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import staff_of
from aktenlauf.kit.looking import What
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document, Query
from aktenlauf.kit.web.access import requires
from aktenlauf.kit.web.commands import looked, now, scope_of_staff, service_of, up_to_date
from aktenlauf.kit.web.pages import page
from aktenlauf.kit.web.told import link
from aktenlauf.review import answers, clocks, words
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.staff import IdentifyStaff
from aktenlauf.review.views import case_file, staff_names, worklist

Caseworker = Annotated[Person, requires("caseworker")]
Approver = Annotated[Person, requires("approver")]
READERS = frozenset({"caseworker", "approver", "counter"})
"""Roles that see content. Planners and auditors do their work without: they see numbers, states and dates."""
TABS = (
    ("", "Prüfung"),
    ("/antrag", "Antragsdaten"),
    ("/nachrichten", "Nachrichten"),
    ("/termine", "Termine"),
    ("/bescheide", "Bescheide"),
    ("/verlauf", "Verlauf"),
    ("/akte", "Akte"),
)
_STAFF_MAX = 200


class Withheld(Forbidden):
    """This role does not see content; `CaseRoute` answers with a page that says why and what it may see."""

    def __init__(self, person: Person, case: str) -> None:
        super().__init__(case)
        self.person, self.case = person, case


class CaseRoute(APIRoute):
    """A route of a case."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As of any route, but `Withheld` is answered here: what may be seen instead depends on the case."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Withheld as withheld:
                return await withheld_page(request, withheld.person, withheld.case)

        return handled


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as one page shows it to one person."""

    doc: Document
    content: ApplicationContent | None
    """None where it was erased, and for roles that do not see it."""
    me: str
    """The person's pseudonym."""
    person: Person
    today: date
    current: bool
    """False: the views are behind what this browser wrote."""

    @property
    def case(self) -> str:
        """The case id."""
        return str(self.doc["case"])

    @property
    def office(self) -> Office:
        """Its office."""
        return offices()[self.doc["office"]]

    @property
    def erased(self) -> bool:
        """Ordered is gone, even if the key lives a second longer."""
        return "erasure" in self.doc or (self.content is None and may_read(self.person))

    @property
    def mine(self) -> bool:
        """Assigned to the person who looks, who may work on it."""
        return self.doc.get("assignee") == self.me and "caseworker" in self.person.roles

    @property
    def workable(self) -> bool:
        """Evidence, questions and proposals are possible now."""
        return self.mine and self.doc["status"] == "open" and self.content is not None


def may_read(person: Person) -> bool:
    """Whether this person's role sees content."""
    return bool(READERS & person.roles)


def today(request: Request) -> date:
    """The Berlin day of the request."""
    return berlin_day(now(request))


def file_href(request: Request, shown: Opened, document: str, page: int | None = None) -> str:
    """Where documents shows a file of the case, or the image of one of its pages."""
    path = f"/amt/nachweise/{shown.case}/{document}" + (f"/seite/{page}" if page else "")
    return link(request, path, shown.doc, document)


async def me_of(request: Request, person: Person) -> str:
    """The person's pseudonym; on their first page their name is kept for colleagues."""
    service = service_of(request)
    me = await staff_of(service.ports.keyring, person.subject)
    if person.office and not await service.find(staff_names, scope_of_staff(person), me):
        await service.run(
            IdentifyStaff(
                id=new_id(),
                at=now(request),
                actor=me,
                scope=System("identify-staff"),  # a pseudonym belongs to no office: its stream has no other scope
                staff=me,
                office=person.office,
                name=person.name,
            )
        )
    return me


async def open_case(request: Request, person: Person, case: str, what: What = "case") -> Opened:
    """The case in this person's office, its look recorded. Raises NotFound, Withheld, Unavailable."""
    if not may_read(person):
        raise Withheld(person, case)
    current = await up_to_date(request)
    doc = await service_of(request).get(case_file, scope_of_staff(person), case)
    await looked(request, person, case, what)
    token = None if "erasure" in doc else doc.get("sealed")
    content = await opened(request, token, ApplicationContent)
    return Opened(doc, content, await me_of(request, person), person, today(request), current)


async def opened(request: Request, token: str | None, model: Any) -> Any:
    """What a token holds; None where there is none or where it was erased."""
    if not token:
        return None
    return await service_of(request).ports.sealing.open_token(token, model) or None


async def text_of(request: Request, token: str | None) -> str | None:
    """Somebody's words; None where they were erased."""
    found = await opened(request, token, FreeText)
    return found.text if found else None


async def names_of(request: Request, pseudonyms: Iterable[str | None]) -> dict[str, str]:
    """Names of colleagues by pseudonym, as far as they are known."""
    service = service_of(request)

    async def name(pseudonym: str) -> tuple[str, str | None]:
        doc = await service.find(staff_names, System("colleagues"), pseudonym)
        found = await opened(request, doc["sealed"] if doc else None, StaffName)
        return pseudonym, found.name if found else None

    wanted = sorted({p for p in pseudonyms if p and p.startswith("staff-")})
    return {p: found for p, found in await asyncio.gather(*map(name, wanted)) if found}


async def colleagues(request: Request, person: Person) -> list[tuple[str, str]]:
    """(pseudonym, name) of everyone known in this office, by name."""
    found = await service_of(request).page(staff_names, scope_of_staff(person), Query(limit=_STAFF_MAX))
    names = await names_of(request, found.keys)
    return sorted(names.items(), key=lambda entry: entry[1])


async def case_page(
    request: Request, shown: Opened, template: str, tab: str, status: int = 200, **context: Any
) -> Response:
    """A page of a case in its frame: who it is about, clocks, tabs, the action that is next."""
    doc = shown.doc
    names = await names_of(request, [doc.get("assignee")])
    unread = sum(1 for m in doc.get("messages", {}).values() if m.get("open") or _unanswered(m))
    frame = {
        "case": shown.case,
        "doc": doc,
        "title": _title(shown),
        "erased": shown.erased,
        "content": shown.content,
        "nationality": answers.nationality(shown.content.nationality) if shown.content else "",
        "born": answers.partial_date(shown.content.birth_date or "") if shown.content else "",
        "matter": words.service(doc["service"]),
        "clocks": _clocks(shown),
        "tabs": tabs(shown.case, tab, {"/nachrichten": unread}),
        "tab_label": dict(TABS).get(tab, ""),
        "assignee": names.get(doc.get("assignee") or "", "Sachbearbeitung") if doc.get("assignee") else None,
        "mine": shown.mine,
        "workable": shown.workable,
        "action": next_action(shown),
        "actions": _actions(shown),
        "state": words.STATES[doc["status"]],
        "updating": not shown.current,
        "w": words,
    }
    return page(request, template, status, **{**frame, **context})


async def withheld_page(request: Request, person: Person, case: str) -> Response:
    """403: content is not for this role; what it may see."""
    row = await service_of(request).get(worklist, scope_of_staff(person), case)
    roles = [words.ROLES.get(role, role) for role in sorted(person.roles)]
    context = {"number": row.get("number", ""), "roles": roles, "tabs": tabs(case, "/verlauf", {}, current=False)}
    return page(request, "pages/withheld.html", 403, case=case, **context)


def tabs(case: str, tab: str, counts: Mapping[str, int], current: bool = True) -> list[dict[str, Any]]:
    """The areas of a case, one address each."""
    return [
        {
            "href": f"/amt/{case}{path}",
            "label": label,
            "current": current and path == tab,
            "count": counts.get(path) or None,
        }
        for path, label in TABS
    ]


def next_action(shown: Opened) -> dict[str, str] | None:
    """The one thing to do now: {href or post, label}, None where it is somebody else's turn."""
    doc, path = shown.doc, f"/amt/{shown.case}"
    if shown.content is None or doc["status"] in ("approved", "closed"):
        return None
    if doc["status"] == "issued":
        return {"href": f"{path}/bescheide", "label": "Bescheid ansehen"}
    if doc["status"] == "proposed":
        mayapprove = "approver" in shown.person.roles and doc["proposal"]["staff"] != shown.me
        return {"href": f"{path}/freigabe", "label": "Entscheidung prüfen"} if mayapprove else None
    if "caseworker" not in shown.person.roles:
        return None
    if not shown.mine:
        return {"post": f"{path}/uebernehmen", "label": "Vorgang übernehmen"}
    if missing(doc):
        return {"href": f"{path}/nachfordern", "label": "Nachforderung ansehen"}
    return {"href": f"{path}/entscheidung", "label": "Entscheidung vorbereiten"}


def missing(doc: Document) -> list[str]:
    """Evidence to ask for: demanded, not there or rejected, and not asked for already."""
    asked = {kind for message in doc.get("messages", {}).values() for kind in message.get("open", [])}
    there = {d["evidence"] for d in filed(doc)}
    verdicts = {kind: entry["verdict"] for kind, entry in doc.get("verdicts", {}).items()}
    return [
        kind
        for kind in kinds_of(doc)
        if kind not in asked and (verdicts.get(kind) == "rejected" or (kind not in there and kind not in verdicts))
    ]


def kinds_of(doc: Document) -> list[str]:
    """The checklist: what the catalogue demands, what was asked for, what came in; each once."""
    requested = [kind for message in in_order(doc) for kind in message.get("evidence", [])]
    return list(dict.fromkeys([*doc["evidence"], *requested, *(d["evidence"] for d in filed(doc))]))


def filed(doc: Document) -> list[Document]:
    """The documents that were handed in, in the order of their upload."""
    found = [d for d in doc.get("documents", {}).values() if d.get("filed") and not d.get("deleted")]
    return sorted(found, key=lambda d: (d.get("uploaded_at", ""), d["id"]))


def handed_in(doc: Document, document: str) -> None:
    """Raises NotFound for an id that is no document of this case: it would stand in the event in the clear."""
    if not any(d["id"] == document for d in filed(doc)):
        raise NotFound(document)


def in_order(doc: Document) -> list[Document]:
    """Messages, oldest first. One that is only known to be answered is not yet there."""
    found = [message for message in doc.get("messages", {}).values() if "at" in message]
    return sorted(found, key=lambda message: (message["at"], message["id"]))


def mail_about(doc: Document, about: str | None) -> Document:
    """The message in the mailbox that tells of a question, request or decision; empty until it is delivered."""
    found = (mail for mail in doc.get("mailbox", {}).values() if about and mail.get("refers_to") == about)
    return next(found, {})


def _unanswered(message: Document) -> bool:
    return bool(message.get("question")) and not message.get("answered")


def _title(shown: Opened) -> str:
    if shown.content:
        return shown.content.name
    return "Gelöschter Vorgang" if shown.erased else f"Vorgang {shown.doc['number']}"


def _clocks(shown: Opened) -> list[clocks.Clock]:
    doc = shown.doc
    found = [clocks.title(doc, shown.today), clocks.effect(doc)]
    if doc["status"] in ("open", "proposed", "approved"):
        found.append(clocks.waiting(doc["submitted_at"], shown.today))
    return found


def _actions(shown: Opened) -> list[dict[str, str]]:
    """The menu: everything that is possible besides."""
    path, found = f"/amt/{shown.case}", []
    if shown.workable:
        found += [
            {"href": f"{path}/nachfordern", "label": "Unterlagen nachfordern"},
            {"href": f"{path}/frage", "label": "Frage stellen"},
            {"href": f"{path}/entscheidung", "label": "Entscheidung vorbereiten"},
        ]
    if may_erase(shown):
        found.append({"href": f"{path}/loeschen", "label": "Persönliche Daten löschen"})
    return found


def may_erase(shown: Opened) -> bool:
    """An approver, and a case that is closed or kept for trial runs."""
    over = shown.doc["status"] == "closed" or shown.office.test
    return "approver" in shown.person.roles and over and "erasure" not in shown.doc
