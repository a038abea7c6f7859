"""One browser for all tests that look at pages, and what happens where there is none."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from aktenlauf.kit.testing.browser import find_browser

from .browser.person import AXE


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
