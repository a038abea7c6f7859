"""A view may take from a seal what it is found by: as long as the key lives, and never the content itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import ANY
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.scope import System
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.tail import ViewTail
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, unstamped
from aktenlauf.kit.testing.toy import SERVICE, Noted, Text, toy_ports
from aktenlauf.kit.views import Document, Query, View

notes = View("notes", version=1, indexes=("length",))


@notes.on(Noted)
def note(document: Document, event: Noted, meta: Meta) -> None:
    document["offices"] = ["a"]


@notes.reading(Noted)
async def read_length(event: Noted, meta: Meta, sealing: Sealing) -> Document:
    content = await sealing.open(event.sealed)
    return {"length": len(content.text)} if content else {}


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    async with toy_ports(tmp_path, lambda _: PermutingBus(Topics(), SERVICE, 0), clock=lambda: NOON) as ports:
        for case, text in (("1", "four"), ("2", "seven77")):
            event_id, stream = new_id(), f"{SERVICE}/notes/{case}"
            token = await ports.sealing.seal(Text(text=text), f"case/{case}", event_id)
            event = Noted(fact=1, sealed=Sealed(Text, token=token))
            await ports.log.append(stream, ANY, [unstamped(event, stream, event_id=event_id)], new_id())
        yield ports


async def found(ports: Ports, length: int, sealing: Any = None) -> list[str]:
    """Keys of the cases whose text has this length, once the view has caught up."""
    tail = ViewTail(ports.log, ports.views, [notes], ports.work, ports.clock, sealing or ports.sealing)
    await tail.prepare()
    await tail.catch_up()
    return list((await ports.views.page(notes, System("test"), Query({"length": length}))).keys)


async def test_document_is_found_by_what_was_read_and_does_not_hold_the_content(ports: Ports) -> None:
    assert await found(ports, 4) == ["1"]
    document = await ports.views.get(notes, System("test"), "1")
    assert document == {"offices": ["a"], "length": 4}


async def test_rebuild_reads_nothing_from_what_was_erased(ports: Ports) -> None:
    await ports.keyring.destroy("case/1")
    assert (await found(ports, 4), await found(ports, 7)) == ([], ["2"])
    assert await ports.views.get(notes, System("test"), "1") == {"offices": ["a"]}


async def test_keyring_that_does_not_answer_is_asked_again_and_no_case_is_put_aside(ports: Ports) -> None:
    class Hesitant(Sealing):
        refusals = 2

        async def open(self, sealed: Any) -> Any:
            if self.refusals:
                self.refusals -= 1
                raise Unavailable("not now", retry_after=1)
            return await super().open(sealed)

    assert await found(ports, 4, Hesitant(ports.keyring)) == ["1"]
    assert await ports.work.aside() == []
