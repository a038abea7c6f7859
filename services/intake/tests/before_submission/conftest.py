"""Intake with real ports below a temporary folder, the demo sign-in, and browsers without script."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.documents import DocumentUploaded
from aktenlauf.contracts.envelope import Event, encode, stamp
from aktenlauf.contracts.intake import ApplicationSubmitted, DraftDiscarded
from aktenlauf.intake import forms, views
from aktenlauf.intake.domain import DECIDERS
from aktenlauf.intake.pages import case as case_pages
from aktenlauf.intake.pages import draft, finding, public
from aktenlauf.intake.processing_times import decided
from aktenlauf.intake.reactions import drop_draft, erase_draft, file_late_evidence
from aktenlauf.kit import erasure
from aktenlauf.kit.adapters.demo_idp import DemoProvider, DemoUser, demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.ports import open_log, open_ports, open_shared
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_kit_app, create_service_app
from aktenlauf.kit.web.dispatch import Dispatcher
from aktenlauf.kit.web.health import Health
from aktenlauf.kit.web.limits import RateLimits
from aktenlauf.kit.web.shell import OfficeLabel, Shell, WebSettings
from aktenlauf.kit.web.sign_in import sign_in_routes

BASE = "http://localhost:8000"
SECRET = b"w" * 32
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
USERS = [
    DemoUser("lina", "public", "Lina", "Haddad", frozenset({"applicant"})),
    DemoUser("omar", "public", "Omar", "Nasser", frozenset({"applicant"})),
]
OFFER = catalogue().services["study_extension"]
DECLARATIONS = [field.id for field in OFFER.fields() if field.type == "declaration"]
COMPLETE = json.loads((Path(__file__).parents[1] / "study_extension.example.json").read_text("utf-8"))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: int) -> None:
        self.now += timedelta(**span)


class Intake:
    """What a test holds in its hands."""

    def __init__(self, service: Service, app: Dispatcher, clock: Clock) -> None:
        self.service, self.app, self.clock = service, app, clock

    def browser(self) -> "Browser":
        return Browser(self.app)

    async def signed_in(self, user: str = "lina", **headers: str) -> "Browser":
        browser = Browser(self.app, **headers)
        begun = await browser.http.get("/anmelden", params={"zurueck": "/hilfe"})
        people = await browser.http.get(begun.headers["location"])
        (action,) = re.findall(r'<form [^>]*method="post" action="([^"]+)"', people.text)
        chosen = await browser.http.post(unescape(action), data={"user": user})
        arrived = await browser.http.get(chosen.headers["location"])
        assert arrived.status_code == 303
        return browser

    async def party(self, case: str) -> str:
        """Whose draft it is, as scope."""
        stored = await self.service.ports.drafts.load(case)
        assert stored
        return stored.party

    async def hear(self, event: Event, case: str, stream: str, version: int = 1) -> None:
        """As if another service had published it."""
        owner = stream.split("/")[0]
        id_ = new_id()
        record = encode(
            event, service=owner, stream=stream, event_id=id_, time=self.clock(), subject=case, office=None,
            causationid=id_, correlationid=id_, actor="system:test", traceparent=None,
        )  # fmt: skip
        await self.service.ports.log.hear([stamp(record, version)])
        await self.settled()

    async def settled(self) -> None:
        async with asyncio.timeout(5):
            while not await self.service.settled():
                await asyncio.sleep(0.005)

    async def events(self, stream: str) -> list[str]:
        """The types of the events of a stream, in order."""
        stored = await self.service.ports.log.read(stream)
        return [json.loads(record.record)["type"].rsplit(".", 2)[1] for record in stored]


class Browser:
    """A browser without script: follows no redirect by itself, and sends what a page's form holds."""

    def __init__(self, app: Dispatcher, **headers: str) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        accept = {"Accept": "text/html", **headers}
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE, headers=accept)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def arrive(self, path: str) -> httpx.Response:
        return await self.http.get(path, follow_redirects=True)

    async def send(self, page: httpx.Response, path: str, **changes: str | list[str]) -> httpx.Response:
        """Send the form of a page as it is filled, with changes; a change of [] leaves a control out."""
        form = {**controls(page.text, path), **{k.replace("__", "."): v for k, v in changes.items()}}
        return await self.http.post(path, data={key: value for key, value in form.items() if value != []})

    async def begin(self, key: str = "study_extension") -> str:
        """Start an application; its path."""
        page = await self.get(f"/antrag/neu/{key}")
        begun = await self.send(page, f"/antrag/neu/{key}")
        assert begun.status_code == 303, begun.text
        return begun.headers["location"]

    async def fill(self, path: str, **changes: object) -> None:
        """Answer every question with the complete example, as a program would: it reads no pages."""
        answers = {**COMPLETE, **{k.replace("__", "."): v for k, v in changes.items()}}
        guard = {"csrf": controls((await self.get(f"{path}/loeschen")).text, f"{path}/loeschen")["csrf"]}
        for step in OFFER.steps():
            if not step.last:
                sent = await self.http.post(f"{path}/{step.key}", data={**guard, **forms.typed(step, answers)})
                assert sent.status_code == 303, (step.key, sent.text)

    async def walk(self, path: str, **changes: object) -> None:
        """The same as a person: open each page, fill it in, send it, and answer what comes up."""
        answers = {**COMPLETE, **{k.replace("__", "."): v for k, v in changes.items()}}
        for step in OFFER.steps():
            shown = await self.get(f"{path}/{step.key}")
            if step.last or shown.status_code == 404:
                continue
            typed = forms.typed(step, answers)
            sent = await self.send(shown, f"{path}/{step.key}", **typed)
            if "?neu=1" in sent.headers.get("location", ""):
                again = await self.get(sent.headers["location"])
                sent = await self.send(again, f"{path}/{step.key}", **typed)
            assert sent.status_code == 303, (step.key, sent.text)

    async def submit(self, path: str, **changes: str | list[str]) -> httpx.Response:
        """Declare everything and send."""
        page = await self.get(f"{path}/pruefen")
        declared = {name: "yes" for name in DECLARATIONS}
        return await self.send(page, f"{path}/pruefen", **{**declared, **changes})


def controls(html: str, action: str) -> dict[str, list[str]]:
    """The controls of the form with this action, filled as a browser would send them."""
    form = re.search(rf'<form[^>]*action="{re.escape(action.split("?")[0])}"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert form, f"no form for {action}"
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[1]):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("radio", "checkbox") and "checked" not in re.split(r'[\s">]+', tag):
            continue
        if given.get("name"):
            found.setdefault(given["name"], []).append(unescape(given.get("value", "")))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form[1], re.DOTALL):
        found[name] = [unescape(text)]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[1], re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        found[name] = chosen or [""]
    return found


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    clock = Clock()
    settings = Settings(data=tmp_path, _env_file=None)
    shared = await open_shared(settings, clock)
    logs = {name: await open_log(settings, name) for name in ("intake", "documents", "review")}
    ports = await open_ports(settings, "intake", shared, logs)
    service = Service(_definition(), ports, settings)
    app = _app(service, settings)
    async with service.running():
        yield Intake(service, app, clock)
    await ports.close()
    await shared.close()


def _definition() -> Definition:
    reactions = Reactions("reactions")
    erasure.register(reactions, None)
    reactions.effect(ApplicationSubmitted, name="drop-draft")(drop_draft)
    reactions.on(DraftDiscarded, name="erase-draft")(erase_draft)
    reactions.on(ApplicationSubmitted, DocumentUploaded, name="file-late-evidence")(file_late_evidence)
    return Definition(
        name="intake",
        hears=frozenset({"documents", "review"}),
        deciders={**DECIDERS, **erasure.DECIDERS},
        views=(views.applications, views.mailbox, views.evidence, decided, erasure.erasures_due),
        reactions=(reactions,),
        web=lambda service, shell, settings: None,
    )


def _app(service: Service, settings: Settings) -> Dispatcher:
    providers = demo_providers(BASE, BASE)
    demo = DemoProvider(providers, USERS)
    shell = Shell(
        sessions=service.ports.sessions,
        identity=OidcIdentity(providers, b"k" * 32, demo.http()),
        secret=SECRET,
        settings=WebSettings(BASE, BASE, strip="Vorführung"),
        office=lambda key: OfficeLabel("Aktenlauf", "Ausländerbehörden"),
        limits=RateLimits(),
        clock=service.ports.clock,
    )
    routers = [public.router, finding.router, case_pages.router, draft.router, sign_in_routes("public")]
    app: FastAPI = create_service_app("intake", routers, shell)
    app.state.service = service

    async def ready() -> Health:
        return Health({"intake": service.ready})

    return Dispatcher({"intake": app, "kit": create_kit_app(shell, ready), "demo": demo.app})
