"""What passes in one process passes on the real servers, with two replicas of every service behind the proxy.

The operators' check, the run in a browser, and a replica that leaves. One module, so that they share one fleet.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from aktenlauf.cli.visitor import VisitFailed
from aktenlauf.kit.adapters.mongo import open_database
from aktenlauf.kit.testing.waiting import until

from .browser.whole_run import first_click_to_decision
from .course import document
from .faults.fleets import PATIENCE_SECONDS, Pause, People, people_of, smoke

if TYPE_CHECKING:
    from native.sets import Addresses

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]

ROUNDS = 2
LEAVES_SECONDS = 15
"""In which a process that was told to stop is gone, although somebody is still sending. Killed is it after 20."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory, servers: "Addresses") -> AsyncIterator[People]:
    async with people_of(tmp_path_factory.mktemp("two"), servers, replicas=2) as people:
        yield people


async def leader(people: People) -> str:
    """The replica of documents that follows the log now; empty where none does."""
    settings = people.fleet.settings()
    leases = open_database(settings["mongo"], f"{settings['mongo_prefix']}documents")["work_leases"]
    row = await leases.find_one({})
    return str(row["holder"]) if row else ""


async def test_the_operators_check_passes_again_and_again_whichever_replica_answers(people: People) -> None:
    for _ in range(ROUNDS):
        begun = asyncio.Event()
        first = asyncio.create_task(smoke(people.fleet.url, begun))
        await begun.wait()
        assert await asyncio.gather(first, smoke(people.fleet.url)) == ["", ""]
    served = [(people.fleet.folder / f"{name}.log").read_bytes().count(b'"serving"') for name in people.fleet.services]
    assert served == [1] * len(people.fleet.services)


@pytest.mark.asyncio(loop_scope="session")
async def test_an_application_from_the_first_click_to_the_decision(people: People, browser: Browser) -> None:
    await first_click_to_decision(browser, people.fleet.url, look=False)  # at the same pages in the embedded form


async def test_who_is_sending_a_file_to_a_replica_that_leaves_is_told_to_send_it_again(people: People) -> None:
    fleet = people.fleet
    j = await people.journey("amira", patience_seconds=0)
    await j.begin()
    await asyncio.to_thread(fleet.end_one, "documents-2")
    people.wire.pause = pause = Pause()
    uploading = asyncio.create_task(j.upload({"passport": document("Pass.pdf")}))
    await pause.half_sent.wait()
    await asyncio.to_thread(fleet.start_one, "documents-2")
    await until(lambda: _leads(people, "documents-1"), PATIENCE_SECONDS)
    async with asyncio.timeout(LEAVES_SECONDS):
        await asyncio.to_thread(fleet.end_one, "documents-1")
    pause.go_on.set()
    people.wire.pause = None
    with pytest.raises(VisitFailed) as failed:
        await uploading
    assert failed.value.status == 503
    assert [int(refusal.retry_after or 0) > 0 for refusal in people.wire.forms_refused] == [True]
    await until(lambda: _leads(people, "documents-2"), PATIENCE_SECONDS)
    assert await people.happened("documents", j.case) == []
    await j.upload({"passport": document("Pass.pdf")})
    assert (await people.happened("documents", j.case)).count("document-uploaded") == 1


async def _leads(people: People, name: str) -> bool:
    return await leader(people) == name
