"""Keyset pages: where a page begins, as an opaque signed word in the address, and turning back as well as forth."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from fastapi import Request

from aktenlauf.kit.scope import Scope
from aktenlauf.kit.service import Service
from aktenlauf.kit.sessions import derive_key
from aktenlauf.kit.views import Document, Query, View
from aktenlauf.kit.web.pages import shell_of

PARAMETER = "ab"
_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Behind (or, `back`, before) the row with this value of the order and this key."""

    value: str | int | None
    key: str
    back: bool = False

    def signed(self, request: Request, listing: str) -> str:
        """For the address of this listing only."""
        payload = orjson.dumps([self.value, self.key, self.back])
        return urlsafe_b64encode(_mac(request, listing, payload) + payload).rstrip(b"=").decode()


def read_place(request: Request, listing: str) -> Place | None:
    """The place that the address names; one that is not ours, or of another listing, means the beginning."""
    word = request.query_params.get(PARAMETER, "")
    try:
        raw = urlsafe_b64decode(word.encode("ascii") + b"=" * (-len(word) % 4))
    except (UnicodeEncodeError, Base64Error, ValueError):
        return None
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not payload or not hmac.compare_digest(mac, _mac(request, listing, payload)):
        return None
    return Place(*orjson.loads(payload))


def _mac(request: Request, listing: str, payload: bytes) -> bytes:
    key = derive_key(shell_of(request).secret, "cursor")
    return hmac.digest(key, listing.encode() + b"\x00" + payload, "sha256")[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and where its neighbours begin; None where there is none."""

    documents: Sequence[Document]
    earlier: Place | None
    later: Place | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A query whose pages can be turned both ways."""

    query: Query
    view: View

    async def page(self, service: Service, scope: Scope, place: Place | None) -> Found:
        """The page at `place`."""
        back = place is not None and place.back
        after = (place.value, place.key) if place else None
        query = replace(self.query, after=after, descending=self.query.descending != back)
        found = await service.page(self.view, scope, query)
        more = found.after is not None
        rows = list(zip(found.documents, found.keys, strict=True))
        if back:
            rows.reverse()
        if not rows:
            return Found([], None, None)
        first, last = (Place(doc.get(self.query.order or ""), key) for doc, key in (rows[0], rows[-1]))
        return Found(
            [doc for doc, _ in rows],
            replace(first, back=True) if (more if back else place is not None) else None,
            last if (back or more) else None,
        )
