"""What passes in one process passes in five on the real servers: the operators' check, and the run in a browser.

Both in one module, so that they share one fleet.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from .browser.whole_run import first_click_to_decision
from .test_smoke import smoke

if TYPE_CHECKING:
    from native.fleet import Fleet
    from native.sets import Addresses

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def fleet(servers: "Addresses", tmp_path_factory: pytest.TempPathFactory) -> Iterator["Fleet"]:
    from native.fleet import Fleet

    made = Fleet(tmp_path_factory.mktemp("distributed"), servers, f"forms{uuid4().hex[:8]}")
    made.start()
    yield made
    made.stop()


def test_the_operators_check_passes(fleet: "Fleet") -> None:
    finished = smoke(fleet.url)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "All steps passed" in finished.stdout


def test_it_can_be_repeated_on_the_same_installation(fleet: "Fleet") -> None:
    finished = smoke(fleet.url)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.asyncio(loop_scope="session")
async def test_an_application_from_the_first_click_to_the_decision(fleet: "Fleet", browser: Browser) -> None:
    await first_click_to_decision(browser, fleet.url)
