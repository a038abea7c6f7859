"""A process holds so much of what is being uploaded, and no person more than a part of it."""

import asyncio

import pytest

from aktenlauf.documents import room
from aktenlauf.documents.room import OF_ONE_PERSON_MAX, Room
from aktenlauf.kit.errors import Unavailable


class Upload:
    """One that is under way until it is told to end."""

    def __init__(self, room: Room, person: str, bytes_: int) -> None:
        self.begun, self._end = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(room, person, bytes_))

    async def _run(self, room: Room, person: str, bytes_: int) -> None:
        async with room.taken(person, bytes_):
            self.begun.set()
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self._task


async def test_who_does_not_fit_waits_for_somebody_to_end() -> None:
    here = Room(100)
    first, second, third = Upload(here, "a", 60), Upload(here, "b", 60), Upload(here, "c", 40)
    await asyncio.wait_for(asyncio.gather(first.begun.wait(), third.begun.wait()), 2)
    assert not second.begun.is_set()
    await third.end()
    await asyncio.sleep(0)
    assert not second.begun.is_set()
    await first.end()
    await asyncio.wait_for(second.begun.wait(), 2)
    await second.end()


async def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.05)
    here = Room(100)
    first = Upload(here, "a", 100)
    await first.begun.wait()
    with pytest.raises(Unavailable) as refused:
        async with here.taken("b", 1):
            pass
    assert refused.value.retry_after > 0
    await first.end()
    async with here.taken("b", 1):
        pass


async def test_one_that_is_larger_than_the_room_comes_alone() -> None:
    async with Room(100).taken("a", 1000):
        pass


async def test_one_person_has_at_most_half_of_the_room_by_several() -> None:
    here = Room(100)
    first = Upload(here, "a", 40)
    await first.begun.wait()
    with pytest.raises(Unavailable):
        async with here.taken("a", 11):
            pass
    async with here.taken("a", 10), here.taken("b", 50):
        pass
    await first.end()


async def test_one_person_has_so_many_under_way_and_the_next_at_once_when_one_has_ended() -> None:
    here = Room(1000)
    uploads = [Upload(here, "a", 1) for _ in range(OF_ONE_PERSON_MAX)]
    await asyncio.gather(*(upload.begun.wait() for upload in uploads))
    with pytest.raises(Unavailable):
        async with here.taken("a", 1):
            pass
    async with here.taken("b", 1):
        pass
    await uploads[0].end()
    async with here.taken("a", 1):
        pass
    for upload in uploads[1:]:
        await upload.end()
