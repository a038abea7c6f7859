"""What happened while a form was open: said when it was not carried out, with the values as typed."""

from fastapi import Request

from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.review import CaseAssigned, DecisionApproved, DecisionIssued
from aktenlauf.kit.errors import CommandReused, Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.looking import What
from aktenlauf.kit.web.commands import service_of
from aktenlauf.kit.web.i18n import datetime_num
from aktenlauf.kit.web.problem_texts import TEXTS
from aktenlauf.review import words
from aktenlauf.review.domain import CASE
from aktenlauf.review.pages import office
from aktenlauf.review.pages.office import Opened

_TELLING: frozenset[type[Event]] = CASE.matters | {CaseAssigned, DecisionApproved, DecisionIssued}
_OVERTAKEN = frozenset({Code.CHANGED, Code.NOT_ASSIGNED, Code.NOT_NOW, Code.CLOSED, Code.NO_PROPOSAL})


async def overtaken(request: Request, case: str, seen: int | None, error: Refused | CommandReused) -> list[str]:
    """Sentences that say why a form made from version `seen` was not carried out: what came in since, by whom.

    Raises `error` where it was refused for another reason than what happened meanwhile.
    """
    if isinstance(error, Refused) and error.code not in _OVERTAKEN:
        raise error
    told = await _told(request, case, seen)
    return told if told and error.code == Code.CHANGED else [*told, ": ".join(TEXTS[error.code])]


async def as_it_is_now(request: Request, person: Person, case: str, what: What = "case") -> Opened:
    """The case with everything that its stream holds, also what came in during this request."""
    service, stream = service_of(request), f"review/case/{case}"
    if version := await service.ports.log.version(stream):
        await service.until_seen(stream, version)
    return await office.open_case(request, person, case, what)


async def _told(request: Request, case: str, seen: int | None) -> list[str]:
    if seen is None:
        return []
    records = await service_of(request).ports.log.read(f"review/case/{case}", seen)
    parsed = [record for stored in records if type((record := parse(stored.record)).event) in _TELLING]
    names = await office.names_of(request, [record.meta.actor for record in parsed])
    return [
        f"{words.sentence({'kind': record.meta.type.split('.')[3], 'data': record.data})}"
        f" ({words.who(record.meta.actor, names)}, {datetime_num(record.meta.time)} Uhr)"
        for record in parsed
    ]
