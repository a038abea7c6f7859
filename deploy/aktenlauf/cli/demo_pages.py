"""The first page of the demonstration: people to click, mails, drop folders, the clock, starting afresh.

Its pages lead to everything without a password, so they exist only where the installation is a demonstration, and what
changes it as a whole is done from its own machine alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import APIRouter, Depends, FastAPI, Form, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from aktenlauf.cli import demo_files
from aktenlauf.cli.demo import Demonstration
from aktenlauf.cli.demo_reset import ask_for_reset
from aktenlauf.cli.installation import Installation
from aktenlauf.contracts.offices import offices
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.errors import Forbidden, NotFound
from aktenlauf.kit.identity import Side
from aktenlauf.kit.web.access import anyone
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.pages import page, shell_of
from aktenlauf.kit.web.problems import wants_json
from aktenlauf.kit.web.security import as_uploaded_content

PATH = "/vorfuehrung"
DAYS_MAX = 400
RESTART_SECONDS = 4
_FIRST_PAGES: dict[Side, str] = {"public": "/antrag", "office": "/amt"}
_LETTERS_ON_FIRST_PAGE = 6

Running = Callable[[], Installation]


@dataclass(frozen=True, slots=True)
class Group:
    """People under one heading of the list. `more`: folded away at first."""

    title: str
    people: Sequence[DemoUser]
    more: Sequence[DemoUser] = ()


def demo_routes(demo: Demonstration) -> Callable[[Running], Sequence[BaseRoute]]:
    """For `installation.opened`: everything below /vorfuehrung."""

    def routes(running: Running) -> Sequence[BaseRoute]:
        app = _Later(lambda: _app(demo, running))
        return [Route(PATH, app), Route(PATH + "/{rest:path}", app)]

    return routes


class _Later:
    """The app needs the installation's shell, which is built after the routes: made at the first request."""

    def __init__(self, make: Callable[[], FastAPI]) -> None:
        self._app = cache(make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app()(scope, receive, send)


def _app(demo: Demonstration, running: Running) -> FastAPI:
    folder = Path(__file__).parent
    return create_service_app("vorfuehrung", [_router(demo, running)], running().shell, folder=folder)


async def _from_this_machine(request: Request) -> None:
    host = request.client.host if request.client else ""
    try:
        if ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise Forbidden("only from the machine that it runs on")


_here = Depends(_from_this_machine)


def _router(demo: Demonstration, running: Running) -> APIRouter:
    router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[anyone])
    _add_people(router, demo, running)
    _add_files(router, demo)
    _add_clock(router, demo)
    _add_reset(router, demo)
    return router


def _add_people(router: APIRouter, demo: Demonstration, running: Running) -> None:
    @router.get("")
    async def first_page(request: Request) -> Response:
        return page(
            request,
            "demo.html",
            languages=[],
            groups=_groups(demo.users),
            made=demo.made,
            now=demo.clock(),
            letters=demo_files.letters(demo.data, _LETTERS_ON_FIRST_PAGE),
            drops={name: len(files) for name, files in demo_files.drops(demo.data).items()},
        )

    @router.get("/als/{side}/{subject}")
    async def be(request: Request, side: Side, subject: str) -> Response:
        """Signs in as this person, by the same steps as on the provider's page."""
        if not any(user.subject == subject and user.side == side for user in demo.users):
            raise NotFound(subject)
        shell = shell_of(request)
        url, state = await shell.identity.start(side, _FIRST_PAGES[side])
        if not url.startswith(running().settings.public_url + "/"):  # people sign in elsewhere, and choose there
            return RedirectResponse("/amt/anmelden" if side == "office" else "/anmelden", 303)
        transport = httpx.ASGITransport(app=running().app)
        async with httpx.AsyncClient(transport=transport) as browser:
            answer = await browser.post(url, data={"user": subject})
        returned = dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query))
        person, target = await shell.identity.finish(side, returned, state)
        response = RedirectResponse(target, 303)
        shell.cookies.set_session(response, side, await shell.sessions.create(side, person, shell.clock()))
        return response


def _groups(users: Sequence[DemoUser]) -> list[Group]:
    applicants = [user for user in users if user.side == "public"]
    told = [user for user in applicants if user.note]
    groups = [Group("Antragstellende", told, [user for user in applicants if not user.note])]
    for key, office in offices().items():
        if staff := [user for user in users if user.office == key]:
            groups.append(Group(f"{office.authority}, {office.name}", staff))
    return groups


def _add_files(router: APIRouter, demo: Demonstration) -> None:
    @router.get("/post")
    async def outbox(request: Request) -> Response:
        return page(request, "demo_mails.html", languages=[], letters=demo_files.letters(demo.data))

    @router.get("/post/{name}")
    async def read(request: Request, name: str) -> Response:
        if (letter := demo_files.letter(demo.data, name)) is None:
            raise NotFound(name)
        return page(request, "demo_mail.html", languages=[], letter=letter)

    @router.get("/ablage")
    async def folders(request: Request) -> Response:
        return page(request, "demo_drops.html", languages=[], drops=demo_files.drops(demo.data))

    @router.get("/ablage/{folder}/{name}")
    async def download(folder: str, name: str) -> Response:
        file = demo_files.drop_file(demo.data, folder, name)
        if file is None:
            raise NotFound(name)
        return as_uploaded_content(FileResponse(file, filename=name, content_disposition_type="attachment"))


def _add_clock(router: APIRouter, demo: Demonstration) -> None:
    @router.post("/uhr", dependencies=[_here])
    async def advance(request: Request, tage: Annotated[int, Form(ge=1, le=DAYS_MAX)]) -> Response:
        demo.clock.advance(timedelta(days=tage))
        if wants_json(request):
            return JSONResponse({"now": demo.clock().isoformat(timespec="seconds")})
        return RedirectResponse(f"{PATH}#uhr", 303)


def _add_reset(router: APIRouter, demo: Demonstration) -> None:
    @router.get("/zuruecksetzen")
    async def ask(request: Request) -> Response:
        return page(request, "demo_reset.html", languages=[], begun=False)

    @router.post("/zuruecksetzen", dependencies=[_here])
    async def reset(request: Request) -> Response:
        ask_for_reset(demo.data)
        demo.stop()
        response = page(request, "demo_reset.html", languages=[], begun=True)
        response.headers["Refresh"] = f"{RESTART_SECONDS}; url={PATH}"
        return response
