"""One installation for all browser tests, and a case that has everything on its pages."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from aktenlauf.kit.testing import files

from ..installed import Running, installation
from .others import by_visitors


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installation(tmp_path_factory.mktemp("browser") / "var") as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def case(running: Running) -> str:
    """A case in which a document is asked for, with a letter in the mailbox and looks recorded."""
    journey = await by_visitors(running.url)
    await journey.begin()
    await journey.answer_questions()
    await journey.upload({"passport": ("Pass.pdf", files.pdf(2), "application/pdf")})
    await journey.submit()
    await journey.in_worklist()
    await journey.take()
    await journey.request_evidence(["health_insurance"])
    await journey.message("reichen")
    return journey.case
