"""What comes from the bus is kept only if it is what it says; all else is put aside for an operator, byte for byte."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.contracts.common import Content
from aktenlauf.contracts.envelope import RECORD_BYTES_MAX, Event, stamp
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.bus import Delivery
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.hear import HANDLER, Hearing
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import walk
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.testing.samples import NOON, happened, heard, unstamped
from aktenlauf.kit.work import Standing

STREAM = "samples/thing/1"
GOOD = heard(STREAM, 1)


class Secret(Content):
    text: str


class Told(Event):
    sealed: Sealed[Secret]


class Ears:
    """The receiving end with its log and work."""

    def __init__(self, folder: Path) -> None:
        self.log, self.work = SqliteLog(folder / "log.db"), SqliteWork(folder / "work.db")
        self._hearing = Hearing(self.log, self.work, lambda: NOON)

    async def receive(self, *records: bytes, owner: str = "samples") -> list[bytes]:
        """Deliver one batch; what the log holds then."""
        await self._hearing.receive([Delivery(owner, record, f"place {n}") for n, record in enumerate(records)])
        return [stored.record async for stored in walk(self.log)]

    async def aside(self) -> list[tuple[bytes, str]]:
        """What was put aside, and why."""
        return [(a.record, a.error) for a in await self.work.aside(HANDLER)]


@pytest.fixture
async def ears(tmp_path: Path) -> AsyncIterator[Ears]:
    ears = Ears(tmp_path)
    yield ears
    await ears.log.close()
    await ears.work.close()


async def test_a_repeat_is_a_success(ears: Ears) -> None:
    assert await ears.receive(GOOD, GOOD) == await ears.receive(GOOD) == [GOOD]
    assert await ears.aside() == []


@pytest.mark.parametrize(
    "record,fault",
    [
        (b"", "no envelope"),
        (b"\xff\xfe", "no envelope"),
        (b"[]", "no envelope"),
        (b"null", "no envelope"),
        (b'{"specversion":"1.0"}', "id is missing"),
        (GOOD.replace(b'"version":1', b'"version":0'), "version"),
        (GOOD.replace(b'"version":1', b'"version":true'), "version"),
        (GOOD.replace(b'"version":1', b'"version":1.0'), "version"),
        (GOOD.replace(b'"version":1', b'"version":9223372036854775808'), "version"),
        (GOOD.replace(b'"subject":"1"', b'"subject":{"a":1}'), "subject"),
        (GOOD.replace(b'"subject":"1"', b'"subject":null'), "subject"),
        (GOOD.replace(STREAM.encode(), b"samples"), "three parts"),
        (GOOD.replace(b'"type":"de.', b'"type":"com.'), "type"),
        (heard("others/thing/1", 1), "must agree"),
        (heard(STREAM, 1, service="others"), "must agree"),
        (GOOD.replace(b"de.aktenlauf.samples.", b"de.aktenlauf.others."), "must agree"),
        (heard("samples/settings/1", 1), "private"),
        (stamp(happened(STREAM, 1, actor="x" * RECORD_BYTES_MAX), 1), "limit"),
    ],
)
async def test_what_is_not_what_it_says_is_put_aside_and_the_rest_of_the_batch_kept(
    ears: Ears, record: bytes, fault: str
) -> None:
    other = heard("samples/thing/2", 1)
    assert await ears.receive(record, other) == [other]
    ((kept, error),) = await ears.aside()
    assert kept == record
    assert fault in error


async def test_putting_aside_again_is_the_same_row(ears: Ears) -> None:
    await ears.receive(b"{}")
    await ears.receive(b"{}")
    (row,) = await ears.work.aside(HANDLER)
    assert (row.standing, row.group, row.since) == (Standing.PARKED, "place 0", NOON)


async def test_an_event_from_the_topic_of_another_owner_is_put_aside(ears: Ears) -> None:
    assert await ears.receive(GOOD, owner="others") == []
    assert len(await ears.aside()) == 1


async def test_a_sealed_part_made_for_another_event_is_put_aside(ears: Ears, tmp_path: Path) -> None:
    keyring = SqliteKeyring(tmp_path / "keyring.db", bytes(32))
    own = new_id()
    tokens = [await Sealing(keyring).seal(Secret(text="x"), "case/1", event_id) for event_id in (own, new_id())]
    events = [Told(sealed=Sealed(Secret, token=token)) for token in (*tokens, "junk")]
    good, moved, junk = (stamp(unstamped(e, STREAM, event_id=own), 1) for e in events)
    assert await ears.receive(moved, junk, good) == [good]
    assert {(r, e) for r, e in await ears.aside()} == {
        (moved, "its sealed part belongs to another event"),
        (junk, "sealed: not a token of ours"),
    }
    await keyring.close()


async def test_a_missing_predecessor_is_a_gap_that_is_recorded_and_not_stored(ears: Ears) -> None:
    assert await ears.receive(GOOD, heard(STREAM, 3)) == [GOOD]
    assert [tuple(gap) for gap in await ears.work.gaps()] == [(STREAM, 3)]


async def test_a_gap_is_forgotten_when_what_was_missing_and_what_lay_beyond_have_been_heard(ears: Ears) -> None:
    second, third, fourth = (heard(STREAM, version) for version in (2, 3, 4))
    await ears.receive(GOOD, third, fourth)
    await ears.receive(second, third)
    assert [tuple(gap) for gap in await ears.work.gaps()] == [(STREAM, 4)]
    assert await ears.receive(fourth) == [GOOD, second, third, fourth]
    assert await ears.work.gaps() == []


async def test_a_filled_gap_is_forgotten_although_the_process_died_between(ears: Ears) -> None:
    second = heard(STREAM, 2)
    await ears.receive(GOOD, second)
    await ears.work.gap(STREAM, 2, NOON)
    await ears.receive(second)
    assert await ears.work.gaps() == []


async def test_the_service_is_told_whose_topic_contradicts_the_log(ears: Ears) -> None:
    told: list[str] = []
    hearing = Hearing(ears.log, ears.work, lambda: NOON, "toy", told.append)
    await ears.receive(GOOD)
    with pytest.raises(Halt):
        await hearing.receive([Delivery("samples", heard(STREAM, 1), "place 1")])
    assert told == ["samples"]


async def test_two_events_at_one_place_halt_the_subscription(ears: Ears) -> None:
    await ears.receive(GOOD)
    with pytest.raises(Halt, match="version 1"):
        await ears.receive(heard(STREAM, 1))


async def test_a_private_stream_is_heard_by_its_owner_alone(tmp_path: Path) -> None:
    log, work = SqliteLog(tmp_path / "own.db"), SqliteWork(tmp_path / "own-work.db")
    private = heard("samples/settings/1", 1)
    own, foreign = (Hearing(log, work, lambda: NOON, service) for service in ("samples", "others"))
    delivery = Delivery("samples", private, "place")
    assert await own.lacks(delivery)
    assert not await foreign.lacks(delivery)
    await foreign.receive([delivery])
    assert await log.head() == 0
    await own.receive([delivery])
    assert [stored.record async for stored in walk(log)] == [private]
    assert not await own.lacks(delivery)
    await log.close()
    await work.close()
