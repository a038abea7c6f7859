"""Whether the process lives, whether it can serve, and its figures."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aktenlauf.kit.web.access import anyone

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
"""Tells of each part that a command needs (own database, keyring) whether it answers. A missing broker is none."""


def health_routes(ready: Ready) -> APIRouter:
    """`/livez` answers 200 while the loop runs; `/readyz` and `/healthz` 200 once all parts answer, else 503."""
    router = APIRouter(include_in_schema=False, dependencies=[anyone])

    @router.get("/livez")
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    @router.get("/healthz")
    async def readyz() -> Response:
        parts = dict(await ready())
        good = all(parts.values())
        return JSONResponse({"ready": good, "parts": parts}, 200 if good else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        from aktenlauf.kit.exporting import figures  # 0.2 s that only who is measured needs

        content, media_type = figures()
        return Response(content, media_type=media_type)

    return router
