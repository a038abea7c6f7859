"""Proof that a change was asked for by a page of ours in this session: a token bound to the session.

It travels as header `X-CSRF-Token` or as the hidden field `csrf`, which must come first in its form. The body is
read only as far as that field (at most 64 KiB) and then handed on untouched, so an upload is never held in memory.
"""

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aktenlauf.kit.sessions import derive_key
from aktenlauf.kit.web.cookies import Cookies

FIELD = "csrf"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PEEK_MAX_BYTES = 64 * 1024
_NONCE_BYTES = 16


def csrf_token(secret: bytes, session_token: str) -> str:
    """A token for one page: fresh bytes and their MAC, so that compression cannot betray it (BREACH)."""
    nonce = secrets.token_hex(_NONCE_BYTES)
    return f"{nonce}.{_mac(secret, session_token, nonce)}"


def csrf_matches(secret: bytes, session_token: str, presented: str | None) -> bool:
    """Whether `presented` was made for this session."""
    nonce, _, mac = (presented or "").partition(".")
    return hmac.compare_digest(_mac(secret, session_token, nonce).encode(), mac.encode())


def presented_token(request: Request) -> str | None:
    """What `CsrfReader` found in this request."""
    found: str | None = request.scope.get("aktenlauf.csrf")
    return found


def _mac(secret: bytes, session_token: str, nonce: str) -> str:
    return hmac.digest(derive_key(secret, "csrf"), f"{session_token} {nonce}".encode(), "sha256").hex()


class CsrfReader:
    """ASGI middleware: finds the presented token of an unsafe request. `web.access` compares and refuses."""

    def __init__(self, app: ASGIApp, cookies: Cookies) -> None:
        self.app = app
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        presented = request.headers.get(HEADER)
        # Nobody's body is waited for who has no session cookie that we made.
        if presented is None and self._cookies.has_session(request):
            presented, receive = await _peek(request.headers, receive)
        await self.app({**scope, "aktenlauf.csrf": presented}, receive, send)


async def _peek(headers: Mapping[str, str], receive: Receive) -> tuple[str | None, Receive]:
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind == b"multipart/form-data" and options.get(b"boundary"):
        return await _read_until_found(_MultipartField(options[b"boundary"]), receive)
    if kind == b"application/x-www-form-urlencoded":
        return await _read_until_found(_FormField(), receive)
    return None, receive


async def _read_until_found(field: "_MultipartField | _FormField", receive: Receive) -> tuple[str | None, Receive]:
    """Read until the first field is complete, and give back a `receive` that starts from the beginning."""
    taken: list[Message] = []
    seen_bytes, more = 0, True
    while more and not field.done and seen_bytes < _PEEK_MAX_BYTES:
        message = await receive()
        taken.append(message)
        body = message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
        seen_bytes += len(body)
        field.feed(body, last=not more)
    pending = iter(taken)

    async def replay() -> Message:
        message = next(pending, None)
        return message if message is not None else await receive()

    return field.value, replay


class _FormField:
    """The first field of an urlencoded body, if it is `csrf`."""

    def __init__(self) -> None:
        self.done = False
        self.value: str | None = None
        self._read = b""

    def feed(self, body: bytes, last: bool) -> None:
        self._read += body
        first, separator, _ = self._read.partition(b"&")
        if not separator and not last:
            return
        self.done = True
        fields = parse_qsl(first.decode("latin-1"), max_num_fields=1)
        self.value = next((value for name, value in fields if name == FIELD), None)


class _MultipartField:
    """The first part of a multipart body, if it is `csrf`. A body that is no multipart has none."""

    def __init__(self, boundary: bytes) -> None:
        self.done = False
        self.value: str | None = None
        self._header, self._name, self._data = (b"", b""), b"", b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_begin": self._begin_header,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._end_header,
                "on_part_data": self._part_data,
                "on_part_end": self._end_part,
            },
        )

    def feed(self, body: bytes, last: bool) -> None:
        try:
            self._parser.write(body)
        except MultipartParseError:
            self.done = True
        self.done = self.done or last

    def _begin_header(self) -> None:
        self._header = (b"", b"")

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._name = parse_options_header(value)[1].get(b"name", b"")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if not self.done and self._name == FIELD.encode():
            self._data += data[start:end]

    def _end_part(self) -> None:
        if not self.done and self._name == FIELD.encode():
            self.value = self._data.decode("latin-1")
        self.done = True
