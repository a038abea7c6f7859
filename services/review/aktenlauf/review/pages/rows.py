"""Rows of the worklist as pages show them. Every case whose name is shown counts as looked at."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import Request

from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.commands import looked
from aktenlauf.review import answers, clocks, words
from aktenlauf.review.pages import office
from aktenlauf.review.views import NOBODY


async def rows_of(request: Request, person: Person, docs: Sequence[Document]) -> list[dict[str, Any]]:
    """The rows with names opened for those who may read them."""
    if office.may_read(person):
        await asyncio.gather(*(looked(request, person, doc["case"], "case") for doc in docs))
    names = await office.names_of(request, [n for doc in docs for n in (doc["assignee"], doc.get("proposed_by"))])
    return [await _row(request, person, doc, names) for doc in docs]


async def _row(request: Request, person: Person, doc: Document, names: dict[str, str]) -> dict[str, Any]:
    readable = office.may_read(person) and not doc.get("erased")
    content = await office.opened(request, doc["sealed"], ApplicationContent) if readable else None
    today = office.today(request)
    active = bool(doc["active"])
    return {
        **doc,
        "name": content.name if content else ("Gelöscht" if doc.get("erased") else doc["number"]),
        "born": answers.partial_date(content.birth_date or "") if content else "",
        "nationality": answers.nationality(content.nationality) if content else "",
        "matter": words.service(doc["service"]),
        "state_words": words.STATES[doc["state"]],
        "urgency": clocks.urgency(doc, today) if active else None,
        "title_clock": clocks.title(doc, today),
        "inaction": clocks.waiting(doc["filed_at"], today) if active else None,
        "free": active and doc["assignee"] == NOBODY,
        "assignee_name": names.get(doc["assignee"], "Sachbearbeitung") if doc["assignee"] else None,
        "proposer": names.get(doc.get("proposed_by", ""), "Sachbearbeitung"),
        "outcome_words": words.OUTCOMES.get(doc.get("outcome") or "", ""),
    }
