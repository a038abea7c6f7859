"""Read your writes: after a command, the browser remembers what it wrote, and the next page waits for it.

The cookie names streams and versions to wait for, at most two seconds. It is sealed: from how long a page waits,
nobody learns what streams there are. A page waits as well for what the link that led to it carries (`told`).
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable

import orjson
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.web.pages import shell_of
from aktenlauf.kit.web.seals import sealed, unsealed
from aktenlauf.kit.web.told import carried

COOKIE = "al_stand"
NEWEST_MAX = 8
REMEMBERED_SECONDS = 60
TOLD_SECONDS = 5.0
"""How long a page waits for what its link carries: without it, there is nothing to show."""
_PURPOSE = "written"

Seen = Callable[[str, int], Awaitable[None]]
"""Returns once what is shown contains this version of this stream."""


class _Written(BaseModel):
    """`at` in Unix seconds."""

    stream: str
    version: int
    at: int


_ENTRIES = TypeAdapter(list[_Written])


def remember(request: Request, response: Response, stream: str, version: int) -> None:
    """Note on `response` that this browser wrote `stream` up to `version`; for 60 s, the newest eight."""
    shell = shell_of(request)
    now = shell.clock()
    others = [entry for entry in _read(request) if entry.stream != stream]
    newest = [*others, _Written(stream=stream, version=version, at=int(now.timestamp()))][-NEWEST_MAX:]
    value = urlsafe_b64encode(orjson.dumps([entry.model_dump() for entry in newest])).decode()
    shell.cookies.put(response, COOKIE, sealed(shell.secret, _PURPOSE, value), REMEMBERED_SECONDS)


async def catch_up(request: Request, seen: Seen, seconds: float = 2.0, told_seconds: float = TOLD_SECONDS) -> bool:
    """Wait for what this browser wrote, at most `seconds`, and for what the link carries, at most `told_seconds`.

    False means: show the page, and say that it is being updated. Raises Unavailable for the link: what it leads to
    exists, and only we can have made it.
    """
    if not await _within(told_seconds, seen, carried(request)):
        raise Unavailable("what a link carries has not been heard yet")
    return await _within(seconds, seen, [(entry.stream, entry.version) for entry in _read(request)])


async def _within(seconds: float, seen: Seen, places: Iterable[tuple[str, int]]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            for stream, version in places:
                await seen(stream, version)
    except TimeoutError:
        return False
    return True


def _read(request: Request) -> list[_Written]:
    """What the cookie says, as far as it is ours and fresh; anything else counts as nothing."""
    shell = shell_of(request)
    value = unsealed(shell.secret, _PURPOSE, shell.cookies.get(request, COOKIE) or "")
    if not value:
        return []
    try:
        entries = _ENTRIES.validate_json(urlsafe_b64decode(value))
    except ValueError:  # written by another version of the program
        return []
    seconds = shell.clock().timestamp()
    return [entry for entry in entries if seconds - entry.at <= REMEMBERED_SECONDS]
