"""Documents: where its parts meet."""

from fastapi import FastAPI

from aktenlauf.documents import api, pages
from aktenlauf.documents.deliveries import page_images
from aktenlauf.documents.domain import DECIDERS
from aktenlauf.documents.reactions import reactions
from aktenlauf.documents.room import Room
from aktenlauf.documents.views import files, stored, unread
from aktenlauf.kit import erasure
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.shell import Shell


def build_web(service: Service, shell: Shell, settings: Settings) -> FastAPI:
    """The app; the service runs as long as its lifespan."""
    app = create_service_app(
        "documents",
        [pages.router, api.router],
        shell,
        lifespan=lambda _: service.running(),
        larger_bodies={"/nachweise": pages.REQUEST_BYTES_MAX},
    )
    app.state.service, app.state.room = service, Room()
    return app


definition: Definition = Definition(
    name="documents",
    hears=frozenset({"intake", "review", "xoev-gateway"}),
    deciders={**DECIDERS, **erasure.DECIDERS},
    views=(files, unread, erasure.erasures_due, stored),
    reactions=(reactions, page_images),
    web=build_web,
)
