"""Reading what an installation has stored."""

from typing import Any

from aktenlauf.kit.log import Stored, walk
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import PAGE_MAX, Document, Query, View

from .inside import Inside

Documents = dict[str, dict[str, Document]]


async def all_records(here: Inside) -> dict[str, list[Stored]]:
    """Every log, by service."""
    return {name: [s async for s in walk(service.ports.log)] for name, service in here.installation.services.items()}


async def all_documents(here: Inside) -> Documents:
    """Every live document as it is stored, by service and view, then by key."""
    found: Documents = {}
    for name, service in here.installation.services.items():
        for view in service.definition.views:
            found[f"{name} {view.name}"] = await _documents(service, view)
    return found


async def _documents(service: Any, view: View) -> dict[str, Document]:
    found: dict[str, Document] = {}
    query = Query(limit=PAGE_MAX)
    while True:
        page = await service.page(view, System("comparison"), query)
        found |= dict(zip(page.keys, page.documents, strict=True))
        if page.after is None:
            return found
        query = Query(limit=PAGE_MAX, after=page.after)
