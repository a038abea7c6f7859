"""The number of unread messages, which every page of intake shows in its navigation."""

from collections.abc import Mapping

from fastapi import Request

from aktenlauf.intake.views import mailbox
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import PAGE_MAX, Document, Query
from aktenlauf.kit.web.commands import scope_of_applicant, service_of


async def boxes_of(request: Request, person: Person) -> list[Document]:
    """The mailboxes of this person's cases, the one with the latest message first."""
    scope = await scope_of_applicant(request, person)
    query = Query(order="latest", descending=True, limit=PAGE_MAX)
    return list((await service_of(request).page(mailbox, scope, query)).documents)


async def counts_of(request: Request, person: Person | None) -> Mapping[str, int]:
    """For `page(counts=...)`; nobody signed in: nothing."""
    if person is None:
        return {}
    return counted(await boxes_of(request, person))


def counted(boxes: list[Document]) -> Mapping[str, int]:
    """The same from mailboxes that a page has read anyway."""
    return {"/postfach": sum(box.get("unread", 0) for box in boxes)}
