"""One installation and one browser for all browser tests, and a case that has everything on its pages."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.visitor import Visitor
from aktenlauf.kit.testing import files
from aktenlauf.kit.testing.browser import find_browser

from ..installed import Running, installation
from .person import AXE

PEOPLE = (("", "pruefling"), ("/amt", "pruefung"), ("/amt", "freigabe"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip loudly where there is no browser."""
    for item in [item for item in items if "tests/browser/" in item.path.as_posix()]:
        if find_browser() is None:
            item.add_marker(pytest.mark.skip(reason="NOT TESTED in a browser: there is no Chromium, `make browser`"))
        elif not AXE.exists():
            item.add_marker(pytest.mark.skip(reason="NOT TESTED in a browser: axe-core is missing, `make setup`"))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installation(tmp_path_factory.mktemp("browser") / "var") as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield launched
        await launched.close()


async def by_visitors(running: Running, case: str = "") -> Journey:
    """The people of a case without a browser, for the steps that are not looked at."""
    people = [Visitor(running.url) for _ in PEOPLE]
    await asyncio.gather(*(visitor.sign_in(*who) for visitor, who in zip(people, PEOPLE, strict=True)))
    journey = Journey(*people, ANSWERS)
    journey.case = case
    return journey


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def case(running: Running) -> str:
    """A case in which a document is asked for, with a letter in the mailbox and looks recorded."""
    journey = await by_visitors(running)
    await journey.begin()
    await journey.answer_questions()
    await journey.upload({"passport": ("Pass.pdf", files.pdf(2), "application/pdf")})
    await journey.submit()
    await journey.in_worklist()
    await journey.take()
    await journey.request_evidence(["health_insurance"])
    await journey.message("reichen")
    return journey.case
