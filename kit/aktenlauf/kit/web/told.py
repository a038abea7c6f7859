"""Links into another service: they carry the events that it must have heard before what they lead to is there.

The service that shows the link has heard them; the one behind it may hear them a moment later. It waits for them
(`written.catch_up`) instead of answering that there is nothing. The list is sealed: nobody else can make a request
wait, or learn from how long it waits what there is. Who may see what the link leads to is decided as without it.
"""

import hmac
from base64 import urlsafe_b64encode

from starlette.requests import Request

from aktenlauf.contracts.envelope import Meta
from aktenlauf.kit.sessions import derive_key
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.pages import shell_of

PARAMETER = "stand"
_SEAL_BYTES = 12


def tell(doc: Document, what: str, meta: Meta) -> None:
    """Note in a view's document that this event is needed to show `what`, which another service serves."""
    doc.setdefault("told", {}).setdefault(what, {})[meta.stream] = {"version": meta.version}


def link(request: Request, path: str, doc: Document, what: str) -> str:
    """`path`, which leads to `what`, with the events that `tell` noted in `doc`."""
    told = doc.get("told", {}).get(what, {})
    return linked(request, path, {stream: entry["version"] for stream, entry in told.items()})


def linked(request: Request, path: str, told: dict[str, int]) -> str:
    """`path` with `told`, {stream: version}."""
    if not told:
        return path
    value = ",".join(f"{stream}@{version}" for stream, version in sorted(told.items()))
    return f"{path}?{PARAMETER}={value}~{_seal(request, value)}"


def carried(request: Request) -> list[tuple[str, int]]:
    """(stream, version) of what the address carries; nothing where the seal is not ours."""
    value, _, seal = request.query_params.get(PARAMETER, "").rpartition("~")
    if not value or not hmac.compare_digest(_seal(request, value).encode(), seal.encode()):
        return []
    places = (place.rpartition("@") for place in value.split(","))
    return [(stream, int(version)) for stream, _, version in places]


def _seal(request: Request, value: str) -> str:
    mac = hmac.digest(derive_key(shell_of(request).secret, "told"), value.encode(), "sha256")
    return urlsafe_b64encode(mac[:_SEAL_BYTES]).decode()
