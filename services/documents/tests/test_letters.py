"""Links to letters, opened sooner than documents has heard of the letter."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.intake import (
    ApplicationContent,
    ApplicationSubmitted,
    Message,
    MessageDelivered,
    ReceiptIssued,
)
from aktenlauf.contracts.review import DecisionIssued
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.documents.service import definition
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.identity import Person
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.testing import files as made
from aktenlauf.kit.testing.alone import Stand, alone
from aktenlauf.kit.web.told import PARAMETER, linked

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
AMIRA = Person(subject="amira", name="Amira Haddad", roles=frozenset({"applicant"}))
LINH = Person(subject="linh", name="Linh Nguyễn", roles=frozenset({"applicant"}))
KELLER = Person(subject="keller", name="S. Keller", roles=frozenset({"caseworker"}), office="erlenbruck")
HUBER = Person(subject="huber", name="F. Huber", roles=frozenset({"caseworker"}), office="lindenried")
OWN, OFFICE = "/nachweise/c-1/notice-1", "/amt/nachweise/c-1/notice-1"
DECIDED = {"review/case/c-1": 1}
Happened = tuple[str, str, Event]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield stand


async def course(stand: Stand) -> list[Happened]:
    """What the others publish of a case with a decision: (service, stream, event)."""
    file = await keep_file(stand.service.ports.blobs, made.pdf(1), "Bescheid.pdf", "application/pdf")
    submitted = ApplicationSubmitted(
        number="AL-1",
        service="study_extension",
        catalogue_version=1,
        application="extension",
        office="erlenbruck",
        party=await party_of(stand.service.ports.keyring, AMIRA.subject),
        digest="0" * 64,
        sealed=Sealed.of(ApplicationContent(answers={}, name="Haddad, Amira", salt="s")),
    )
    decided = DecisionIssued(
        decision="d-1",
        outcome="granted",
        document=DocumentRef(document="notice-1", kind="notice"),
        blobs=[file.blob],
        announcement_rule="r",
        remedy_until=date(2026, 12, 24),
        sealed=Sealed.of(SealedFile(file=file)),
    )
    delivered = MessageDelivered(message="m-1", about="notice", sealed=Sealed.of(Message(subject="Neu", text="Text")))
    return [
        ("intake", "intake/application/c-1", submitted),
        ("review", "review/case/c-1", decided),
        ("intake", "intake/mailbox/c-1", delivered),
    ]


async def hear(stand: Stand, happened: Sequence[Happened]) -> None:
    for service, stream, event in happened:
        await stand.happened(service, event, stream=stream, case="c-1")
        await stand.settled()


def link_of(stand: Stand, path: str, told: dict[str, int]) -> str:
    """The link as another service of the same installation shows it."""
    return linked(Request({"type": "http", "app": stand.app}), path, told)


async def opened_before(stand: Stand, browser: httpx.AsyncClient, link: str, late: Sequence[Happened]) -> int:
    """Status of a request that arrives before `late` does, and does not end before."""
    request = asyncio.create_task(browser.get(link))
    for happened in late:
        await stand.settled()
        assert not request.done()
        await hear(stand, [happened])
    return (await request).status_code


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
async def test_a_letter_that_is_not_heard_of_yet_is_waited_for_whatever_comes_first(
    stand: Stand, order: tuple[int, ...]
) -> None:
    happened, browser = await course(stand), await stand.browser("public", AMIRA)
    told = {**DECIDED, "intake/application/c-1": 1, "intake/mailbox/c-1": 1}
    late = [happened[place] for place in order]
    assert await opened_before(stand, browser, link_of(stand, OWN, told), late) == 200


async def test_a_receipt_is_there_for_whom_nothing_was_uploaded_before(stand: Stand) -> None:
    submitted, decided, _ = await course(stand)
    assert isinstance(decided[2], DecisionIssued)
    receipt = ReceiptIssued(document=decided[2].document, blobs=decided[2].blobs, sealed=decided[2].sealed)
    link = link_of(stand, OWN, {"intake/application/c-1": 2})
    late = [submitted, ("intake", "intake/application/c-1", receipt)]
    assert await opened_before(stand, await stand.browser("public", AMIRA), link, late) == 200


async def test_the_office_waits_for_a_letter_as_well(stand: Stand) -> None:
    submitted, decided, _ = await course(stand)
    await hear(stand, [submitted])
    browser = await stand.browser("office", KELLER)
    assert await opened_before(stand, browser, link_of(stand, OFFICE, DECIDED), [decided]) == 200


async def test_a_link_gives_nobody_a_right(stand: Stand) -> None:
    await hear(stand, await course(stand))
    assert (await (await stand.browser("public", LINH)).get(link_of(stand, OWN, DECIDED))).status_code == 404
    assert (await (await stand.browser("office", HUBER)).get(link_of(stand, OFFICE, DECIDED))).status_code == 404


async def test_a_link_that_is_not_ours_is_answered_as_if_it_carried_nothing(stand: Stand) -> None:
    submitted, decided, _ = await course(stand)
    await hear(stand, [submitted])
    browser = await stand.browser("public", AMIRA)
    ours = link_of(stand, OWN, DECIDED)
    later, odd = ours.replace("@1", "@2"), f"{OWN}?{PARAMETER}=review/case/c-1@1~ü"
    for link in (OWN, later, odd, f"{OWN}?{PARAMETER}=~", ours[:-1]):
        assert (await browser.get(link)).status_code == 404
    await hear(stand, [decided])
    for link in (OWN, later, odd, ours):
        assert (await browser.get(link)).status_code == 200
