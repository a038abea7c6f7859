"""How large a request's body may be, whether its length was announced or not, and in which characters it is written.

Ours and not the framework's, whose refusal is plain text in English, sent past the security headers.
"""

from collections.abc import Mapping

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.web.problems import problem, respond

BODY_MAX_BYTES = 1024 * 1024


class BodyLimit:
    """ASGI middleware. `larger`: path prefix -> bytes, for the routes that take more than `BODY_MAX_BYTES`.

    An announced body beyond the limit is answered 413 unread; another one as soon as it passes the limit.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int]) -> None:
        self.app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit_bytes, headers = self._limit_bytes(scope["path"]), Headers(scope=scope)
        found = problem(413, Code.TOO_LARGE) if _announced_bytes(headers) > limit_bytes else None
        if found is None and not _is_utf8(headers):
            found = problem(415, Code.MALFORMED)
        if found is not None:
            await respond(Request(scope, receive), found)(scope, receive, send)
            return
        taken_bytes = 0

        async def limited_receive() -> Message:
            nonlocal taken_bytes
            message = await receive()
            taken_bytes += len(message.get("body", b""))
            if taken_bytes > limit_bytes:
                raise HTTPException(413)
            return message

        await self.app(scope, limited_receive, send)

    def _limit_bytes(self, path: str) -> int:
        matching = [prefix for prefix in self._larger if path == prefix or path.startswith(f"{prefix}/")]
        return self._larger[max(matching, key=len)] if matching else BODY_MAX_BYTES


def _is_utf8(headers: Headers) -> bool:
    """Whether the form is not said to be in another character set. The framework would decode it by whatever Python
    has under that name: punycode takes minutes for a megabyte."""
    _, options = parse_options_header(headers.get("content-type", ""))
    return options.get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


def _announced_bytes(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdecimal() else 0
