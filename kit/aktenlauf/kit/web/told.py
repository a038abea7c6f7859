"""Links into another service: they carry the events that it must have heard before what they lead to is there.

The service that shows the link has heard them; the one behind it may hear them a moment later. It waits for them
(`written.catch_up`) instead of answering that there is nothing. The list is sealed: nobody else can make a request
wait, or learn from how long it waits what there is. Who may see what the link leads to is decided as without it.
"""

from starlette.requests import Request

from aktenlauf.contracts.envelope import Meta
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.pages import shell_of
from aktenlauf.kit.web.seals import sealed, unsealed

PARAMETER = "stand"
_PURPOSE = "told"


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
    places = ",".join(f"{stream}@{version}" for stream, version in sorted(told.items()))
    return f"{path}?{PARAMETER}={sealed(shell_of(request).secret, _PURPOSE, places)}"


def carried(request: Request) -> list[tuple[str, int]]:
    """(stream, version) of what the address carries; nothing where the seal is not ours."""
    told = unsealed(shell_of(request).secret, _PURPOSE, request.query_params.get(PARAMETER, ""))
    places = (place.rpartition("@") for place in told.split(",")) if told else ()
    return [(stream, int(version)) for stream, _, version in places]
