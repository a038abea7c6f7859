"""One service, running alone on real adapters below a test's folder, with browsers that are signed in.

    async with alone(definition, tmp_path, clock) as stand:
        await stand.happened("intake", ApplicationSubmitted(...), case="c-1", sealed_by="case/c-1")
        await stand.settled()
        browser = await stand.browser("public", person)

What other services did is appended to logs of theirs and heard as bytes, as in the embedded form.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from re import findall
from typing import Any

import httpx
from starlette.responses import Response

from aktenlauf.contracts.envelope import Event, encode, sealed_of
from aktenlauf.kit.adapters.demo_idp import demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import ANY, EventLog
from aktenlauf.kit.ports import open_log, open_ports, open_shared
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.web.limits import RateLimits
from aktenlauf.kit.web.shell import OfficeLabel, Shell, WebSettings

BASE = "http://localhost:8000"


class SetClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Forward by timedelta(**span)."""
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Stand:
    """What a test holds: the running service, its app, and the logs of the services that it hears."""

    service: Service
    shell: Shell
    app: Any
    clock: SetClock
    logs: Mapping[str, EventLog]

    async def happened(
        self, service: str, event: Event, *, stream: str, case: str, event_id: str | None = None, actor: str = "party-1"
    ) -> str:
        """Append an event of another service; its sealed part is sealed with the case's key. The event's id."""
        event_id = event_id or new_id()
        sealed = sealed_of(event)
        if sealed is not None and sealed.plain is not None:
            token = await self.service.ports.sealing.seal(sealed.plain, f"case/{case}", event_id)
            event = event.model_copy(update={"sealed": sealed.sealed_as(token)})
        record = encode(
            event,
            service=service,
            stream=stream,
            event_id=event_id,
            time=self.clock(),
            subject=case,
            office=getattr(event, "office", None),
            causationid=event_id,
            correlationid=event_id,
            actor=actor,
            traceparent=None,
        )
        await self.logs[service].append(stream, ANY, [record], event_id)
        return event_id

    async def settled(self) -> None:
        """Wait until everything has been heard, applied and reacted to."""
        await until(self.service.settled)

    async def browser(self, side: Side, person: Person | None, language: str = "de") -> httpx.AsyncClient:
        """A new browser in which this person is signed in, or nobody."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {"Accept": "text/html", "Accept-Language": language}
        browser = httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)
        if person is not None:
            carrier = Response()
            token = await self.shell.sessions.create(side, person, self.shell.clock())
            self.shell.cookies.set_session(carrier, side, token)
            name, _, value = carrier.headers["set-cookie"].partition(";")[0].partition("=")
            browser.cookies.set(name, value, domain="localhost.local")
        return browser


@asynccontextmanager
async def alone(definition: Definition, folder: Path, now: datetime | None = None) -> AsyncIterator[Stand]:
    """The service, running; every port closed at the end."""
    clock = SetClock(now or datetime.now(UTC))
    settings = Settings(data=folder, workers=3)
    shared = await open_shared(settings, clock)
    logs = {name: await open_log(settings, name) for name in {definition.name, *definition.hears}}
    ports = await open_ports(settings, definition.name, shared, logs)
    service = Service(definition, ports, settings)
    shell = Shell(
        sessions=shared.sessions,
        identity=OidcIdentity(demo_providers(BASE, BASE), b"k" * 32, httpx.AsyncClient()),
        secret=b"w" * 32,
        settings=WebSettings(BASE, BASE),
        office=lambda key: OfficeLabel(key or "Aktenlauf", ""),
        limits=RateLimits(),
    )
    try:
        async with service.running():
            yield Stand(service, shell, definition.web(service, shell, settings), clock, logs)
    finally:
        await ports.close()
        for name in logs.keys() - {definition.name}:
            await logs[name].close()
        await shared.close()


def hidden_fields(answer: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the page's posting form with this action: what a browser would send along."""
    (form,) = [
        body
        for found, body in findall(r'(?s)<form action="([^"]*)" method="post"(.*?)</form>', answer.text)
        if unescape(found) == action
    ]
    pairs = findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in pairs}
