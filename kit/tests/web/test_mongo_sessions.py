"""A MongoDB database keeps the promises of the port, and alone tells nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from aktenlauf.kit.adapters.mongo import Database, close_client, database_of, open_client
from aktenlauf.kit.adapters.mongo_sessions import MongoSessions
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.sessions_suite import MINUTE, NOW, PERSON, SessionsSuite

pytestmark = pytest.mark.servers
SECRET = b"s" * 32


class CannotDelete:
    """A collection that loses its connection whenever several documents are to be removed."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    async def delete_many(self, _: object) -> None:
        raise AutoReconnect("connection closed")


class TestMongoSessions(OnMongo, SessionsSuite):
    @pytest.fixture
    async def sessions(self, database: Database) -> MongoSessions:
        return await MongoSessions.open(database, SECRET)

    async def test_the_documents_hold_neither_token_nor_person(
        self, sessions: MongoSessions, database: Database, mongo: str
    ) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await sessions.load("public", token, NOW)
        with MongoClient[RawBSONDocument](mongo, document_class=RawBSONDocument) as client:
            written = b"".join(document.raw for document in client[database.name]["sessions"].find())
        marks = (token, PERSON.subject, "Tiên", "tien@example.org", "2001-02-03", "applicant")
        assert [mark for mark in marks if mark.encode() in written] == []
        assert b"subject" in written  # the search itself works

    async def test_a_prolonged_record_does_not_outlive_its_twelve_hours(
        self, sessions: MongoSessions, database: Database
    ) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await database["sessions"].update_one({}, {"$inc": {"created": 3600}})
        assert await sessions.load("public", token, NOW) is None

    async def test_what_has_ended_is_removed_at_the_next_sign_in(
        self, sessions: MongoSessions, database: Database
    ) -> None:
        await sessions.create("public", PERSON, NOW)
        await sessions.create("public", PERSON, NOW + timedelta(minutes=31))
        assert await database["sessions"].count_documents({}) == 1

    async def test_a_session_ended_while_it_is_renewed_stays_ended(self, sessions: MongoSessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        at = NOW + 2 * MINUTE
        await asyncio.gather(*(sessions.load("public", token, at) for _ in range(8)), sessions.end(token))
        assert await sessions.load("public", token, at) is None

    async def test_signing_in_does_not_fail_for_the_tidying_of_others_sessions(
        self, sessions: MongoSessions, database: Database
    ) -> None:
        sessions._sessions = CannotDelete(database["sessions"])  # type: ignore[assignment]
        token = await sessions.create("public", PERSON, NOW)
        assert await sessions.load("public", token, NOW) is not None

    async def test_sessions_are_those_of_every_replica(self, sessions: MongoSessions, database: Database) -> None:
        token = await sessions.create("public", PERSON, NOW)
        replica = await MongoSessions.open(database, SECRET)
        assert await replica.load("public", token, NOW) is not None
        await replica.end_all(PERSON.subject)
        assert await sessions.load("public", token, NOW) is None


def test_what_the_url_says_of_waiting_counts() -> None:
    made: Any = open_client("mongodb://a/?sockettimeoutms=7", lambda url, **options: options)
    assert "socketTimeoutMS" not in made
    assert made["serverSelectionTimeoutMS"] > 0


async def test_a_database_that_is_away_is_unavailable(unused_tcp_port: int) -> None:
    client = open_client(f"mongodb://127.0.0.1:{unused_tcp_port}/?serverSelectionTimeoutMS=100")
    with pytest.raises(Unavailable):
        await MongoSessions.open(database_of(client, "sessions"), SECRET)
    await close_client(client)
