"""An erased case stays erased, whatever was under way, and is certified only when it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from aktenlauf.contracts.common import ErasureOrdered, PersonalDataErased
from aktenlauf.contracts.envelope import Event, parse, stamp
from aktenlauf.kit import erasure
from aktenlauf.kit.adapters.folder_blobs import FolderBlobs
from aktenlauf.kit.adapters.folder_mailer import FolderMailer
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.erasure import CERTIFY_AFTER, OrderErasure, is_ordered, stored_blobs
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.mailer import Mail
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.tail import ClockTail
from aktenlauf.kit.testing.blobs_suite import NAME, chunks, content
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, unstamped
from aktenlauf.kit.testing.toy import toy, toy_ports
from aktenlauf.kit.testing.waiting import until


class Stored(Event):
    """An object was put into storage."""

    blobs: list[str]


OWNER = cast(str, Stored.owner)


class Store(Command):
    stream = f"{OWNER}/file/{{case}}"
    case: str
    blob: str


FILE: Decider[None] = Decider(
    lambda: None, lambda command, _: [Stored(blobs=[command.blob])], lambda _, event: None, lambda _: ((), ())
)
stored = stored_blobs("stored", Stored)
reactions = Reactions("reactions")
erasure.register(reactions, stored)
DEFINITION = Definition(
    OWNER,
    frozenset({"review"}),
    {Store: FILE, **erasure.DECIDERS},
    [stored, erasure.erasures_due],
    [reactions],
    cast(Any, None),
)
GIVEN: dict[str, Any] = {"at": NOON, "actor": "1", "scope": System("test"), "case": "1"}
ORDER = OrderErasure(**GIVEN, id="order", service=OWNER, keys=("case/1",), reason="request")


class SetClock:
    """A clock that stands until a test moves it."""

    now = NOON

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def ports(tmp_path: Path, clock: SetClock) -> AsyncIterator[Ports]:
    async with toy_ports(tmp_path, lambda _: PermutingBus(Topics(), OWNER, 0), clock=clock) as ports:
        blobs, mailer = FolderBlobs(tmp_path / "blobs"), FolderMailer(tmp_path / "mail", "a@example.org")
        yield replace(ports, service=OWNER, blobs=blobs, mailer=mailer)


@pytest.fixture
async def service(ports: Ports) -> AsyncIterator[Service]:
    async with toy(ports, DEFINITION) as service:
        yield service


async def ordered_elsewhere(service: Service) -> None:
    """Review orders it."""
    event = ErasureOrdered(reason="retention", keys=["case/1"], certify_at=NOON)
    await service.ports.log.hear([stamp(unstamped(event, "review/erasure/1"), 1)])


async def certificates(service: Service) -> list[datetime]:
    """The times of the certificates."""
    records = [parse(s.record) for s in await service.ports.log.read(f"{OWNER}/erasure/1")]
    return [record.meta.at for record in records if isinstance(record.event, PersonalDataErased)]


async def test_what_is_stored_while_its_case_is_erased_is_deleted_as_soon_as_it_is_known(service: Service) -> None:
    await ordered_elsewhere(service)
    await until(service.settled)
    blobs = service.ports.blobs
    await blobs.put(NAME, chunks(b"late"))
    await service.run(Store(**GIVEN, id="late", blob=NAME))
    await until(service.settled)
    with pytest.raises(NotFound):
        await content(blobs, NAME)


async def test_what_is_stored_in_another_case_stays(service: Service) -> None:
    await ordered_elsewhere(service)
    await service.ports.blobs.put(NAME, chunks(b"kept"))
    await service.run(Store(**{**GIVEN, "case": "2"}, id="c", blob=NAME))
    await until(service.settled)
    assert await content(service.ports.blobs, NAME) == b"kept"


async def test_whoever_sent_mails_clears_them_whoever_ordered_it(service: Service, tmp_path: Path) -> None:
    await service.ports.mailer.send(Mail("m-1", "a@example.org", "s", "t"), "1")
    await ordered_elsewhere(service)
    await until(service.settled)
    assert list((tmp_path / "mail").iterdir()) == []


async def test_an_order_is_known_as_soon_as_it_is_heard(service: Service) -> None:
    assert not await is_ordered(service, "1")
    await ordered_elsewhere(service)
    assert await is_ordered(service, "1")
    assert not await is_ordered(service, "2")


async def is_certified(service: Service) -> bool:
    return bool(await certificates(service))


async def test_it_is_certified_once_no_cache_can_hold_the_key(service: Service, clock: SetClock) -> None:
    await service.ports.keyring.create("case/1")
    await service.run(ORDER)
    await until(service.settled)
    assert await certificates(service) == []
    clock.now += CERTIFY_AFTER + timedelta(seconds=1)
    await until(lambda: is_certified(service))
    assert await certificates(service) == [NOON + CERTIFY_AFTER]


async def test_an_order_that_had_to_wait_is_certified_from_when_the_key_was_destroyed(
    service: Service, clock: SetClock
) -> None:
    await service.ports.keyring.create("case/1")
    await service.run(ORDER.model_copy(update={"at": NOON - timedelta(hours=1)}))
    await until(service.settled)
    clock.now += CERTIFY_AFTER - timedelta(seconds=1)
    await nothing_falls_due(service)
    clock.now += timedelta(seconds=2)
    await until(lambda: is_certified(service))
    assert await certificates(service) == [NOON + CERTIFY_AFTER]


async def nothing_falls_due(service: Service) -> None:
    ports = service.ports
    await ClockTail(reactions, ports.views, service.runner, service, ports.clock).tick()
    assert await certificates(service) == []


async def test_no_certificate_is_given_while_a_key_is_still_there(ports: Ports, clock: SetClock) -> None:
    """The reaction that destroys it may be parked, or wait behind another of its case."""
    await ports.keyring.create("case/1")
    still = Reactions("reactions")
    still.due.extend(reactions.due)
    async with toy(ports, replace(DEFINITION, reactions=[still])) as service:
        await service.run(ORDER)
        await until(service.settled)
        clock.now += 2 * CERTIFY_AFTER
        await nothing_falls_due(service)
