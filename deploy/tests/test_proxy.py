"""The small proxy does what the site map says, streams, and passes over replicas that are gone."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aktenlauf.cli.proxy import proxy_app
from aktenlauf.cli.serve_proxy import parse_targets
from aktenlauf.kit.settings import WrongSetting


class Replica:
    """A service that tells what it was asked."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, list[str]()
        self.told: list[tuple[str, str]] = []
        """What it was told about where a request came from."""

    async def __call__(self, scope: dict, receive: object, send: object) -> None:
        request = Request(scope, receive)
        self.asked.append(f"{request.method} {scope['raw_path'].decode()}?{scope['query_string'].decode()}")
        self.told += [(name, value) for name, value in request.headers.items() if name.startswith("x-forwarded-")]
        size = sum([len(chunk) async for chunk in request.stream()])
        response: Response = PlainTextResponse(f"{self.name} {request.headers['host']} {size}")
        response.set_cookie("one", "1")
        response.set_cookie("two", "2")
        await response(scope, receive, send)


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's own stay."""


@asynccontextmanager
async def served(app: object) -> AsyncIterator[str]:
    """On a port of loopback, as long as the block."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = _Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@asynccontextmanager
async def through(targets: dict[str, list[str]]) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks the proxy."""
    app = proxy_app(targets)
    async with app.router.lifespan_context(app):
        yield httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://portal.example")


async def test_the_longest_prefix_names_the_service_and_path_query_and_host_stay() -> None:
    intake, review, scheduling = Replica("intake"), Replica("review"), Replica("scheduling")
    async with served(intake) as a, served(review) as b, served(scheduling) as c:
        async with through({"intake": [a], "review": [b], "scheduling": [c]}) as client:
            answer = await client.get("/amt/termine/heute%2Fab?von=1&von=2")
            assert answer.text == "scheduling portal.example 0"
            assert scheduling.asked == ["GET /amt/termine/heute%2Fab?von=1&von=2"]
            assert (await client.get("/amt")).text.startswith("review")
            assert (await client.get("/amtlich")).text.startswith("intake")
            assert answer.headers.get_list("set-cookie") == [
                "one=1; Path=/; SameSite=lax",
                "two=2; Path=/; SameSite=lax",
            ]


async def test_a_body_of_several_megabytes_goes_through_whole() -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    async with served(Replica("intake")) as a, through({"intake": [a]}) as client:
        assert (await client.post("/antrag", content=body())).text == "intake portal.example 4000000"


async def test_replicas_take_turns_and_one_that_is_gone_is_passed_over() -> None:
    one, two = Replica("one"), Replica("two")
    async with served(one) as a, served(two) as b, through({"intake": [a, b, closed_port()]}) as client:
        for _ in range(12):
            assert (await client.get("/")).status_code == 200
    assert len(one.asked) + len(two.asked) == 12
    assert min(len(one.asked), len(two.asked)) >= 3


async def test_where_no_replica_answers_it_says_503_and_when_to_come_again() -> None:
    async with through({"intake": [closed_port()]}) as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_figures_are_not_shown_outside() -> None:
    async with served(Replica("intake")) as a, through({"intake": [a]}) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 404


@pytest.mark.parametrize("path", ["/antrag/../metrics", "/antrag/%2e%2e/metrics", "/./metrics"])
async def test_no_way_round_leads_to_what_is_not_shown_outside(path: str) -> None:
    intake = Replica("intake")
    async with served(intake) as a:
        app = proxy_app({"intake": [a]})
        async with app.router.lifespan_context(app), served(app) as door:
            # not by a client of ours: each would resolve the path itself
            reader, writer = await asyncio.open_connection("127.0.0.1", int(door.rsplit(":", 1)[1]))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
    assert answer.startswith(b"HTTP/1.1 404")
    assert intake.asked == []


async def test_what_a_client_claims_about_its_address_is_not_passed_on() -> None:
    intake = Replica("intake")
    async with served(intake) as a, through({"intake": [a]}) as client:
        await client.get("/", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    assert sorted(intake.told) == [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http")]


async def test_a_service_that_is_not_behind_it_is_not_found() -> None:
    async with through({"intake": [closed_port()]}) as client:
        assert (await client.get("/amt")).status_code == 404


@pytest.mark.parametrize("target", ["intake", "=http://a", "intake=ftp://a", "intake=http://"])
def test_a_target_that_is_none_is_named(target: str) -> None:
    with pytest.raises(WrongSetting, match="NAME=URL"):
        parse_targets([target])
