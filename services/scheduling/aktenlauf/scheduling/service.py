"""Where the parts of scheduling meet."""

from typing import Any

from fastapi import FastAPI

from aktenlauf.kit import erasure
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.scheduling.api import router as api
from aktenlauf.scheduling.domain import DECIDERS
from aktenlauf.scheduling.pages.applicant import router as applicant_pages
from aktenlauf.scheduling.pages.office import router as office_pages
from aktenlauf.scheduling.reactions import reactions
from aktenlauf.scheduling.views import appointments, days, offers_due, unread

NAME = "scheduling"


def build_web(service: Service, shell: Any, settings: Settings) -> FastAPI:
    """Pages of both sides and the API."""
    routers = [applicant_pages, office_pages, api]
    app = create_service_app(NAME, routers, shell, lifespan=lambda _: service.running())
    app.state.service = service
    return app


definition = Definition(
    name=NAME,
    hears=frozenset({"intake", "review"}),
    deciders={**DECIDERS, **erasure.DECIDERS},
    views=(appointments, days, offers_due, unread, erasure.erasures_due),
    reactions=(reactions,),
    web=build_web,
)
