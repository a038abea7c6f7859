"""The usual course of a case as tests of the whole system need it: from the first click to a booked appointment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.visitor import Page, Upload, Visitor
from aktenlauf.kit.testing import files


def document(name: str, text: str = "Probedokument") -> Upload:
    """An invented PDF of two pages with `text` on them."""
    return (name, files.pdf(2, text), "application/pdf")


def photo(name: str, text: str = "Probefoto") -> Upload:
    """An invented photograph, with `text` across it and as its comment."""
    return (name, files.jpeg(600, 800, text), "image/jpeg")


@dataclass(frozen=True)
class Words:
    """What the people of one case write, beside the answers of the form."""

    request: str = "Bitte reichen Sie nach, was unten steht."
    question: str = "Seit wann studieren Sie im Master?"
    answer: str = "Seit Oktober 2024."
    verdict: str = "Gut lesbar."
    reasons: str = "Die Voraussetzungen des § 16b AufenthG liegen vor."
    returned: str = "Bitte die Dauer prüfen."
    passport: Upload = field(default_factory=lambda: document("Pass.pdf"))
    enrolment: Upload = field(default_factory=lambda: photo("Immatrikulation.jpg"))
    insurance: Upload = field(default_factory=lambda: document("Krankenkasse.pdf"))


async def signed_in(
    applicant: Visitor,
    caseworker: Visitor,
    approver: Visitor,
    people: tuple[str, str, str] = ("pruefling", "pruefung", "freigabe"),
    answers: Mapping[str, Any] | None = None,
    patience_seconds: float = 30,
) -> Journey:
    """A journey of three people who have just signed in; `answers` differ from the usual ones."""
    for side, visitor, person in zip(("", "/amt", "/amt"), (applicant, caseworker, approver), people, strict=True):
        await visitor.sign_in(side, person)
    return Journey(applicant, caseworker, approver, {**ANSWERS, **(answers or {})}, patience_seconds)


async def fill_in(j: Journey, words: Words) -> None:
    """From the first click to a complete draft with its evidence."""
    await j.begin()
    await j.answer_questions()
    await j.come_back()
    await j.upload({"passport": words.passport, "enrolment": words.enrolment})


async def hand_in(j: Journey) -> None:
    """Submit when the page shows all that was uploaded, and get what confirms it."""
    await j.until(j.applicant, f"/antrag/{j.case}/pruefen", lambda page: "wird gerade aktualisiert" not in page.text)
    await j.submit()
    await j.receipt_pdf()
    await j.message("eingegangen")


async def clarify(j: Journey, words: Words) -> None:
    """The office takes the case, asks for what is missing, and is answered."""
    await j.in_worklist()
    await j.take()
    await j.look_at_documents()
    await request(j, words.request)
    await j.message("reichen")
    await j.supplement("health_insurance", words.insurance)
    await j.supplement_arrived()
    await j.ask(words.question)
    await j.reply(await j.message("Frage"), words.answer)
    await j.until(j.caseworker, f"/amt/{j.case}/nachrichten", lambda page: words.answer in page.text)
    await j.recorded("Antwort zum Vorgang genommen")


async def settle(j: Journey, words: Words, place_in_list: int = 0) -> None:
    """The decision by two people, and the appointment."""
    await j.until(j.caseworker, f"/amt/{j.case}?nachweis=health_insurance", _has_pages)
    await judge(j, words.verdict)
    await j.accept_evidence()
    await j.propose(reasons=words.reasons)
    await j.decide_proposal("zurueckgeben", words.returned)
    await j.propose(reasons=words.reasons)
    await j.decide_proposal()
    await j.notice_pdf()
    await j.choose_slot(place_in_list)
    await j.messages_exchanged()


async def whole(j: Journey, words: Words, place_in_list: int = 0) -> None:
    """Everything, in order."""
    await fill_in(j, words)
    await hand_in(j)
    await clarify(j, words)
    await settle(j, words, place_in_list)


async def request(j: Journey, text: str) -> None:
    """Ask for a missing document in the caseworker's own words."""
    page = await j.caseworker.open(f"/amt/{j.case}/nachfordern")
    values = {"nachweis": ["health_insurance"], "text": text}
    preview = await j.caseworker.submit(page, values, press=("schritt", "pruefen"), action="/nachfordern")
    await j.caseworker.submit(preview, press=("schritt", "senden"), action="/nachfordern")


async def judge(j: Journey, note: str) -> None:
    """Accept the passport with a note for the file."""
    page = await j.caseworker.open(f"/amt/{j.case}?nachweis=passport")
    values = {"ergebnis": "accepted", "vermerk": note}
    await j.caseworker.submit(page, values, action="/pruefen", button="ergebnis")


def _has_pages(page: Page) -> bool:
    """Whether the chosen document has been opened: until then its evidence cannot be judged."""
    return bool(page.tree.xpath("//img[contains(@src, '/seite/')]"))
