"""What came in while a form was open: said when the form is refused as changed."""

from fastapi import Request

from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.web.commands import service_of
from aktenlauf.review import words
from aktenlauf.review.domain import CASE


async def came_in(request: Request, case: str, seen: int | None) -> list[str]:
    """Sentences about the events of the case behind version `seen` that matter to a form."""
    records = await service_of(request).ports.log.read(f"review/case/{case}", seen or 0)
    parsed = [parse(stored.record) for stored in records]
    return [
        words.sentence({"kind": record.meta.type.split(".")[3], "data": record.data})
        for record in parsed
        if type(record.event) in CASE.matters
    ]
