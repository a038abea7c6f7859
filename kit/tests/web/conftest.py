"""A little installation: two sides, the demo provider, real sessions, routes of every permission."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from re import findall
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.adapters.demo_idp import DemoProvider, DemoUser, demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.adapters.sqlite_sessions import SqliteSessions
from aktenlauf.kit.errors import Conflict, Erased, NotFound, Refused, Unavailable
from aktenlauf.kit.identity import Identity, Person, Side
from aktenlauf.kit.web.access import Applicant, Staff, Visitor, anyone, requires
from aktenlauf.kit.web.app import create_kit_app, create_service_app
from aktenlauf.kit.web.dispatch import Dispatcher
from aktenlauf.kit.web.health import Health
from aktenlauf.kit.web.limits import DEFAULTS, RateLimits, limited
from aktenlauf.kit.web.pages import page
from aktenlauf.kit.web.security import as_uploaded_content
from aktenlauf.kit.web.shell import OfficeLabel, Shell, WebSettings
from aktenlauf.kit.web.sign_in import sign_in_routes
from aktenlauf.kit.web.told import linked
from aktenlauf.kit.web.written import catch_up, remember

SECRET = b"w" * 32
BASE = "https://aktenlauf.test"
PROBE = Path(__file__).parent / "probe"
USERS = [
    DemoUser("linh", "public", "Linh", "Trần", frozenset({"applicant"})),
    DemoUser("omar", "public", "Omar", "Haddad", frozenset({"applicant"})),
    DemoUser("vogt", "office", "Ines", "Vogt", frozenset({"caseworker"}), office="beispielstadt"),
    DemoUser("brandt", "office", "Uwe", "Brandt", frozenset({"approver"}), office="beispielstadt"),
    DemoUser("leer", "office", "Ohne", "Rolle", frozenset()),
]
RAISES: dict[str, Callable[[], Exception]] = {
    "refused": lambda: Refused(Code.CLOSED),
    "conflict": lambda: Conflict("intake/application/x", 1, 2),
    "not-found": NotFound,
    "erased": Erased,
    "unavailable": lambda: Unavailable("disk", 7),
    "bug": lambda: ValueError("Geheimnis von Linh"),
}

Approver = Annotated[Person, requires("approver")]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class Wish(BaseModel):
    """A JSON body."""

    name: str
    days: int


class Installation:
    """What a test holds in its hands."""

    def __init__(
        self,
        folder: Path,
        base: str = BASE,
        rates: dict[str, str] | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.base = base
        self.clock = Clock()
        self.seen: dict[str, int] = {}
        self.uploaded: list[tuple[int, int]] = []
        self.log: list[str] = []
        self.ready = {"log": True, "keyring": True}
        self.stopped: dict[str, list[str]] = {}
        providers = demo_providers(base, base)
        self.demo = DemoProvider(providers, USERS)
        self.sessions = SqliteSessions(folder / "sessions.db", b"s" * 32)
        self.shell = Shell(
            sessions=self.sessions,
            identity=identity or OidcIdentity(providers, b"k" * 32, self.demo.http()),
            secret=SECRET,
            settings=WebSettings(base, base, strip="Vorführung", contact="Telefon 0123 456"),
            office=lambda key: OfficeLabel(
                "Stadt Beispiel" if key else "Aktenlauf", "Ausländerbehörde", test=key == "probstadt"
            ),
            limits=RateLimits({**DEFAULTS, **(rates or {})}),
            clock=self.clock,
        )
        self.public = self._app("intake", [self._public(), self._api(), sign_in_routes("public")])
        self.office = self._app("review", [self._office(), sign_in_routes("office")])
        self.kit = create_kit_app(self.shell, self._ready)
        self.app = Dispatcher({"intake": self.public, "review": self.office, "kit": self.kit, "demo": self.demo.app})

    def browser(self) -> httpx.AsyncClient:
        """A new browser without cookies."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=self.base, headers={"Accept": "text/html"})

    async def signed_in(self, user: str, side: Side = "public", back: str = "/hilfe") -> httpx.AsyncClient:
        """A new browser in which this person is signed in."""
        browser = self.browser()
        arrived = await sign_in(browser, user, side, back)
        assert arrived.status_code == 303
        return browser

    def _app(self, name: str, routers: list[APIRouter]) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, str]]:
            self.log.append(f"start {name}")
            try:
                yield {"service": name}
            finally:
                self.log.append(f"stop {name}")

        return create_service_app(name, routers, self.shell, lifespan, PROBE, {"/antrag/hochladen": 20_000_000})

    async def _ready(self) -> Health:
        return Health(self.ready, self.stopped)

    def _public(self) -> APIRouter:
        router = APIRouter()

        @router.get("/hilfe")
        async def help_page(request: Request, person: Visitor, seite: int = 1) -> Response:
            return page(request, "probe.html", counts={"/postfach": 3}, name="علي")

        @router.get("/antrag")
        async def mine(request: Request, person: Applicant) -> Response:
            return page(request, "probe.html", name=person.name)

        @router.post("/antrag")
        async def change(request: Request, person: Applicant) -> Response:
            form = await request.form()
            response = RedirectResponse("/antrag", 303)
            remember(request, response, str(form.get("stream", "intake/application/a")), 3)
            return response

        @router.post("/antrag/hochladen", dependencies=[limited("upload")])
        async def upload(request: Request, person: Applicant) -> Response:
            sizes = [len(chunk) async for chunk in request.stream()]
            self.uploaded.append((sum(sizes), max(sizes)))
            return JSONResponse({"size": sum(sizes)})

        @router.get("/antrag/stand")
        async def caught_up(request: Request, person: Visitor) -> Response:
            async def seen(stream: str, version: int) -> None:
                if self.seen.get(stream, 0) < version:
                    await asyncio.Event().wait()

            return JSONResponse(await catch_up(request, seen, seconds=0.05, told_seconds=0.05))

        @router.get("/antrag/gezeigt")
        async def shown(request: Request, person: Visitor) -> Response:
            return JSONResponse(linked(request, "/antrag/stand", {"review/case/a": 2, "intake/application/a": 3}))

        @router.get("/antrag/fehler/{kind}", dependencies=[anyone])
        async def fail(kind: str) -> Response:
            raise RAISES[kind]()

        @router.get("/antrag/inhalt")
        async def content(person: Applicant) -> Response:
            return as_uploaded_content(Response("<script>", media_type="text/html"))

        @router.get("/hilfe/dienst", dependencies=[anyone])
        async def state(request: Request) -> Response:
            return JSONResponse(request.state.service)

        return router

    def _api(self) -> APIRouter:
        router = APIRouter(prefix="/api/intake/v1")

        @router.post("/wishes")
        async def wish(body: Wish, person: Visitor) -> dict[str, Any]:
            return {"name": body.name}

        @router.get("/mine")
        async def my_name(person: Applicant) -> dict[str, str]:
            return {"name": person.name}

        return router

    def _office(self) -> APIRouter:
        router = APIRouter()

        @router.get("/amt")
        async def worklist(request: Request, staff: Staff) -> Response:
            return page(request, "probe.html", name=staff.name)

        @router.get("/amt/freigaben")
        async def approvals(request: Request, staff: Approver) -> Response:
            return page(request, "probe.html", name=staff.name)

        @router.get("/api/review/v1/office")
        async def office(staff: Staff) -> dict[str, str | None]:
            return {"office": staff.office}

        @router.post("/api/review/v1/wishes")
        async def wish(body: Wish, staff: Approver) -> dict[str, Any]:
            return {"name": body.name}

        return router


async def sign_in(browser: httpx.AsyncClient, user: str, side: Side, back: str) -> httpx.Response:
    """Click through the provider; the answer is that of our return address."""
    begun = await browser.get("/amt/anmelden" if side == "office" else "/anmelden", params={"zurueck": back})
    people = await browser.get(begun.headers["location"])
    (action,) = findall(r'<form [^>]*method="post" action="([^"]+)"', people.text)
    chosen = await browser.post(unescape(action), data={"user": user})
    return await browser.get(chosen.headers["location"])


def csrf_of(answer: httpx.Response) -> str:
    """The hidden field of a page."""
    return findall(r'name="csrf" value="([^"]*)"', answer.text)[0]


def path_of(answer: httpx.Response) -> str:
    """Where a redirect leads, with query."""
    parts = urlsplit(answer.headers["location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)
