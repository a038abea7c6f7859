"""Making an app: the one of a service, and the one that the kit adds (static files, health)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from importlib import import_module
from os import PathLike, stat_result
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from aktenlauf.kit.web import problems
from aktenlauf.kit.web.api_description import describe
from aktenlauf.kit.web.body_limit import BodyLimit
from aktenlauf.kit.web.csrf import CsrfReader
from aktenlauf.kit.web.health import Ready, health_routes
from aktenlauf.kit.web.i18n import LanguageSwitch
from aktenlauf.kit.web.observed import NoteRoute, Observed
from aktenlauf.kit.web.pages import KIT_FOLDER, Pages
from aktenlauf.kit.web.security import Guard
from aktenlauf.kit.web.shell import Shell
from aktenlauf.kit.web.stopping import RefuseUnfinished

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]
_STATIC_SECONDS = 300
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework's own would write paths, client addresses and messages of exceptions: `observed` does it without."""


def create_service_app(
    name: str,
    routers: Sequence[APIRouter],
    shell: Shell,
    lifespan: Lifespan | None = None,
    folder: Path | None = None,
    larger_bodies: Mapping[str, int] | None = None,
) -> FastAPI:
    """The app of a service: headers, CSRF, languages, problem answers, and a body of at most 1 MiB.

    `larger_bodies`: path prefix -> bytes where more is allowed. `folder` holds `templates/` and `locales/`, by
    default the service's package. OpenAPI at `/api/<name>/v1/openapi.json`, no docs page.
    """
    app = FastAPI(
        title=f"Aktenlauf {name}",
        openapi_url=f"/api/{name}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # the name of the method in a generated client
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
        redirect_slashes=False,  # its redirect would repeat the request's Host
        middleware=[
            Middleware(Observed, service=name),
            Middleware(Guard, shell=shell),
            Middleware(RefuseUnfinished, stopping=shell.stopping),
            Middleware(BodyLimit, larger=larger_bodies or {}),
            Middleware(CsrfReader, cookies=shell.cookies),
            Middleware(LanguageSwitch, cookies=shell.cookies),
            Middleware(NoteRoute),
        ],
    )
    app.state.shell = shell
    app.state.pages = Pages(folder or _package_folder(name))
    problems.install(app)
    for router in routers:
        app.include_router(router)
    app.openapi = cache(lambda: describe(app, shell.cookies))  # type: ignore[method-assign] # as FastAPI's docs do
    return app


def create_kit_app(shell: Shell, ready: Ready) -> FastAPI:
    """Static files and health, once per process whatever services it runs."""
    app = create_service_app("kit", [health_routes(ready)], shell, folder=KIT_FOLDER)
    app.mount("/static", static_files())
    return app


def static_files() -> ASGIApp:
    """What belongs below `/static`."""
    return GZipMiddleware(_Static(), minimum_size=1024)


class _Static(StaticFiles):
    """Our files beside the vendored packages, under one path: `/static/css/…`, `/static/kern/…`."""

    def __init__(self) -> None:
        super().__init__(directory=KIT_FOLDER / "static")
        self.all_directories = [KIT_FOLDER / "static", KIT_FOLDER / "static" / "vendor"]

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}"
        return response


def _package_folder(name: str) -> Path:
    package = import_module(f"aktenlauf.{name.replace('-', '_')}")
    return Path(str(package.__file__)).parent
