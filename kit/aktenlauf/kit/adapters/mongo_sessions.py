"""Sessions in a database of their own, for the whole installation."""

from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from aktenlauf.kit.adapters.mongo import Database, check_format, translated
from aktenlauf.kit.adapters.session_records import Record, ended_before, new_record, opened, seconds, subject_mark
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.sessions import RENEW_EVERY, Session, new_token, token_keys

DATA_FORMAT = 1


class MongoSessions:
    """See `aktenlauf.kit.sessions.Sessions`. `secret` keys the hash by which one person's sessions are found again."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._sessions, self._secret = database["sessions"], secret

    @classmethod
    async def open(cls, database: Database, secret: bytes) -> "MongoSessions":
        """Make the indexes that are missing. Raises Halt for data of a newer program, Unavailable."""
        await check_format(database, "sessions", DATA_FORMAT)
        with translated():
            for field in ("subject", "seen", "created"):
                await database["sessions"].create_index(field)
        return cls(database, secret)

    async def create(self, side: Side, person: Person, now: datetime) -> str:
        token = new_token()
        record = asdict(new_record(token, side, person, now, self._secret))
        with translated():
            await self._sessions.insert_one({"_id": record.pop("record"), **record})
        with suppress(Unavailable):  # whoever signs in next tidies too
            await self._tidy(now)
        return token

    async def _tidy(self, now: datetime) -> None:
        """Remove what has ended: not every server has indexes that let documents expire."""
        seen, created = ended_before(now)
        with translated():
            await self._sessions.delete_many({"$or": [{"seen": {"$lte": seen}}, {"created": {"$lte": created}}]})

    async def load(self, side: Side, token: str, now: datetime) -> Session | None:
        keys = token_keys(token)
        if keys is None:
            return None
        with translated():
            row: Any = await self._sessions.find_one({"_id": keys.record})
        session = opened(Record(record=row.pop("_id"), **row), keys, side) if row else None
        if session is None:
            return None
        if now >= session.ends:
            await self.end(token)
            return None
        if now - session.seen < RENEW_EVERY:
            return session
        with translated():  # $max: clocks of two replicas differ; without upsert, what was ended stays ended
            await self._sessions.update_one({"_id": keys.record}, {"$max": {"seen": seconds(now)}})
        return replace(session, seen=now)

    async def end(self, token: str) -> None:
        keys = token_keys(token)
        if keys is not None:
            with translated():
                await self._sessions.delete_one({"_id": keys.record})

    async def end_all(self, subject: str) -> None:
        with translated():
            await self._sessions.delete_many({"subject": subject_mark(self._secret, subject)})

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""
