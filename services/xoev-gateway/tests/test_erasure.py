"""After an erasure nothing of the case lies in the clear at the hand-over point, and nothing new is laid there."""

import os
from pathlib import Path

from aktenlauf.contracts.intake import ApplicationWithdrawn
from aktenlauf.contracts.offices import offices
from aktenlauf.kit.errors import NotFound
from aktenlauf.xoev_gateway.checking import product
from aktenlauf.xoev_gateway.inbox import look
from aktenlauf.xoev_gateway.mapping import Envelope, status
from aktenlauf.xoev_gateway.message_ids import application_message
from aktenlauf.xoev_gateway.xauslaender import write


def answer_of_the_office(gateway, office: str = "erlenbruck", case: str = "c-1") -> bytes:
    envelope = Envelope(
        offices()[office], application_message(case + "x"), gateway.stand.clock(), f"AL-{case}", "u", True
    )
    return write(status(envelope, application_message(case), "05"), product())


def lay(gateway, data: bytes) -> None:
    file: Path = gateway.drop / "from-office" / "answer.xml"
    file.write_bytes(data)
    os.utime(file, (0, 0))


async def test_the_files_of_an_erased_case_are_gone_and_those_of_others_stay(gateway):
    await gateway.applied("erlenbruck", "c-1")
    await gateway.opened("erlenbruck", "c-1")
    await gateway.applied("erlenbruck", "c-2")
    await gateway.settled()
    await gateway.erased("c-1")
    assert gateway.lying("to-office") == [f"{application_message('c-2')}.xml"]
    assert gateway.lying("to-portal") == []


async def test_what_was_put_aside_of_an_erased_case_is_gone(gateway):
    await gateway.applied("erlenbruck", "c-1")
    await gateway.applied("erlenbruck", "c-2")
    for case in ("c-1", "c-2"):
        lay(gateway, answer_of_the_office(gateway, "probstadt", case))
        await look(gateway.service)
    assert len(gateway.lying("refused")) == 4
    await gateway.erased("c-1")
    assert [name.partition("_")[0] for name in gateway.lying("refused")] == ["c-2", "c-2"]


async def test_the_stored_messages_of_an_erased_case_are_gone(gateway):
    await gateway.applied("erlenbruck")
    (prepared,) = await gateway.prepared()
    await gateway.erased()
    for blob in prepared.blobs:
        try:
            async for _ in gateway.ports.blobs.get(blob):
                raise AssertionError("the message can still be read")
        except NotFound:
            pass


async def test_nothing_is_written_about_an_erased_case(gateway):
    await gateway.applied("erlenbruck")
    await gateway.erased()
    await gateway.happened(ApplicationWithdrawn())
    await gateway.settled()
    assert [event.type for event in await gateway.prepared()] == ["130101"]
    assert gateway.lying("to-office") == gateway.lying("to-portal") == []


async def test_an_answer_for_an_erased_case_is_deleted_unread(gateway):
    await gateway.applied("erlenbruck")
    await gateway.erased()
    lay(gateway, answer_of_the_office(gateway))
    await look(gateway.service)
    assert gateway.lying("from-office") == gateway.lying("refused") == []
    assert await gateway.received() == []
