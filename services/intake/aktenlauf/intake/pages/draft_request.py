"""What every page of a draft does first: whose it is, in which language, and with which evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from aktenlauf.intake import drafts, forms, views
from aktenlauf.intake.drafts import Draft, Shown
from aktenlauf.kit.grants import UPLOAD_COOKIE, VALID, Grant
from aktenlauf.kit.identity import Person
from aktenlauf.kit.scope import Party
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.commands import COMMAND_FIELD, now, scope_of_applicant, service_of, up_to_date
from aktenlauf.kit.web.pages import page, shell_of, speak_for

VERSION_FIELD = "stand"


@dataclass(frozen=True)
class Visit:
    """One request of one person to their draft."""

    request: Request
    service: Service
    party: str
    at: datetime
    locale: str
    current: bool
    """Whether what this browser wrote has been heard here."""

    @property
    def today(self) -> date:
        """The day in Germany."""
        return drafts.today_of(self.at)

    async def evidence(self, case: str) -> Document | None:
        """What was uploaded for the draft, as far as it was heard."""
        return await self.service.find(views.evidence, Party(self.party), case)


async def visit(request: Request, person: Person) -> Visit:
    """Wait for what this browser wrote, and speak its language."""
    current = await up_to_date(request)
    scope = await scope_of_applicant(request, person)
    return Visit(request, service_of(request), scope.id, now(request), speak_for(request).code, current)


def draft_page(visited: Visit, draft: Draft, template: str, status: int = 200, **context: Any) -> Response:
    """A page of the form. It carries the right to upload to this draft: documents hears nothing of drafts."""
    title = draft.offer.title.pick(visited.locale)
    frame = {"draft": draft, "offer_title": title, "later_href": "/antrag"}
    response = page(visited.request, template, status, **{**frame, **context})
    grant_upload(visited, draft, response)
    return response


async def posted(request: Request) -> tuple[Mapping[str, list[str]], FormData]:
    """The posted controls, all their values as text; a file where none belongs counts as nothing."""
    form = await request.form()
    values = {key: [value for value in form.getlist(key) if isinstance(value, str)] for key in form}
    return values, form


def shown(form: Mapping[str, list[str]]) -> Shown:
    """Which showing of a page this form comes from."""
    version = (form.get(VERSION_FIELD) or [""])[0]
    window = (form.get(COMMAND_FIELD) or [""])[0]
    return Shown(int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None, window[:64])


def grant_upload(visited: Visit, draft: Draft, response: Response) -> None:
    """The right to upload to this draft, for as long as `kit.grants` says."""
    cookies = shell_of(visited.request).cookies
    session = cookies.session_token(visited.request, "public")
    if session is None:
        return
    needed = forms.evidence_needed(draft.offer, draft.content.answers, {})
    kinds = tuple(state.demand.kind.key for state in needed if state.state == "missing")
    grant = Grant("upload", draft.case, draft.party, kinds)
    response.set_cookie(
        UPLOAD_COOKIE,
        visited.service.ports.grants.sign(grant, session, visited.at),
        max_age=int(VALID.total_seconds()),
        path="/nachweise",
        secure=cookies.secure,
        httponly=True,
        samesite="lax",
    )
