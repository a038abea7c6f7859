"""The number of unread messages in the header: a small view that each service with applicants' pages keeps.

The mailbox is another service's, and services do not call each other. They hear its events anyway, so each counts for
itself, by this one rule. The events are parameters, as the kit knows nothing of what the services say.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import PAGE_MAX, Document, Query, View
from aktenlauf.kit.web.commands import scope_of_applicant, service_of

MAILBOX = "/postfach"
"""Of the site map: the entry that carries the number."""


def unread_messages(submitted: type[Event], delivered: type[Event], read: type[Event]) -> View:
    """The view: per case {parties, unread: [message, ...]}. `submitted` names the party, the others the message.

    All three are events of one service about one case, so they come in order.
    """
    view = View("unread", version=1)

    @view.on(submitted)
    def opened(doc: Document, event: Any, meta: Meta) -> None:
        doc.update(parties=[event.party], unread=[])

    @view.on(delivered)
    def came(doc: Document, event: Any, meta: Meta) -> None:
        doc["unread"].append(event.message)

    @view.on(read)
    def seen(doc: Document, event: Any, meta: Meta) -> None:
        doc["unread"] = [message for message in doc["unread"] if message != event.message]

    return view


async def counts(request: Request, person: Person, view: View) -> Mapping[str, int]:
    """For `page(counts=...)`: the unread messages in all of this person's cases."""
    scope = await scope_of_applicant(request, person)
    boxes = (await service_of(request).page(view, scope, Query(limit=PAGE_MAX))).documents
    return {MAILBOX: sum(len(box["unread"]) for box in boxes)}
