"""Signing in and out, and staying signed in, the same on both sides."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from aktenlauf.kit.identity import Side
from aktenlauf.kit.web.access import Permission, anyone, back_to
from aktenlauf.kit.web.limits import limited
from aktenlauf.kit.web.pages import came_from, page, session_of, shell_of
from aktenlauf.kit.web.problems import wants_json

_PREFIXES: Mapping[Side, str] = {"public": "", "office": "/amt"}
_FIRST_PAGES: Mapping[Side, str] = {"public": "/antrag", "office": "/amt"}


def sign_in_routes(side: Side) -> APIRouter:
    """Routes below `/anmelden` and `/abmelden`, for the office below `/amt`.

    Signing out is a POST, so that no link can do it; the page at GET asks, or says that it is done.
    """
    router = APIRouter(prefix=_PREFIXES[side], include_in_schema=False)
    first_page = _FIRST_PAGES[side]

    @router.get("/anmelden", dependencies=[anyone, limited("sign_in")])
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
        await _end_session(request, side)
        token = await shell.sessions.create(side, person, shell.clock())
        response = RedirectResponse(target, 303)
        shell.cookies.set_session(response, side, token)
        shell.cookies.clear_sign_in_state(response, side)
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
        response = RedirectResponse(f"{_PREFIXES[side]}/abmelden", 303)
        shell_of(request).cookies.clear_session(response, side)
        return response

    return router


async def _end_session(request: Request, side: Side) -> None:
    shell = shell_of(request)
    token = shell.cookies.session_token(request, side)
    if token is not None:
        await shell.sessions.end(token)
