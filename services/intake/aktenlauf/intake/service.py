"""Intake, put together: the only place where its parts meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from aktenlauf.intake import api
from aktenlauf.intake.deliveries import deliveries, mails
from aktenlauf.intake.domain import DECIDERS
from aktenlauf.intake.drafts import sweep_expired_drafts
from aktenlauf.intake.pages import account, case, draft, finding, mailbox, public
from aktenlauf.intake.processing_times import decided
from aktenlauf.intake.reactions import reactions
from aktenlauf.intake.views import applications, evidence, looks, stored
from aktenlauf.intake.views import mailbox as mailboxes
from aktenlauf.kit import erasure
from aktenlauf.kit.logs import logger
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.shell import Shell
from aktenlauf.kit.web.sign_in import sign_in_routes

SWEEP_SECONDS = 600
"""How often expired drafts are looked for; they end on a day, so ten minutes are soon enough."""

_log = logger(__name__)


def build_web(service: Service, shell: Shell, settings: Settings) -> FastAPI:
    """The applicants' pages and the API. The fixed paths of a case come before those of a draft's steps."""
    routers = [public.router, finding.router, account.router, mailbox.router, case.router, draft.router, api.router]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            sweeper = asyncio.create_task(_sweep_for_ever(service))
            try:
                yield
            finally:
                sweeper.cancel()
                await asyncio.gather(sweeper, return_exceptions=True)

    app = create_service_app("intake", [*routers, sign_in_routes("public")], shell, lifespan=lifespan)
    app.state.service = service
    return app


async def _sweep_for_ever(service: Any) -> None:
    """A failure is no reason to stop: the drafts are still there at the next round."""
    while True:
        try:
            await sweep_expired_drafts(service)
        except Exception as error:
            _log.error("sweeping expired drafts failed", error=error)
        await asyncio.sleep(SWEEP_SECONDS)


definition = Definition(
    name="intake",
    hears=frozenset({"documents", "review", "scheduling", "xoev-gateway"}),
    deciders={**DECIDERS, **erasure.DECIDERS},
    views=(applications, mailboxes, evidence, looks, decided, stored, erasure.erasures_due),
    reactions=(reactions, deliveries, mails),
    web=build_web,
)
