"""Several apps as one, by the site map."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from aktenlauf.kit.web.dispatch import Dispatcher

from .conftest import Installation


class Server:
    """Speaks the lifespan protocol as a server does."""

    def __init__(self, app: Dispatcher) -> None:
        self.app = app
        self.sent: list[dict[str, Any]] = []
        self.asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def run(self) -> list[str]:
        async def receive() -> dict[str, Any]:
            return {"type": next(self.asked)}

        async def send(message: dict[str, Any]) -> None:
            self.sent.append(message)

        await self.app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        return [message["type"] for message in self.sent]


async def test_all_lifespans_start_in_order_and_end_in_reverse(installation: Installation) -> None:
    told = await Server(installation.app).run()
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert installation.log == ["start intake", "start review", "stop review", "stop intake"]


async def test_a_request_sees_the_state_of_its_own_app(installation: Installation) -> None:
    await Server(installation.app).run()
    assert (await installation.browser().get("/hilfe/dienst")).json() == "intake"


async def test_if_one_app_does_not_start_those_before_it_are_ended(installation: Installation) -> None:
    @asynccontextmanager
    async def broken(_: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("disk full")
        yield

    server = Server(Dispatcher({"intake": installation.public, "review": Starlette(lifespan=broken)}))
    with pytest.raises(RuntimeError, match="disk full"):
        await server.run()
    assert server.sent == [{"type": "lifespan.startup.failed", "message": "RuntimeError: disk full"}]
    assert installation.log == ["start intake", "stop intake"]


@pytest.mark.parametrize(
    "path,status",
    [("/hilfe", 200), ("/amt", 303), ("/amtlich", 404), ("/livez", 200), ("/termin/x", 404)],
)
async def test_the_longest_prefix_decides_and_a_missing_service_is_404(
    installation: Installation, path: str, status: int
) -> None:
    assert (await installation.browser().get(path)).status_code == status


async def test_openapi_is_served_and_a_docs_page_is_not(installation: Installation) -> None:
    browser = installation.browser()
    described = (await browser.get("/api/intake/v1/openapi.json")).json()
    assert "/api/intake/v1/wishes" in described["paths"]
    assert (await browser.get("/api/intake/v1/docs")).status_code == 404
