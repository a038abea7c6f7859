"""Review: where its parts meet."""

from fastapi import FastAPI

from aktenlauf.kit import erasure
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.shell import Shell
from aktenlauf.kit.web.sign_in import sign_in_routes
from aktenlauf.review import api, pages
from aktenlauf.review.deliveries import deliveries
from aktenlauf.review.domain import DECIDERS
from aktenlauf.review.reactions import reactions
from aktenlauf.review.views import case_file, history, staff_names, stored, worklist


def build_web(service: Service, shell: Shell, settings: Settings) -> FastAPI:
    """The app; the service runs as long as its lifespan."""
    routers = [sign_in_routes("office"), pages.router, api.router]
    app = create_service_app("review", routers, shell, lifespan=lambda _: service.running())
    app.state.service = service
    return app


definition: Definition = Definition(
    name="review",
    hears=frozenset({"intake", "documents", "scheduling", "xoev-gateway"}),
    deciders={**DECIDERS, **erasure.DECIDERS},
    views=(worklist, case_file, history, staff_names, erasure.erasures_due, stored),
    reactions=(reactions, deliveries),
    web=build_web,
)
