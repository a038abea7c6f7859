"""Read your writes: after a command, the browser remembers what it wrote, and the next page waits for it.

The cookie is no secret and proves nothing: it names a stream and a version to wait for, at most two seconds.
"""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from aktenlauf.kit.web.pages import shell_of

COOKIE = "al_stand"
NEWEST_MAX = 8
REMEMBERED_SECONDS = 60
_COOKIE_MAX_CHARACTERS = 3000
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.005, 0.1
_STREAM = re.compile(r"\A[a-z-]{1,32}/[a-z-]{1,32}/[0-9A-Za-z-]{1,64}\Z")

HasSeen = Callable[[str, int], Awaitable[bool]]


class _Written(BaseModel):
    """`at` in Unix seconds. A stream has fewer than 2,000 events."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    stream: str = Field(pattern=_STREAM)
    version: int = Field(ge=1, le=9999)
    at: int


_ENTRIES = TypeAdapter(list[_Written])


def remember(request: Request, response: Response, stream: str, version: int) -> None:
    """Note on `response` that this browser wrote `stream` up to `version`; for 60 s, the newest eight."""
    now = shell_of(request).clock()
    others = [entry for entry in _read(request, now) if entry.stream != stream]
    newest = [*others, _Written(stream=stream, version=version, at=int(now.timestamp()))][-NEWEST_MAX:]
    value = urlsafe_b64encode(orjson.dumps([entry.model_dump() for entry in newest])).decode()
    shell_of(request).cookies.put(response, COOKIE, value, REMEMBERED_SECONDS)


async def catch_up(request: Request, has_seen: HasSeen, seconds: float = 2.0) -> bool:
    """Wait until `has_seen(stream, version)` holds for all that this browser wrote; False after `seconds`.

    False means: show the page, and say that it is being updated.
    """
    missing = _read(request, shell_of(request).clock())
    pause = _FIRST_PAUSE_SECONDS
    try:
        async with asyncio.timeout(seconds):
            while missing := [e for e in missing if not await has_seen(e.stream, e.version)]:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
    except TimeoutError:
        return False
    return True


def _read(request: Request, now: datetime) -> list[_Written]:
    """What the cookie says, as far as it is well-formed and fresh; anything else counts as nothing."""
    value = shell_of(request).cookies.get(request, COOKIE) or ""
    if len(value) > _COOKIE_MAX_CHARACTERS:
        return []
    try:
        entries = _ENTRIES.validate_json(urlsafe_b64decode(value.encode("ascii")))
    except (ValueError, ValidationError):
        return []
    seconds = now.timestamp()
    fresh = [entry for entry in entries if 0 <= seconds - int(entry.at) <= REMEMBERED_SECONDS]
    return fresh[-NEWEST_MAX:]
