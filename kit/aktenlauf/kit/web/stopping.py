"""When a process that serves ends, whoever is still sending a body is told to send it again, to another replica.

Nothing of such a request has been done: commands run when the body is whole. All other requests are finished.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.stopping import Stopping
from aktenlauf.kit.web.problems import problem, respond

_AGAIN = {"Retry-After": "2", "Connection": "close"}


class RefuseUnfinished:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self.app, self._stopping = app, stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        answering = False

        async def reading() -> Message:
            message = await receive()
            if not message.get("more_body", False):
                self._stopping.leave(task)
            return message

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal answering
            answering = True
            await send(message)

        self._stopping.enter(task)
        try:
            await self.app(scope, reading, sending)
        except asyncio.CancelledError:
            if not self._stopping.begun or answering:
                raise
            task.uncancel()
            refused = respond(Request(scope, receive), problem(503, Code.UNAVAILABLE, headers=_AGAIN))
            await refused(scope, receive, send)
        finally:
            self._stopping.leave(task)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
