"""The pages after submission, over HTTP as a browser without script sees them."""

import re

from .conftest import CASE, Office, opened, requested


async def test_x(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(opened(), requested())
    browser = await office.browser(language="ar")
    for path in (
        f"/antrag/{CASE}",
        "/postfach",
        f"/postfach/{CASE}",
        f"/postfach/{CASE}/{await office.newest()}",
        f"/antrag/{CASE}/einsicht",
        f"/antrag/{CASE}/zuruecknehmen",
        "/konto",
        "/antrag",
    ):
        answer = await browser.get(path)
        print(path, answer.status_code)
        assert answer.status_code == 200, re.sub(r"<[^>]+>", " ", answer.text)[-1500:]
    print(office.mails())
