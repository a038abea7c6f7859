"""The gateway: where its parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from aktenlauf.kit import erasure
from aktenlauf.kit.logs import logger
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.shell import Shell
from aktenlauf.xoev_gateway import api, inbox
from aktenlauf.xoev_gateway.checking import schemas_of
from aktenlauf.xoev_gateway.deliveries import deliveries
from aktenlauf.xoev_gateway.domain import DECIDERS
from aktenlauf.xoev_gateway.reactions import reactions
from aktenlauf.xoev_gateway.views import exchanges, numbers, stored

_log = logger(__name__)


def build_web(service: Service, shell: Shell, settings: Settings) -> FastAPI:
    """The app; the service, and its look into the drop folder, run as long as its lifespan."""
    app = create_service_app("xoev-gateway", [api.router], shell, lifespan=lambda _: running(service))
    app.state.service = service
    return app


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """The service and its inbox. Raises SchemasUnusable before anything has started."""
    schemas_of(service.settings.xoev_schema_dir)
    if service.settings.xoev_schema_dir is None:
        _log.warning("MESSAGES ARE NOT CHECKED against the official schemas: set XOEV_SCHEMA_DIR to their folder")
    async with service.running(), inbox.followed(service):
        yield


definition: Definition = Definition(
    name="xoev-gateway",
    hears=frozenset({"intake", "documents", "review", "scheduling"}),
    deciders={**DECIDERS, **erasure.DECIDERS},
    views=(exchanges, numbers, stored, erasure.erasures_due),
    reactions=(reactions, deliveries),
    web=build_web,
)
