"""What two runs have in common: ids, times and positions become ordinals, seals are opened.

Two runs of the same commands never give the same bytes: ids and seals are random, positions depend on timing. After
this, they are equal if and only if the same things happened in the same order within each stream.
"""

import re
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from aktenlauf.kit.log import EventLog, walk
from aktenlauf.kit.scope import System
from aktenlauf.kit.sealing import ErasedContent, Sealing, key_of
from aktenlauf.kit.views import PAGE_MAX, Document, Query, View, Views

Streams = dict[str, list[dict[str, Any]]]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]*\.[\w-]+")


class _Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


class Normal:
    """Ordinals in order of first appearance. Use one for everything of one run: streams first, then views."""

    def __init__(self, sealing: Sealing, *, keep_times: bool = False, keep_ids: bool = False) -> None:
        """`keep_ids`: ids and times stay as they are, and only seals are opened."""
        self._sealing, self._keep_times, self._keep_ids = sealing, keep_times, keep_ids
        self._ids: dict[str, str] = {}
        self._times: dict[str, str] = {}

    async def streams(self, log: EventLog) -> Streams:
        """The events of each stream, streams in order of name, as the order between streams means nothing.

        The two runs must use the same case ids, or names in the same order.
        """
        found: dict[str, list[bytes]] = {}
        async for stored in walk(log):
            found.setdefault(stored.stream, []).append(stored.record)
        return {
            self._text(name): [await self.value(orjson.loads(record)) for record in found[name]]
            for name in sorted(found)
        }

    async def documents(self, views: Views, view: View) -> dict[str, Document]:
        """The documents of a view by key."""
        found: dict[str, Document] = {}
        query = Query(limit=PAGE_MAX)
        while True:
            page = await views.page(view, System("comparison"), query)
            for key, document in zip(page.keys, page.documents, strict=True):
                found[self._text(key)] = await self.value(document)
            if page.after is None:
                return found
            query = Query(limit=PAGE_MAX, after=page.after)

    async def value(self, value: Any) -> Any:
        """One JSON value, normal. A key named `position` holds a position: its number is left out.

        So is the trace, which is there or not as the process is observed or not.
        """
        match value:
            case dict():
                return {
                    self._text(k): 0 if k == "position" else await self.value(v)
                    for k, v in value.items()
                    if k != "traceparent"
                }
            case list():
                return [await self.value(item) for item in value]
            case str() if _TOKEN.fullmatch(value):
                return await self._opened(value)
            case str():
                return self._text(value)
        return value

    async def _opened(self, token: str) -> Any:
        content = await self._sealing.open_token(token, _Anything)
        shown = "erased" if isinstance(content, ErasedContent) else await self.value(content.model_dump())
        return {"sealed by": self._text(key_of(token)), "content": shown}

    def _text(self, text: str) -> str:
        if self._keep_ids:
            return text
        text = _UUID.sub(lambda m: self._ids.setdefault(m[0], f"id {len(self._ids) + 1}"), text)
        if self._keep_times:
            return text
        return _TIME.sub(lambda m: self._times.setdefault(m[0], f"time {len(self._times) + 1}"), text)
