"""A server that dies and comes back: what needs it is refused meanwhile, nothing is half done, and nobody restarts.

The tests build on one another: the same fleet lives through the loss of each server, and goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import VisitFailed
from aktenlauf.kit.testing.waiting import until

from ..course import document
from .fleets import PATIENCE_SECONDS, People, people_of, smoke, until_said

if TYPE_CHECKING:
    from native.sets import ServerSet

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory, server_set: "ServerSet") -> AsyncIterator[People]:
    async with people_of(tmp_path_factory.mktemp("gone"), server_set.addresses()) as people:
        yield people


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pids(people: People) -> dict[str, int]:
    """Of the services as they were before anything died."""
    return people.pids()


async def draft(people: People, person: str, patience_seconds: float = PATIENCE_SECONDS) -> Journey:
    """A journey up to a form that is filled in."""
    j = await people.journey(person, patience_seconds=patience_seconds)
    await j.begin()
    await j.answer_questions()
    return j


async def test_without_the_database_commands_are_refused_and_each_is_done_once_when_it_is_back(
    people: People, pids: dict[str, int], server_set: "ServerSet"
) -> None:
    journeys = [await draft(people, person) for person in ("amira", "linh", "mateo")]
    people.wire.posted.clear()
    submitting = [asyncio.create_task(j.submit()) for j in journeys]
    await people.wire.posted.wait()
    await asyncio.to_thread(server_set.kill, "mongo")
    await until(lambda: _is(len(people.wire.forms_refused) > 0), 40)
    with pytest.raises(VisitFailed) as failed:
        await people.visitor().sign_in("", "pruefling")
    assert failed.value.status == 503
    assert not await asyncio.to_thread(people.fleet.answers, "intake-1")
    await asyncio.to_thread(server_set.start_again, "mongo")
    await asyncio.gather(*submitting)
    for refusal in people.wire.refusals:
        assert int(refusal.retry_after or 0) > 0, refusal
        assert "<h1" in refusal.body, refusal
    for j in journeys:
        await j.in_worklist()
        assert (await people.happened("intake", j.case)).count("application-submitted") == 1
        assert (await people.happened("review", j.case)).count("case-opened") == 1


async def test_without_the_broker_commands_go_on_and_are_heard_when_it_is_back(
    people: People, pids: dict[str, int], server_set: "ServerSet"
) -> None:
    await asyncio.to_thread(server_set.kill, "kafka")
    j = await draft(people, "pruefling", patience_seconds=0)
    timed_out = asyncio.create_task(
        until_said(people.fleet, "intake-1", lambda said: said.count(b'"what": "publishing"') > 1, 90)
    )
    await j.upload({"passport": document("Pass.pdf")})
    await j.submit()
    assert j.number in (await j.applicant.open(f"/antrag/{j.case}")).text
    await timed_out  # the producer gave up, and so did a new one
    assert j.case not in (await j.caseworker.open("/amt")).text
    await asyncio.to_thread(server_set.start_again, "kafka")
    await j.in_worklist()
    await j.message("eingegangen")
    await until(people.all_heard, PATIENCE_SECONDS)
    assert "supplement-filed" in await people.happened("intake", j.case)  # what was uploaded meanwhile


async def test_without_the_object_store_uploads_alone_are_refused_and_leave_nothing(
    people: People, pids: dict[str, int], server_set: "ServerSet"
) -> None:
    uploading, submitting = await draft(people, "amira", 0), await draft(people, "linh", 0)
    await asyncio.to_thread(server_set.kill, "s3")
    people.wire.refusals.clear()
    with pytest.raises(VisitFailed) as failed:
        await uploading.upload({"passport": document("Mappe17.pdf")})
    assert failed.value.status == 503
    assert [int(refusal.retry_after or 0) > 0 for refusal in people.wire.refusals] == [True]
    assert "Mappe17" not in (await uploading.applicant.open(f"/nachweise/{uploading.case}")).text
    assert await people.happened("documents", uploading.case) == []
    await submitting.submit()
    await submitting.in_worklist()
    assert len(people.wire.refusals) == 1
    await asyncio.to_thread(server_set.start_again, "s3")
    assert "Mappe17" in (await uploading.upload({"passport": document("Mappe17.pdf")})).text
    assert (await people.happened("documents", uploading.case)).count("document-uploaded") == 1
    await submitting.receipt_pdf()


async def test_what_no_scanner_has_looked_at_is_taken_but_not_called_clean_and_scanned_when_it_is_back(
    people: People, pids: dict[str, int], server_set: "ServerSet"
) -> None:
    if "clamd" not in server_set.servers:
        pytest.skip("needs the servers: no clamd on this machine")
    j = await draft(people, "mateo")
    await asyncio.to_thread(server_set.kill, "clamd")
    tried = asyncio.create_task(
        until_said(people.fleet, "documents-1", lambda said: said.count(b'"what": "look-through"') > 0)
    )
    await j.upload({"passport": document("Pass.pdf")})
    await tried
    assert await people.happened("documents", j.case) == ["document-uploaded"]
    await asyncio.to_thread(server_set.start_again, "clamd")

    async def checked() -> bool:
        return "document-checked" in await people.happened("documents", j.case)

    await until(checked, PATIENCE_SECONDS)
    scans = [r for r in await people.records("documents") if r.meta.subject == j.case and "scanned" in r.meta.type]
    assert [(scan.data["clean"], scan.data["scanner"].split()[0]) for scan in scans] == [(True, "clamav")]


async def test_all_services_went_on_by_themselves(people: People, pids: dict[str, int]) -> None:
    assert await smoke(people.fleet.url) == ""
    assert people.pids() == pids


async def _is(value: Any) -> bool:
    return bool(value)
