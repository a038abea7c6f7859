"""One application from the applicant's first click to the decision, the appointment and the answer in the mailbox.

Every step is something that people do on the pages (`visitor`). Three people: the applicant, a caseworker, and a
second member of staff who approves. The smoke run takes all steps in order; other runs take some of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from aktenlauf.cli.visitor import Page, Upload, Visitor, VisitFailed, controls
from aktenlauf.contracts.catalogue import catalogue

SERVICE = "study_extension"
ANSWERS: Mapping[str, Any] = orjson.loads((Path(__file__).parent / "answers.json").read_bytes())
"""A complete set of answers, invented."""
PATIENCE_SECONDS = 15.0
STEPS_MAX = 60


class Journey:
    """The state of one run: who is signed in, and the case."""

    def __init__(self, applicant: Visitor, caseworker: Visitor, approver: Visitor, answers: Mapping[str, Any]) -> None:
        self.applicant, self.caseworker, self.approver = applicant, caseworker, approver
        self.answers = answers
        self.case = ""
        self.number = ""

    # --- the applicant, before submission ------------------------------------------------------------------------

    async def begin(self) -> Page:
        """Find the service and begin a draft."""
        found = await self.applicant.open("/?q=studium")
        if not found.links(f"/antrag/neu/{SERVICE}"):
            raise VisitFailed("the finder on / does not find the service")
        offer = await self.applicant.open(f"/antrag/neu/{SERVICE}")
        overview = await self.applicant.submit(offer, action=f"/antrag/neu/{SERVICE}")
        self.case = overview.path.split("/")[2]
        return overview

    async def answer_questions(self) -> Page:
        """Answer every question, page by page, as far as the form leads."""
        offered = catalogue().services[SERVICE]
        steps = {step.key: step for step in offered.steps()}
        page = await self.applicant.open(f"/antrag/{self.case}/{next(iter(steps))}")
        for _ in range(STEPS_MAX):
            step = steps.get(page.path.rsplit("/", 1)[-1])
            if step is None:
                return page
            filled = controls(page, self.answers, step.fields)
            page = await self.applicant.submit(page, filled, action=page.path)
        raise VisitFailed(f"the form leads in circles, last at {page.path}")

    async def upload(self, files: Mapping[str, Upload]) -> Page:
        """Upload one file for each of these kinds of evidence."""
        page = await self.applicant.open(f"/nachweise/{self.case}")
        for kind, file in files.items():
            press = ("hochladen", kind)
            page = await self.applicant.submit(
                page, press=press, files={"file": [file]}, action=f"/nachweise/{self.case}"
            )
        return page

    async def submit(self) -> Page:
        """Check, declare, send."""
        page = await self.applicant.open(f"/antrag/{self.case}/pruefen")
        declared = {field.id: "yes" for field in catalogue().services[SERVICE].fields() if field.type == "declaration"}
        receipt = await self.applicant.submit(page, declared, action=f"/antrag/{self.case}/pruefen")
        self.number = next(iter(receipt.tree.xpath("//*[@data-number]/@data-number")), "")
        return receipt

    async def receipt_pdf(self) -> Page:
        """The confirmation of receipt as a file."""
        page = await self.until(self.applicant, f"/antrag/{self.case}/eingang", lambda p: p.links("/nachweise/") != [])
        link = page.links(f"/nachweise/{self.case}/")[0]
        return await self._pdf(self.applicant, link)

    # --- the mailbox -----------------------------------------------------------------------------------------------

    async def message(self, words: str) -> Page:
        """Open the newest message whose subject contains `words`, once it is there."""

        def link_of(page: Page) -> list[Any]:
            return [
                a
                for a in page.tree.xpath(f"//a[contains(@href,'/postfach/{self.case}/')]")
                if words in a.text_content()
            ]

        thread = await self.until(self.applicant, f"/postfach/{self.case}", lambda page: bool(link_of(page)))
        page = await self.applicant.open(str(link_of(thread)[0].get("href")))
        if page.tree.xpath(f"//form[@action='{page.path}']"):  # opening this one is recorded as retrieval
            page = await self.applicant.submit(page, action=page.path)
        return page

    async def supplement(self, kind: str, file: Upload) -> Page:
        """Upload what was asked for and send it off."""
        await self.upload({kind: file})
        action = f"/antrag/{self.case}/nachreichen"
        page = await self.until(
            self.applicant, f"/nachweise/{self.case}", lambda p: bool(p.tree.xpath(f"//form[@action='{action}']"))
        )
        return await self.applicant.submit(page, action=action)

    async def reply(self, message: Page, text: str) -> Page:
        """Answer a question of the office."""
        return await self.applicant.submit(message, {"text": text}, action="/antwort")

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def until(self, visitor: Visitor, path: str, holds: Callable[[Page], bool]) -> Page:
        """Open `path` again until `holds`. Raises VisitFailed after PATIENCE_SECONDS."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = 0.05
        while True:
            page = await visitor.open(path)
            if holds(page):
                return page
            if time.monotonic() > deadline:
                raise VisitFailed(
                    f"{path} ({page.heading}) did not show what was expected within {PATIENCE_SECONDS:.0f} s"
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)

    async def _pdf(self, visitor: Visitor, link: str) -> Page:
        page = await visitor.open(link)
        if page.media_type != "application/pdf" or not page.content.startswith(b"%PDF"):
            raise VisitFailed(f"{link} is no PDF but {page.media_type}")
        return page


Step = tuple[str, Callable[[], Awaitable[Any]]]


def in_two_weeks() -> str:
    """A deadline that is a working day, as ISO date."""
    day = date.today() + timedelta(days=14)
    return (day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)).isoformat()
