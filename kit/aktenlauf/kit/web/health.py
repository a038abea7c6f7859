"""Whether the process lives, whether it can serve, and its figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.web.access import anyone

ANSWER_SECONDS = 1.5
"""In which a database must tell that it is there: less than a health check waits."""
PROBE_SECONDS = 1.0
"""Between two questions to one part, however many ask for its health."""


@dataclass(frozen=True, slots=True)
class Health:
    """What `/readyz` tells."""

    parts: Mapping[str, bool]
    """Of each part that a command needs (own database, keyring) whether it answers. A missing broker is none."""
    stopped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of each service what stopped by an error, also where it can still serve: an operator must look."""


Ready = Callable[[], Awaitable[Health]]


class Probe:
    """Asks one part whether it answers: one question at a time, and at most one in PROBE_SECONDS."""

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        """`ask` raises Unavailable where the part does not answer."""
        self._ask = ask
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def answers(self) -> bool:
        """Whether it does, or did less than PROBE_SECONDS ago. False after ANSWER_SECONDS; the question goes on."""
        now = time.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked_at >= PROBE_SECONDS):
            self._asking, self._asked_at = asyncio.create_task(self._answer()), now
        asking = self._asking
        await asyncio.wait({asking}, timeout=ANSWER_SECONDS)
        return asking.done() and asking.result()

    async def _answer(self) -> bool:
        try:
            await self._ask()
        except Unavailable:
            return False
        return True


def health_routes(ready: Ready) -> APIRouter:
    """`/livez` answers 200 while the loop runs; `/readyz` and `/healthz` 200 once all parts answer, else 503."""
    router = APIRouter(include_in_schema=False, dependencies=[anyone])

    @router.get("/livez")
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    @router.get("/healthz")
    async def readyz() -> Response:
        health = await ready()
        good = all(health.parts.values())
        told = {"ready": good, "parts": dict(health.parts), "stopped": dict(health.stopped)}
        return JSONResponse(told, 200 if good else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        from aktenlauf.kit.exporting import figures  # 0.2 s that only who is measured needs

        content, media_type = figures()
        return Response(content, media_type=media_type)

    return router
