"""Several apps behind one port, composed by the site map, as the proxy does where each runs alone."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from aktenlauf.contracts.site import owner


class Dispatcher:
    """ASGI app. `apps` by the service's name in the site map.

    The longest prefix decides, the path stays as it is. All lifespans run in one stack: started in the given
    order, ended in reverse; if one fails to start, those before it are ended and the start fails.
    """

    def __init__(self, apps: Mapping[str, Starlette]) -> None:
        self.apps = dict(apps)
        self._states: dict[str, dict[str, Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        service = owner(path).service if path.startswith("/") else ""
        app = self.apps.get(service)
        if app is None:
            await PlainTextResponse("404\n", 404)(scope, receive, send)
            return
        await app({**scope, "state": dict(self._states.get(service, {}))}, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        phase = "startup"
        try:
            async with AsyncExitStack() as stack:
                for name, app in self.apps.items():
                    state = await stack.enter_async_context(app.router.lifespan_context(app))
                    self._states[name] = dict(state or {})
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
        except Exception as error:
            # the server prints this and stops; the traceback goes on to its log
            await send({"type": f"lifespan.{phase}.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": "lifespan.shutdown.complete"})
