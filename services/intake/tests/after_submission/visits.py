"""What tests of the pages read and send, as a browser without script does."""

import re
from html import unescape

import httpx

from aktenlauf.contracts.envelope import Event
from aktenlauf.kit.testing.alone import hidden_fields

from .conftest import CASE, Office

PAGE, BOX = f"/antrag/{CASE}", f"/postfach/{CASE}"


def words(answer: httpx.Response) -> str:
    """What a person reads."""
    main = re.sub(r"(?s)<(script|style).*?</\1>", " ", answer.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def happened(office: Office, kind: type[Event]) -> list[Event]:
    return [event for event in await office.events(f"intake/application/{CASE}") if isinstance(event, kind)]


async def message_about(office: Office, about: str) -> str:
    box = await office.box()
    return next(f"{BOX}/{message['id']}" for message in box["messages"] if message.get("about") == about)


async def post(browser: httpx.AsyncClient, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
    """Send the form of this page with these fields filled in."""
    return await browser.post(action, data={**hidden_fields(page, action), **fields})
