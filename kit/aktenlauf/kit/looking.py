"""Who looked: an `Accessed` event before personal content is shown to staff. If that fails, nothing is shown."""

from datetime import datetime
from typing import Literal

from aktenlauf.contracts.common import Accessed
from aktenlauf.contracts.envelope import encode
from aktenlauf.kit.ids import derived_id, new_id
from aktenlauf.kit.log import ANY, EventLog
from aktenlauf.kit.telemetry import traceparent

What = Literal["case", "document", "original", "history", "messages", "appointment"]


async def record_access(
    log: EventLog,
    service: str,
    case: str,
    *,
    actor: str,
    role: str,
    office: str | None,
    what: What,
    document: str | None = None,
    at: datetime,
) -> None:
    """Append to `<service>/access/{case}`, at most once a minute for the same look. Raises Unavailable."""
    stream = f"{service}/access/{case}"
    look = derived_id("look", stream, actor, what, document or "", at.strftime("%Y-%m-%dT%H:%M"))
    event = encode(
        Accessed(role=role, office=office, what=what, document=document),
        service=service,
        stream=stream,
        event_id=new_id(),
        time=at,
        subject=case,
        office=office,
        causationid=look,
        correlationid=look,
        actor=actor,
        traceparent=traceparent(),
    )
    await log.append(stream, ANY, [event], look)
