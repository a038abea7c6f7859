"""What tests share: one browser for all that look at pages, and one undisturbed run for all that disturb another."""

import os
import pickle
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from filelock import FileLock
from playwright.async_api import Browser, async_playwright

from aktenlauf.kit.testing.browser import find_browser

from .browser.person import AXE
from .crowd import Left, undisturbed_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip loudly where there is no browser."""
    for item in [item for item in items if "browser" in getattr(item, "fixturenames", ())]:
        if find_browser() is None:
            item.add_marker(pytest.mark.skip(reason="NOT TESTED in a browser: there is no Chromium, `make browser`"))
        elif not AXE.exists():
            item.add_marker(pytest.mark.skip(reason="NOT TESTED in a browser: axe-core is missing, `make setup`"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """The run of `crowd` that nobody disturbs, once for all processes of a run of the tests."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = shared / "undisturbed.pickle"
    with FileLock(shared / "undisturbed.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(await undisturbed_in(shared / "undisturbed")))
        left: Left = pickle.loads(kept.read_bytes())
    return left
