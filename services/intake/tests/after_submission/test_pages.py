"""The pages after submission, over HTTP as a browser without script sees them."""

import re

import httpx

from aktenlauf.contracts.common import Accessed, DocumentRef
from aktenlauf.contracts.intake import ApplicationWithdrawn, MessageRead, QuestionAnswered, SupplementFiled
from aktenlauf.kit.erasure import OrderErasure
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import hidden_fields

from .conftest import AMIRA, CASE, LINH, NUMBER, OTHER_CASE, Office, asked, decided, opened, requested


async def test_x(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(opened(), requested())
    browser = await office.browser(language="ar")
    for path in (f"/antrag/{CASE}", "/postfach", f"/postfach/{CASE}", f"/postfach/{CASE}/{await office.newest()}", f"/antrag/{CASE}/einsicht", f"/antrag/{CASE}/zuruecknehmen", "/konto", "/antrag"):
        answer = await browser.get(path)
        print(path, answer.status_code)
        assert answer.status_code == 200, re.sub(r"<[^>]+>", " ", answer.text)[-1500:]
    print(office.mails())
