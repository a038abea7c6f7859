"""One application from the applicant's first click to the decision, the appointment and the answer in the mailbox.

Every step is something that people do on the pages (`visitor`). Three people: the applicant, a caseworker, and a
second member of staff who approves. The smoke run takes all steps in order; other runs take some of them.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from aktenlauf.cli.visitor import Page, Upload, VisitFailed, Visitor, controls
from aktenlauf.contracts.catalogue import catalogue

SERVICE = "study_extension"
ANSWERS: Mapping[str, Any] = orjson.loads((Path(__file__).parent / "answers.json").read_bytes())
"""A complete set of answers, invented."""
REFUSAL_REASONS = (
    "Die Voraussetzungen des § 16b AufenthG liegen nicht vor.\n\n"
    "Ein Abschluss des Studiums in angemessener Zeit ist nicht mehr zu erwarten."
)
REASONS = "Die Voraussetzungen des § 16b AufenthG liegen vor.\n\nDer Lebensunterhalt ist gesichert."
NUMBER = re.compile(r"AL-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
PATIENCE_SECONDS = 15.0
STEPS_MAX = 60


class Journey:
    """The state of one run: who is signed in, and the case."""

    def __init__(
        self,
        applicant: Visitor,
        caseworker: Visitor,
        approver: Visitor,
        answers: Mapping[str, Any],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.applicant, self.caseworker, self.approver = applicant, caseworker, approver
        self.answers, self.patience_seconds = answers, patience_seconds
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

    async def come_back(self) -> Page:
        """Find the draft in the list of one's own applications."""
        page = await self.applicant.open("/antrag")
        if not page.links(f"/antrag/{self.case}"):
            raise VisitFailed("/antrag does not show the draft")
        return await self.applicant.open(f"/antrag/{self.case}")

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
        self.number = NUMBER.findall(receipt.text)[0]
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

    async def notice_pdf(self) -> Page:
        """Open the notice (recorded as retrieval) and the file."""
        page = await self.message("Schreiben")
        return await self._pdf(self.applicant, page.links(f"/nachweise/{self.case}/")[0])

    async def looks_shown(self) -> Page:
        """The applicant sees that somebody looked at the file."""
        return await self.until(
            self.applicant, f"/antrag/{self.case}/einsicht", lambda page: "Sachbearbeitung" in page.text
        )

    # --- the office --------------------------------------------------------------------------------------------------

    async def in_worklist(self) -> Page:
        """The case stands in the worklist of the competent office."""
        return await self.until(self.caseworker, "/amt", lambda page: self.case in " ".join(page.links("/amt/")))

    async def hidden_from(self, stranger: Visitor) -> None:
        """Another office neither lists nor opens the case."""
        if self.case in " ".join((await stranger.open("/amt")).links("/amt/")):
            raise VisitFailed("another office sees the case in its worklist")
        await stranger.open(f"/amt/{self.case}", expect=404)

    async def take(self) -> Page:
        """Take the case."""
        page = await self.caseworker.open(f"/amt/{self.case}")
        return await self.caseworker.submit(page, action=f"/amt/{self.case}/uebernehmen")

    async def look_at_documents(self) -> Page:
        """See the image of a document's first page beside the checklist."""
        path = f"/amt/nachweise/{self.case}/"
        page = await self.until(self.caseworker, f"/amt/{self.case}", lambda p: bool(_images(p, path)))
        image = await self.caseworker.open(_images(page, path)[0])
        if image.media_type != "image/jpeg":
            raise VisitFailed(f"{image.path} is no page image but {image.media_type}")
        return image

    async def request_evidence(self, kinds: Sequence[str]) -> Page:
        """Ask for evidence with the proposed deadline, and see what is sent before it is."""
        return await self._send_letter("nachfordern", {"nachweis": list(kinds)})

    async def ask(self, text: str) -> Page:
        """Ask a question."""
        return await self._send_letter("frage", {"text": text})

    async def _send_letter(self, kind: str, values: Mapping[str, Any]) -> Page:
        """Write, look at the preview, send. What came in meanwhile is said, and then the letter is sent anew."""
        for last in (False, True):
            form = await self.caseworker.open(f"/amt/{self.case}/{kind}")
            preview = await self.caseworker.submit(form, values, press=("schritt", "pruefen"), action=f"/{kind}")
            try:
                return await self.caseworker.submit(preview, press=("schritt", "senden"), action=f"/{kind}")
            except VisitFailed as failed:
                if last or failed.status != HTTPStatus.CONFLICT:
                    raise
        raise AssertionError("the last try returns or raises")

    async def accept_evidence(self, verdict: str = "accepted") -> Page:
        """Judge every item of the checklist."""
        page = await self.caseworker.open(f"/amt/{self.case}")
        kinds = [link.rsplit("=", 1)[1] for link in page.links("nachweis=")]
        for kind in dict.fromkeys(kinds):
            page = await self.caseworker.open(f"/amt/{self.case}?nachweis={kind}")
            has_file = bool(_images(page, f"/amt/nachweise/{self.case}/"))
            value = verdict if has_file else "not-needed"
            page = await self.caseworker.submit(page, {"ergebnis": value}, action="/pruefen", button="ergebnis")
        return page

    async def answer_arrived(self) -> Page:
        """The applicant's answer stands in the thread of the office."""
        await self.until(self.caseworker, f"/amt/{self.case}/nachrichten", lambda page: "Oktober 2024" in page.text)
        return await self.recorded("Antwort zum Vorgang genommen")

    async def supplement_arrived(self) -> Page:
        """What was sent later is in the file."""
        return await self.recorded("Zur Prüfung übernommen")

    async def recorded(self, words: str) -> Page:
        """The history says so. Until then a form of the office would be refused, as made from an older state."""
        return await self.until(self.caseworker, f"/amt/{self.case}/verlauf", lambda page: words in page.text)

    async def messages_exchanged(self) -> Page:
        """The history tells of XAusländer messages in both directions, handed over."""
        words = ("130101", "130102", "130103", "130104", "130105", "übergeben")
        return await self.until(
            self.caseworker, f"/amt/{self.case}/verlauf", lambda page: all(word in page.text for word in words)
        )

    async def history_complete(self) -> Page:
        """The history has something from every service."""
        words = ("Antrag", "Dokument", "Bescheid", "Termin", "XAusländer", "Hineingesehen")
        page = await self.caseworker.open(f"/amt/{self.case}/verlauf")
        if missing := [word for word in words if word.lower() not in page.text.lower()]:
            raise VisitFailed(f"the history lacks {', '.join(missing)}")
        return page

    async def erased_everywhere(self) -> Page:
        """Neither side shows a name any more; the history still opens."""
        name = str(self.answers["person.family_name"])
        page = await self.until(
            self.caseworker, f"/amt/{self.case}/verlauf", lambda p: name not in p.text and "gelöscht" in p.text.lower()
        )
        await self.until(self.applicant, f"/antrag/{self.case}", lambda p: "gelöscht" in p.text.lower())
        return page

    async def propose(self, outcome: str = "granted", until: date | None = None, reasons: str = REASONS) -> Page:
        """Propose a decision, having seen what follows in law."""
        page = await self.caseworker.open(f"/amt/{self.case}/entscheidung")
        values: dict[str, Any] = {
            "ergebnis": outcome,
            "gruende": REFUSAL_REASONS if outcome == "refused" else reasons,
            "auflagen": "",
        }
        if outcome != "refused":
            until = until or date.today() + timedelta(days=700)
            values |= {"gueltig-t": until.day, "gueltig-m": until.month, "gueltig-j": until.year}
        preview = await self.caseworker.submit(page, values, press=("schritt", "pruefen"), action="/entscheidung")
        return await self.caseworker.submit(preview, press=("schritt", "senden"), action="/entscheidung")

    async def decide_proposal(self, action: str = "freigeben", note: str = "") -> Page:
        """Approve or return as the second person."""
        path = f"/amt/{self.case}/freigabe"
        page = await self.until(self.approver, path, lambda p: bool(p.tree.xpath(f"//form[@action='{path}']")))
        values = {"vermerk": note} if note else {}
        return await self.approver.submit(
            page, values, press=("aktion", action), action="/freigabe", button="vermerk" if note else ""
        )

    async def erase(self) -> Page:
        """Have the case's personal data erased."""
        page = await self.approver.open(f"/amt/{self.case}/loeschen")
        return await self.approver.submit(page, action=f"/amt/{self.case}/loeschen")

    # --- the appointment -------------------------------------------------------------------------------------------

    async def choose_slot(self, place_in_list: int = 0) -> Page:
        """Take one of the slots that are offered."""
        path = f"/termin/{self.case}"
        page = await self.until(self.applicant, path, lambda p: bool(_slots(p)))
        return await self._book(page, place_in_list)

    async def move_slot(self) -> Page:
        """Move to another slot; the old one is kept until the new one is taken."""
        page = await self.until(self.applicant, f"/termin/{self.case}/verschieben", lambda p: bool(_slots(p)))
        return await self._book(page, -1)

    async def cancel_slot(self) -> Page:
        """Give the appointment back."""
        page = await self.applicant.open(f"/termin/{self.case}/absagen")
        return await self.applicant.submit(page, action=f"/termin/{self.case}/absagen")

    async def _book(self, page: Page, place_in_list: int) -> Page:
        name, value = _slots(page)[place_in_list]
        return await self.applicant.submit(page, {name: value}, action=f"/termin/{self.case}", button=name)

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def until(self, visitor: Visitor, path: str, holds: Callable[[Page], bool]) -> Page:
        """Open `path` again until `holds`. Raises VisitFailed after `patience_seconds`."""
        deadline = time.monotonic() + self.patience_seconds
        pause = 0.05
        while True:
            page = await visitor.open(path)
            if holds(page):
                return page
            if time.monotonic() > deadline:
                raise VisitFailed(
                    f"{path} ({page.heading}) did not show what was expected within {self.patience_seconds:.0f} s"
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)

    async def _pdf(self, visitor: Visitor, link: str) -> Page:
        page = await visitor.open(link)
        if page.media_type != "application/pdf" or not page.content.startswith(b"%PDF"):
            raise VisitFailed(f"{link} is no PDF but {page.status} {page.media_type}")
        return page


def _images(page: Page, path: str) -> list[str]:
    return [str(src) for src in page.tree.xpath("//img/@src") if path in str(src)]


def _slots(page: Page) -> list[tuple[str, str]]:
    radios = page.tree.xpath("//form//input[@type='radio'][not(@disabled)]")
    return [(str(radio.get("name")), str(radio.get("value"))) for radio in radios]
