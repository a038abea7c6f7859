"""Permissions as types in a route's signature: who may call it stands where it is declared.

    async def worklist(request: Request, staff: Staff) -> Response: ...

    Approver = Annotated[Person, requires("approver")]

A route without one is found by `undeclared_routes`. A permission also refuses a change (any method but GET, HEAD,
OPTIONS) whose CSRF token is not that of the session. On machines' paths an access token does in place of a session.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from aktenlauf.contracts.site import APPLICANT, STAFF, owner
from aktenlauf.kit.errors import Forbidden
from aktenlauf.kit.identity import Person, Side, SignInFailed, same_origin_path
from aktenlauf.kit.sessions import Session
from aktenlauf.kit.web.bearer import bearer_token, presented
from aktenlauf.kit.web.csrf import SAFE_METHODS, csrf_matches, presented_token
from aktenlauf.kit.web.pages import shell_of, side_of
from aktenlauf.kit.web.refusals import CsrfRefused, NotSignedIn

_OFFICE_ROLES = STAFF | {"operator"}


@dataclass(frozen=True)
class Permission:
    """A dependency. `side` None: the side of the path. `roles`: one of them is needed; empty for any person."""

    side: Side | None = None
    roles: frozenset[str] = frozenset()
    optional: bool = False

    async def __call__(self, request: Request) -> Person | None:
        """The person. Raises NotSignedIn, Forbidden, CsrfRefused."""
        side = self.side or side_of(request)
        person = await _person(request, side)
        if person is None:
            if self.optional:
                return None
            raise NotSignedIn(side)
        if self.roles and not self.roles & person.roles:
            raise Forbidden(f"needs one of {', '.join(sorted(self.roles))}")
        return person


async def _person(request: Request, side: Side) -> Person | None:
    """By the token that a program shows, on machines' paths alone, else by the session. No page of another site can
    make a browser send a token, so it needs no second proof; a cookie beside it is not looked at."""
    if bearer_token(request) is not None and owner(request.url.path).side == "machine":
        try:
            return (await presented(request, side)).person
        except SignInFailed as failed:
            if failed.code == "token":
                raise NotSignedIn(side) from failed
            raise
    session = await _load(request, side)
    return session.person if session is not None else None


async def _load(request: Request, side: Side) -> Session | None:
    shell = shell_of(request)
    token = shell.cookies.session_token(request, side)
    session = await shell.sessions.load(side, token, shell.clock()) if token else None
    if session is None or token is None:
        return None
    if request.method not in SAFE_METHODS and not csrf_matches(shell.secret, token, presented_token(request)):
        raise CsrfRefused("the token is missing or belongs to another session")
    request.state.session = session
    return session


@dataclass(frozen=True)
class _Open:
    """Nobody is asked for: health checks, the sign-in itself. It loads no session."""

    async def __call__(self) -> None:
        return None


def requires(*roles: str) -> Any:
    """Staff with one of these roles. Raises ValueError for a role that the office does not know."""
    unknown = set(roles) - _OFFICE_ROLES
    if unknown or not roles:
        raise ValueError(f"no roles of the office: {', '.join(sorted(unknown)) or 'none given'}")
    return Depends(Permission("office", frozenset(roles)))


Applicant = Annotated[Person, Depends(Permission("public", APPLICANT))]
"""A signed-in applicant or representative."""
Staff = Annotated[Person, requires(*sorted(STAFF))]
"""Any member of staff."""
SignedIn = Annotated[Person, Depends(Permission())]
"""Anybody who is signed in on the side of the path."""
Visitor = Annotated[Person | None, Depends(Permission(optional=True))]
"""Anybody; the person if one is signed in on the side of the path."""
anyone = Depends(_Open())
"""For `dependencies=[anyone]`: open to all, and no session is looked at."""


def undeclared_routes(app: FastAPI) -> list[str]:
    """The routes (`GET /path`) that declare no permission. Mounted apps and plain routes count as undeclared."""
    found: list[str] = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if route.path == app.openapi_url:
            continue
        if dependant is None or _declared(dependant) is None:
            found.extend(f"{method} {route.path}" for method in sorted(route.methods or {"*"}))
    return found


def permission_of(dependant: Dependant) -> Permission | None:
    """What a route demands; None where it is open to all."""
    found = _declared(dependant)
    return found if isinstance(found, Permission) else None


def _declared(dependant: Dependant) -> Permission | _Open | None:
    return next((call for call in _calls(dependant) if isinstance(call, Permission | _Open)), None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def back_to(request: Request, default: str) -> str:
    """The `zurueck` of a request, if it is a path of ours."""
    return same_origin_path(request.query_params.get("zurueck"), default)
