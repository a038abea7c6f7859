"""Signing in and out, and staying signed in, the same on both sides."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from aktenlauf.kit.errors import Forbidden
from aktenlauf.kit.identity import Person, Presented, Side
from aktenlauf.kit.web.access import Permission, anyone, back_to
from aktenlauf.kit.web.bearer import SMOKE_SCOPE, presented
from aktenlauf.kit.web.limits import limited
from aktenlauf.kit.web.pages import came_from, page, session_of, shell_of
from aktenlauf.kit.web.problems import wants_json

_PREFIXES: Mapping[Side, str] = {"public": "", "office": "/amt"}
_FIRST_PAGES: Mapping[Side, str] = {"public": "/antrag", "office": "/amt"}


def sign_in_routes(side: Side) -> APIRouter:
    """Routes below `/anmelden` and `/abmelden`, for the office below `/amt`.

    Signing out is a POST, so that no link can do it; it leads on to the provider's own sign-out where there is one,
    so that nobody else is signed in at the next click. The page at GET asks, or says that it is done.
    """
    router = APIRouter(prefix=_PREFIXES[side], include_in_schema=False)
    first_page = _FIRST_PAGES[side]

    @router.get("/anmelden", dependencies=[anyone])  # what counts is coming back: it asks the provider
    async def begin(request: Request) -> Response:
        shell = shell_of(request)
        url, state = await shell.identity.start(side, back_to(request, first_page))
        response = RedirectResponse(url, 303)
        shell.cookies.set_sign_in_state(response, side, state)
        return response

    @router.get("/anmelden/rueckkehr", dependencies=[anyone, limited("sign_in")])
    async def come_back(request: Request) -> Response:
        shell = shell_of(request)
        state = shell.cookies.sign_in_state(request, side)
        person, target = await shell.identity.finish(side, dict(request.query_params), state)
        response = RedirectResponse(target, 303)
        await _begin_session(request, side, person, response)
        shell.cookies.clear_sign_in_state(response, side)
        return response

    @router.post("/anmelden/token", dependencies=[anyone, limited("sign_in")])
    async def exchange(request: Request) -> Response:
        """A session for the smoke run, by a token in place of a person at the provider's page."""
        found = await presented(request, side)
        _entitled(request, side, found)
        response = Response(status_code=204)
        await _begin_session(request, side, found.person, response)
        return response

    @router.post("/anmelden/verlaengern")
    async def extend(request: Request, person: Annotated[object, Depends(Permission(side))]) -> Response:
        session = session_of(request)
        if session is not None and wants_json(request):
            return JSONResponse({"ends": session.ends.isoformat()})
        return RedirectResponse(came_from(request) or first_page, 303)

    @router.get("/abmelden")
    async def ask(request: Request, person: Annotated[object, Depends(Permission(side, optional=True))]) -> Response:
        return page(request, "sign_out.html")

    @router.post("/abmelden")
    async def sign_out(
        request: Request, person: Annotated[object, Depends(Permission(side, optional=True))]
    ) -> Response:
        await _end_session(request, side)
        elsewhere = await shell_of(request).identity.sign_out_url(side) if person else None
        response = RedirectResponse(elsewhere or f"{_PREFIXES[side]}/abmelden", 303)
        shell_of(request).cookies.clear_session(response, side)
        return response

    return router


def _entitled(request: Request, side: Side, found: Presented) -> None:
    """Raises Forbidden for a token that was not issued for a trial run, or would open an office that works."""
    if SMOKE_SCOPE not in found.scopes:
        raise Forbidden(f"needs a token with the scope {SMOKE_SCOPE}")
    if side == "office" and not shell_of(request).office(found.person.office).test:
        raise Forbidden("only for an office that is kept for tests")


async def _begin_session(request: Request, side: Side, person: Person, response: Response) -> None:
    shell = shell_of(request)
    await _end_session(request, side)
    shell.cookies.set_session(response, side, await shell.sessions.create(side, person, shell.clock()))


async def _end_session(request: Request, side: Side) -> None:
    shell = shell_of(request)
    token = shell.cookies.session_token(request, side)
    if token is not None:
        await shell.sessions.end(token)
