"""Each request as the beginning of a trace and as a figure: by the template of its route, never by its path."""

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from aktenlauf.kit.telemetry import REQUEST_SECONDS, SpanKind, step

_NOTED = "aktenlauf.noted"
_UNKNOWN = "none"
"""Route of a request that none fits."""


class Observed:
    """ASGI middleware of the app of `service`. What a client says about traces is not believed."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, noted = 500, dict[str, str]()
        began = time.perf_counter()

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with step(scope["method"], kind=SpanKind.SERVER) as span:
            try:
                await self.app({**scope, _NOTED: noted}, receive, sending)
            finally:
                route = noted.get("route", _UNKNOWN)
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.response.status_code", status)
                labels = {"service": self._service, "method": scope["method"], "route": route}
                REQUEST_SECONDS.record(time.perf_counter() - began, {**labels, "status": f"{status // 100}xx"})


class NoteRoute:
    """Innermost ASGI middleware: tells `Observed` the route, which the router writes into its copy of the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if (path := getattr(scope.get("route"), "path", None)) and _NOTED in scope:
                scope[_NOTED]["route"] = path
