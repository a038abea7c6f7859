"""`aktenlauf proxy`: a small reverse proxy by the site map, for native runs and tests.

It does what `proxy_config` tells a real one to do: the longest prefix names the service, the path and the Host stay,
bodies are streamed both ways. Replicas take turns; one that refuses the connection is passed over for a moment.
"""

import itertools
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from aktenlauf.contracts.site import owner

DOWN_SECONDS = 1.0
"""How long a replica that refused a connection is asked last."""
NOT_OUTSIDE = frozenset({"/metrics"})
"""What is for operators alone."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "proxy-connection"}
)
"""source: RFC 9110 section 7.6.1."""
_OURS_TO_SAY = frozenset({"x-forwarded-for", "x-forwarded-proto"})
"""Not added to what the client claims: here is the first machine that we trust."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Replicas:
    """The addresses of one service, in turn."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._turn = itertools.count()
        self._down: dict[str, float] = {}

    def in_turn(self) -> Iterator[str]:
        """All of them, each once: those that answered lately first."""
        start = next(self._turn) % len(self._urls)
        turn = [*self._urls[start:], *self._urls[:start]]
        now = time.monotonic()
        yield from sorted(turn, key=lambda url: now - self._down.get(url, -DOWN_SECONDS) < DOWN_SECONDS)

    def refused(self, url: str) -> None:
        """This one did not take the connection."""
        self._down[url] = time.monotonic()


def proxy_app(targets: Mapping[str, Sequence[str]]) -> Starlette:
    """ASGI app. `targets`: service -> base URLs of its replicas; what belongs to the kit goes to any of them."""
    replicas = {service: Replicas(urls) for service, urls in targets.items()}
    replicas.setdefault(
        "kit", Replicas([url for service, urls in targets.items() if service != "demo" for url in urls])
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        async with httpx.AsyncClient(timeout=httpx.Timeout(60, connect=2), limits=limits) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        path = request.url.path
        found = replicas.get(owner(path).service) if path not in NOT_OUTSIDE and not _climbs(path) else None
        if found is None:
            return PlainTextResponse("404\n", 404)
        for url in found.in_turn():
            try:
                return await _ask(request.app.state.client, url, request)
            except httpx.ConnectError:  # nothing was sent yet
                found.refused(url)
            except httpx.HTTPError:
                break  # the answer is lost: only whoever asked can know whether to ask again
        return PlainTextResponse("503\n", 503, {"Retry-After": "2"})

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)], lifespan=lifespan)


def _climbs(path: str) -> bool:
    """Whether it is another path to httpx, which resolves `/antrag/../metrics` before it asks. No browser sends one."""
    return not {".", ".."}.isdisjoint(path.split("/"))


async def _ask(client: httpx.AsyncClient, url: str, request: Request) -> Response:
    address = httpx.URL(url).copy_with(raw_path=request.scope["raw_path"] + _query(request))
    headers = [(name, value) for name, value in request.headers.raw if name.decode() not in _HOP_BY_HOP | _OURS_TO_SAY]
    headers.append((b"x-forwarded-for", (request.client.host if request.client else "").encode()))
    headers.append((b"x-forwarded-proto", request.url.scheme.encode()))
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    asked = client.build_request(
        request.method, address, headers=headers, content=request.stream() if has_body else None
    )
    answer = await client.send(asked, stream=True)
    passed = StreamingResponse(_content(answer), answer.status_code)
    passed.raw_headers = [(n.lower(), v) for n, v in answer.headers.raw if n.lower().decode() not in _HOP_BY_HOP]
    return passed


async def _content(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def _query(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    return b"?" + query if query else b""
