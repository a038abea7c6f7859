"""The embedded form: all services that are installed, in one process, on one event loop.

The one place outside the services where parts meet. `aktenlauf run`, the tests and the benchmarks all start it here.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import cast

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aktenlauf.contracts.offices import offices
from aktenlauf.kit.adapters.demo_idp import DemoProvider, DemoUser, demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import Shared, open_log, open_ports, open_shared
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_kit_app
from aktenlauf.kit.web.dispatch import Dispatcher
from aktenlauf.kit.web.limits import RateLimits
from aktenlauf.kit.web.shell import OfficeLabel, Shell, WebSettings

DEMO_STRIP = "Vorführung: erfundene Daten, keine echte Behörde."


@dataclass(frozen=True)
class Installation:
    """A running installation. `app` is the ASGI app of everything."""

    settings: Settings
    shared: Shared
    services: Mapping[str, Service]
    shell: Shell
    app: Dispatcher

    async def parts_ready(self) -> Mapping[str, bool]:
        """Of each service, whether it follows its log."""
        return {name: service.ready for name, service in self.services.items()}

    async def settled(self) -> bool:
        """Whether everything that happened has been heard, applied and reacted to everywhere."""
        return all([await service.settled() for service in self.services.values()])


def definitions() -> Sequence[Definition]:
    """The services installed beside this program, by their entry points."""
    found = entry_points(group="aktenlauf.services")
    return [cast(Definition, entry.load()) for entry in sorted(found, key=lambda entry: entry.name)]


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock,
    users: Sequence[DemoUser],
    demo_routes: Callable[[Callable[[], "Installation"]], Sequence[BaseRoute]] | None = None,
) -> AsyncIterator[Installation]:
    """Open ports and build the apps. The services run once the lifespan of `app` has started."""
    async with AsyncExitStack() as stack:
        shared = await open_shared(settings, clock)
        stack.push_async_callback(shared.close)
        declared = definitions()
        logs: dict[str, EventLog] = {}
        services: dict[str, Service] = {}
        for definition in declared:
            logs[definition.name] = open_log(settings, definition.name)
        for definition in declared:
            ports = open_ports(settings, definition.name, shared, logs)
            stack.push_async_callback(ports.close)
            services[definition.name] = Service(definition, ports, settings)
        shell, provider = await _shell(settings, shared, users, stack, "/vorfuehrung" if demo_routes else "")
        routes = [*provider.routes, *(demo_routes(lambda: installation) if demo_routes else ())]
        apps: dict[str, Starlette] = {
            "kit": create_kit_app(shell, lambda: installation.parts_ready()),
            "demo": Starlette(routes=routes),
        }
        for name, service in services.items():
            apps[name] = service.definition.web(service, shell, settings)
        installation = Installation(settings, shared, services, shell, Dispatcher(apps))
        yield installation


async def _shell(
    settings: Settings, shared: Shared, users: Sequence[DemoUser], stack: AsyncExitStack, strip_href: str
) -> tuple[Shell, DemoProvider]:
    url = settings.public_url
    secret = await shared.keyring.create("installation/web")
    providers = demo_providers(url, url)
    provider = DemoProvider(providers, users)
    http = provider.http()
    stack.push_async_callback(http.aclose)
    shell = Shell(
        sessions=shared.sessions,
        identity=OidcIdentity(providers, hashlib.sha256(secret + b"oidc").digest(), http),
        secret=secret,
        settings=WebSettings(url, url, DEMO_STRIP if settings.demo else "", strip_href, demo=settings.demo),
        office=office_label,
        limits=RateLimits({"sign_in": settings.rate_sign_in, "upload": settings.rate_upload}),
    )
    return shell, provider


def office_label(key: str | None) -> OfficeLabel:
    """How an authority is called in the header; for None the portal itself."""
    office = offices().get(key or "")
    if office is None:
        return OfficeLabel("Aktenlauf", "Anträge zum Aufenthalt")
    return OfficeLabel(office.authority, office.name)
