"""JSON over HTTP: which messages of an office are where. No content: that is for people, under /nachweise."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from aktenlauf.kit import views
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import requires
from aktenlauf.kit.web.api_responses import PROBLEMS
from aktenlauf.kit.web.commands import scope_of_staff, service_of, up_to_date
from aktenlauf.xoev_gateway.views import exchanges

router = APIRouter(prefix="/api/xoev-gateway/v1", responses=PROBLEMS)

Reader = Annotated[Person, requires("operator", "caseworker")]


class ExchangedMessage(BaseModel):
    """One message of a case. `direction`: to-office, to-portal, from-office; `state`: prepared, sent, received,
    refused."""

    message: str
    state: str
    at: str
    type: str | None = None
    direction: str | None = None
    checked: bool | None = None
    status: str | None = None
    reason: str | None = None


class CaseExchange(BaseModel):
    """The messages of one case, newest first."""

    case: str
    number: str
    messages: list[ExchangedMessage]


class ExchangePage(BaseModel):
    """Cases by their newest message. `before`: ask with it for older ones; None at the end."""

    cases: list[CaseExchange]
    before: str | None = None


@router.get("/exchanges")
async def office_exchanges(
    request: Request, person: Reader, before: Annotated[str | None, Query(max_length=80)] = None
) -> ExchangePage:
    """What one's office exchanged, newest first."""
    await up_to_date(request)
    at, _, key = (before or "").partition("~")
    query = views.Query(order="at", descending=True, at_least="0", after=(at, key) if key else None)
    page = await service_of(request).page(exchanges, scope_of_staff(person), query)
    following = "~".join(map(str, page.after)) if page.after else None
    return ExchangePage(cases=[_case(doc) for doc in page.documents], before=following)


@router.get("/cases/{case}/messages")
async def case_messages(request: Request, person: Reader, case: str) -> CaseExchange:
    """What was exchanged about one case of one's office."""
    await up_to_date(request)
    return _case(await service_of(request).get(exchanges, scope_of_staff(person), case))


def _case(doc: Document) -> CaseExchange:
    messages = [ExchangedMessage(message=message, **entry) for message, entry in doc.get("messages", {}).items()]
    newest_first = sorted(messages, key=lambda message: message.at, reverse=True)
    return CaseExchange(case=doc["case"], number=doc["number"], messages=newest_first)
