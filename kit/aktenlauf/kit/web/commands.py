"""From a posted form or API call to a command, and back to a page: what every service does the same way."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import party_of, staff_of
from aktenlauf.kit.looking import What, record_access
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.scope import Office, Party
from aktenlauf.kit.service import Service
from aktenlauf.kit.web.written import catch_up, remember

_VERSION_DIGITS_MAX = 9
DERIVED_VERSION = 5
"""Of UUIDs that follow from other values: `kit.ids.derived_id`."""
COMMAND_FIELD, SEEN_FIELD, KEY_HEADER = "command_id", "seen", "Idempotency-Key"


def service_of(request: Request) -> Service:
    """The service that answers this request."""
    return cast(Service, request.app.state.service)


async def scope_of_applicant(request: Request, person: Person) -> Party:
    """The applicant in their own matters."""
    return Party(await party_of(service_of(request).ports.keyring, person.subject))


def scope_of_staff(person: Person) -> Office:
    """The office that this member of staff works for."""
    return Office(person.office or "")


async def by_applicant(request: Request, person: Person, form: Any = None) -> dict[str, Any]:
    """`id, at, actor, scope, seen` of a command that an applicant gives. `form` holds the guard's fields."""
    return {**_given(request, form), "actor": "party-1", "scope": await scope_of_applicant(request, person)}


async def by_staff(request: Request, person: Person, form: Any = None) -> dict[str, Any]:
    """As `by_applicant`, for a member of staff; `actor` is their pseudonym."""
    actor = await staff_of(service_of(request).ports.keyring, person.subject)
    return {**_given(request, form), "actor": actor, "scope": scope_of_staff(person)}


def _given(request: Request, form: Any) -> dict[str, Any]:
    form = form or {}
    id_ = request.headers.get(KEY_HEADER) or form.get(COMMAND_FIELD) or new_id()
    try:
        return {"id": str(_chosen(str(id_))), "at": now(request), "seen": _version(form.get(SEEN_FIELD))}
    except ValueError:
        raise Refused(Code.INVALID) from None


def _chosen(id_: str) -> UUID:
    """The id that a client has chosen. Raises ValueError for one that is none, and for those that only we derive: by
    taking the id of a command of ours, a client could keep it from ever being done."""
    found = UUID(id_)
    if found.version == DERIVED_VERSION:
        raise ValueError(id_)
    return found


def _version(typed: Any) -> int | None:
    """A version of a stream, as a form names it. Raises ValueError."""
    if typed and not (str(typed).isascii() and str(typed).isdecimal() and len(str(typed)) <= _VERSION_DIGITS_MAX):
        raise ValueError(typed)
    return int(typed) if typed else None


def now(request: Request) -> datetime:
    """Arrival of the request by the installation's clock."""
    return service_of(request).ports.clock()


async def up_to_date(request: Request) -> bool:
    """Wait for what this browser wrote and what its link carries; False: show the page with "being updated"."""
    return await catch_up(request, service_of(request).seen)


def see_other(request: Request, path: str, *outcomes: Outcome) -> Response:
    """303 to `path`, and the browser remembers what was written. Private streams are not remembered."""
    response = RedirectResponse(path, 303)
    for outcome in outcomes:
        if outcome.version and outcome.stream.count("/") == 2:
            remember(request, response, outcome.stream, outcome.version)
    return response


async def looked(request: Request, person: Person, case: str, what: What, document: str | None = None) -> None:
    """Record that a member of staff looks. Call it before personal content is shown; raises Unavailable."""
    ports = service_of(request).ports
    await record_access(
        ports.log,
        ports.service,
        case,
        actor=await staff_of(ports.keyring, person.subject),
        role=sorted(person.roles)[0],
        office=person.office,
        what=what,
        document=document,
        at=now(request),
    )
