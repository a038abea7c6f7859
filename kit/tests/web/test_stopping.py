"""A process that stops answers what is under way, and tells who is still sending to come again."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from aktenlauf.kit.web.app import create_service_app
from aktenlauf.kit.web.shell import Shell


@pytest.fixture
def shell(installation: Any) -> Shell:
    return installation.shell


class Sender:
    """A browser that has sent the first part of a body, and waits."""

    def __init__(self, app: Any) -> None:
        self.begun, self.rest = asyncio.Event(), asyncio.Event()
        self.answers: list[Any] = []
        headers = [
            (b"host", urlsplit(app.state.shell.settings.base_url).netloc.encode()),
            (b"content-length", b"6"),
            (b"accept", b"text/html"),
        ]
        scope = {"type": "http", "method": "POST", "path": "/antrag", "raw_path": b"/antrag", "query_string": b"",
                 "headers": headers, "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
                 "http_version": "1.1", "root_path": "", "state": {}}  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        if not self.begun.is_set():
            self.begun.set()
            return {"type": "http.request", "body": b"abc", "more_body": True}
        await self.rest.wait()
        return {"type": "http.request", "body": b"def", "more_body": False}

    async def _send(self, message: Any) -> None:
        self.answers.append(message)

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.answers[0]["headers"]}


def app_of(shell: Shell, done: list[bytes], working: asyncio.Event | None = None) -> Any:
    """Takes a body, works on it, and notes it."""

    async def take(request: Request) -> PlainTextResponse:
        body = await request.body()
        if working is not None:
            await working.wait()
        done.append(body)
        return PlainTextResponse("done")

    app = create_service_app("intake", [], shell)
    app.router.routes.append(Route("/antrag", take, methods=["POST"]))
    return app


async def test_an_upload_that_is_still_coming_is_refused_with_503_and_nothing_of_it_is_done(shell: Shell) -> None:
    done: list[bytes] = []
    sender = Sender(app_of(shell, done))
    await asyncio.wait_for(sender.begun.wait(), 5)
    shell.stopping.begin()
    await asyncio.wait_for(sender.task, 5)
    assert (sender.status, sender.headers["retry-after"], done) == (503, "2", [])
    assert "content-security-policy" in sender.headers


async def test_a_request_whose_body_is_whole_is_finished(shell: Shell) -> None:
    done: list[bytes] = []
    working = asyncio.Event()
    sender = Sender(app_of(shell, done, working))
    sender.rest.set()
    async with asyncio.timeout(5):
        while shell.stopping.sending or not sender.begun.is_set():
            await asyncio.sleep(0)
    shell.stopping.begin()
    working.set()
    await asyncio.wait_for(sender.task, 5)
    assert (sender.status, done) == (200, [b"abcdef"])


async def test_a_body_that_begins_after_the_order_to_stop_is_refused_at_once(shell: Shell) -> None:
    done: list[bytes] = []
    shell.stopping.begin()
    sender = Sender(app_of(shell, done))
    await asyncio.wait_for(sender.task, 5)
    assert (sender.status, done) == (503, [])
