"""The embedded form: all services that are installed, in one process, on one event loop.

The one place outside the services where parts meet. `aktenlauf run`, the tests and the benchmarks all start it here.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import cast

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aktenlauf.cli.identity import SignIn, sign_in_of
from aktenlauf.contracts.offices import offices
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import Shared, open_log, open_ports, open_shared
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.telemetry import name_cases_by
from aktenlauf.kit.web.app import create_kit_app
from aktenlauf.kit.web.dispatch import Dispatcher
from aktenlauf.kit.web.health import Health, Probe
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
    probes: Mapping[str, Probe]
    """Of each service's database, by the service's name, and of the keyring."""

    async def health(self) -> Health:
        """Whether each service follows its log and its database answers, and the keyring; and what stopped in them."""
        answers = await asyncio.gather(*(probe.answers() for probe in self.probes.values()))
        parts = dict(zip(self.probes, answers, strict=True))
        parts |= {name: parts[name] and service.ready for name, service in self.services.items()}
        stopped = {name: sorted(service.failed) for name, service in self.services.items() if service.failed}
        return Health(parts, stopped)

    async def settled(self) -> bool:
        """Whether everything that happened has been heard, applied and reacted to everywhere."""
        return all([await service.settled() for service in self.services.values()])


def _probes(shared: Shared, services: Mapping[str, Service]) -> Mapping[str, Probe]:
    async def look_up() -> None:
        with suppress(KeyError):
            await shared.keyring.get("installation/none")  # something that no cache knows

    databases = {name: Probe(partial(service.ports.work.cursor, "none")) for name, service in services.items()}
    return databases | {"keyring": Probe(look_up)}


_GROUP = "aktenlauf.services"
"""Of entry points, one a service, by its name."""


def replica_name(settings: Settings) -> str:
    """Names this process among those of its service, and the same again after a restart."""
    return settings.replica or f"{socket.gethostname()}:{settings.port}"


def definitions() -> Sequence[Definition]:
    """The services installed beside this program."""
    return [definition_of(name) for name in installed()]


def installed() -> Sequence[str]:
    """The names of the services installed beside this program, without loading them."""
    return sorted(entry_points(group=_GROUP).names)


def definition_of(name: str) -> Definition:
    """One of the installed services. Raises KeyError."""
    return cast(Definition, entry_points(group=_GROUP)[name].load())


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock,
    users: Sequence[DemoUser] = (),
    demo_routes: Callable[[Callable[[], "Installation"]], Sequence[BaseRoute]] | None = None,
    only: Definition | None = None,
) -> AsyncIterator[Installation]:
    """Open ports and build the apps. The services run once the lifespan of `app` has started.

    `only`: this one service, as one of its replicas; else all that are installed.
    """
    async with AsyncExitStack() as stack:
        shared = await open_shared(settings, clock)
        stack.push_async_callback(shared.close)
        declared = [only] if only else definitions()
        logs: dict[str, EventLog] = {}
        services: dict[str, Service] = {}
        for definition in declared:
            logs[definition.name] = await open_log(settings, definition.name)
        for definition in declared:
            ports = await open_ports(settings, definition.name, shared, logs)
            stack.push_async_callback(ports.close)
            services[definition.name] = Service(definition, ports, settings, replica_name(settings) if only else None)
        secret = await shared.keyring.create("installation/web")
        name_cases_by(secret)
        sign_in = sign_in_of(settings, secret, users, elsewhere=only is not None)
        stack.push_async_callback(sign_in.http.aclose)
        shell = _shell(settings, shared, secret, sign_in, "/vorfuehrung" if demo_routes else "")
        routes = [*sign_in.routes, *(demo_routes(lambda: installation) if demo_routes else ())]
        apps: dict[str, Starlette] = {
            "kit": create_kit_app(shell, lambda: installation.health()),
            "demo": Starlette(routes=routes),
        }
        for name, service in services.items():
            apps[name] = service.definition.web(service, shell, settings)
        installation = Installation(settings, shared, services, shell, Dispatcher(apps), _probes(shared, services))
        yield installation


def _shell(settings: Settings, shared: Shared, secret: bytes, sign_in: SignIn, strip_href: str) -> Shell:
    url = settings.public_url
    strip = DEMO_STRIP if settings.demo else ""
    return Shell(
        sessions=shared.sessions,
        identity=sign_in.identity,
        secret=secret,
        settings=WebSettings(url, settings.office_url or url, strip, strip_href, settings.contact, settings.demo),
        office=office_label,
        limits=RateLimits({"sign_in": settings.rate_sign_in, "upload": settings.rate_upload}),
    )


def office_label(key: str | None) -> OfficeLabel:
    """How an authority is called in the header; for None the portal itself."""
    office = offices().get(key or "")
    if office is None:
        return OfficeLabel("Aktenlauf", "Anträge zum Aufenthalt")
    return OfficeLabel(office.authority, office.name, test=office.test)
