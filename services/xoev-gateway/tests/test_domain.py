"""What becomes of each command to the exchange of a case."""

from datetime import UTC, date, datetime
from typing import Any

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import (
    MessagePrepared,
    MessageReceived,
    MessageRefused,
    MessageSent,
    ReceivedContent,
)
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.given import given
from aktenlauf.xoev_gateway.domain import EXCHANGE, PrepareMessage, ReceiveMessage, RecordSent, RefuseMessage

FILE = StoredFile(blob="b", identity="i", name="n", media_type="application/xml", size_bytes=1, sha256="0" * 64)
REF = DocumentRef(document="d", kind="message")
IN = DocumentRef(document="d", kind="message-in")
GIVEN: dict[str, Any] = {
    "id": "1",
    "at": datetime(2026, 11, 23, tzinfo=UTC),
    "actor": "system:test",
    "scope": System("test"),
    "case": "c-1",
    "message": "m-1",
}
PREPARE = PrepareMessage(
    **GIVEN,
    type="130101",
    direction="to-office",
    trigger=None,
    checked=True,
    document=REF,
    blobs=("b",),
    file=SealedFile(file=FILE),
)
PREPARED = MessagePrepared(
    message="m-1",
    type="130101",
    direction="to-office",
    checked=True,
    document=REF,
    blobs=["b"],
    sealed=Sealed.of(SealedFile(file=FILE)),
)
CONTENT = ReceivedContent(file=FILE, text="Wo wohnen Sie?")
RECEIVE = ReceiveMessage(
    **GIVEN,
    type="130102",
    trigger="m-0",
    status=None,
    deadline=date(2026, 12, 21),
    document=IN,
    blobs=("b",),
    content=CONTENT,
)
RECEIVED = MessageReceived(
    message="m-1",
    type="130102",
    trigger="m-0",
    deadline=date(2026, 12, 21),
    document=IN,
    blobs=["b"],
    sealed=Sealed.of(CONTENT),
)
SENT = MessageSent(message="m-1")
REFUSED = MessageRefused(message="m-1", reason="too long")


def test_a_message_is_prepared_once():
    given(EXCHANGE).when(PREPARE).then(PREPARED)
    given(EXCHANGE, PREPARED).when(PREPARE).quiet()


def test_only_a_prepared_message_is_sent_and_once():
    given(EXCHANGE, PREPARED).when(RecordSent(**GIVEN)).then(SENT)
    given(EXCHANGE).when(RecordSent(**GIVEN)).quiet()
    given(EXCHANGE, PREPARED, SENT).when(RecordSent(**GIVEN)).quiet()


def test_a_message_is_refused_once():
    given(EXCHANGE).when(RefuseMessage(**GIVEN, reason="too long")).then(REFUSED)
    given(EXCHANGE, REFUSED).when(RefuseMessage(**GIVEN, reason="too long")).quiet()


def test_a_message_is_received_once():
    given(EXCHANGE).when(RECEIVE).then(RECEIVED)
    given(EXCHANGE, RECEIVED).when(RECEIVE).quiet()
