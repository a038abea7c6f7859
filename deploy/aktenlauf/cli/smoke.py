"""`aktenlauf smoke`: the operators' check after a deployment.

One application goes through a running installation over its public pages, at the office that is kept for tests, with
people of its own, and is erased at the end. Each step is printed with its time; the first that fails ends the run.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.smoke_tokens import Tokens, read_tokens
from aktenlauf.cli.visitor import Upload, VisitFailed, Visitor
from aktenlauf.kit.testing import files

APPLICANT, CASEWORKER, APPROVER, STRANGER = "pruefling", "pruefung", "freigabe", "huber"
"""People of the demo provider; the first three belong to the office that is kept for tests."""

Step = tuple[str, Callable[[], Awaitable[Any]]]


def pdf(name: str, pages: int = 1) -> Upload:
    """An invented document."""
    return (name, files.pdf(pages, "Probedokument"), "application/pdf")


def jpeg(name: str) -> Upload:
    """An invented photograph."""
    return (name, files.jpeg(900, 1200, "Probefoto"), "image/jpeg")


def smoke(url: str, office_url: str, token_file: Path | None) -> int:
    """Run all steps; the exit code: 0, or 1 when a step failed, 2 when nobody answers.

    `token_file`: see `smoke_tokens`; without it people are clicked at the demo provider. Raises WrongSetting.
    """
    tokens = read_tokens(token_file) if token_file else None
    return asyncio.run(_run(url, office_url, tokens))


async def _run(url: str, office_url: str, tokens: Tokens | None) -> int:
    console = Console(highlight=False)
    people = Visitor(url), Visitor(office_url), Visitor(office_url), Visitor(office_url)
    begun = time.perf_counter()
    try:
        for name, step in steps(*people, tokens):
            started = time.perf_counter()
            try:
                await step()
            except (VisitFailed, httpx.HTTPError) as failed:
                console.print(f"[red]FAILED[/red]  {name}: {failed or type(failed).__name__}")
                return 2 if isinstance(failed, httpx.ConnectError) else 1
            console.print(f"[green]ok[/green] {time.perf_counter() - started:6.2f} s  {name}")
        console.print(f"All steps passed in {time.perf_counter() - begun:.1f} s.")
        return 0
    finally:
        for person in people:
            await person.close()


def _ways_in(j: Journey, stranger: Visitor, tokens: Tokens | None) -> tuple[Step, Step]:
    """How the three people sign in, and what shows that the case is closed to others."""

    async def by_click() -> None:
        await j.applicant.sign_in("", APPLICANT)
        await j.caseworker.sign_in("/amt", CASEWORKER)
        await j.approver.sign_in("/amt", APPROVER)
        await stranger.sign_in("/amt", STRANGER)

    if tokens is None:
        return (
            ("three people of the test office and one of another sign in", by_click),
            ("another office does not find it", lambda: j.hidden_from(stranger)),
        )
    given = tokens

    async def by_token() -> None:
        await j.applicant.enter("", given.applicant)
        await j.caseworker.enter("/amt", given.caseworker)
        await j.approver.enter("/amt", given.approver)

    return (
        ("three people sign in by token", by_token),
        (
            "the applicant's token opens nothing at the office",
            lambda: stranger.enter("/amt", given.applicant, expect=401),
        ),
    )


def steps(
    applicant: Visitor, caseworker: Visitor, approver: Visitor, stranger: Visitor, tokens: Tokens | None
) -> Sequence[Step]:
    """The whole run in order, each step with the sentence that it proves."""
    j = Journey(applicant, caseworker, approver, ANSWERS)
    sign_in, closed_to_others = _ways_in(j, stranger, tokens)
    asked: dict[str, Any] = {}

    async def ask() -> None:
        await j.ask(f"Seit wann studieren Sie im Master? ({datetime.now(UTC):%H:%M:%S})")

    async def open_question() -> None:
        asked["question"] = await j.message("Frage")

    async def sign_out() -> None:
        await applicant.sign_out("")
        await caseworker.sign_out("/amt")
        await approver.sign_out("/amt")

    return [
        ("the installation is ready", lambda: applicant.open("/healthz")),
        sign_in,
        ("the applicant finds the service and begins", j.begin),
        ("answers the form", j.answer_questions),
        ("leaves and comes back to the draft", j.come_back),
        (
            "uploads a PDF and a photograph",
            lambda: j.upload({"passport": pdf("Pass.pdf", 2), "enrolment": jpeg("Immatrikulation.jpg")}),
        ),
        ("checks and submits", j.submit),
        ("gets the receipt as PDF", j.receipt_pdf),
        ("finds the confirmation in the mailbox", lambda: j.message("eingegangen")),
        ("the case stands in the worklist of the competent office", j.in_worklist),
        closed_to_others,
        ("a caseworker takes it", j.take),
        ("sees a page of a document", j.look_at_documents),
        ("asks for a missing document", lambda: j.request_evidence(["health_insurance"])),
        ("the applicant reads the request", lambda: j.message("reichen")),
        ("sends the document", lambda: j.supplement("health_insurance", pdf("Krankenkasse.pdf"))),
        ("which arrives", j.supplement_arrived),
        ("the caseworker asks a question", ask),
        ("the applicant reads it", open_question),
        ("and answers", lambda: j.reply(asked["question"], "Seit Oktober 2024.")),
        ("the answer arrives", j.answer_arrived),
        ("the caseworker accepts the evidence", j.accept_evidence),
        ("proposes a decision", j.propose),
        ("a second person returns it", lambda: j.decide_proposal("zurueckgeben", "Bitte die Dauer prüfen.")),
        ("the caseworker proposes again", j.propose),
        ("the second person approves", j.decide_proposal),
        ("the applicant reads the notice as PDF", j.notice_pdf),
        ("chooses an appointment", j.choose_slot),
        ("moves it", j.move_slot),
        ("cancels it", j.cancel_slot),
        ("and chooses again", j.choose_slot),
        ("XAusländer messages were written and handed over", j.messages_exchanged),
        ("the history shows the services' events", j.history_complete),
        ("the applicant sees who looked", j.looks_shown),
        ("the case is erased", j.erase),
        ("and shows as erased to both sides", j.erased_everywhere),
        ("everybody signs out", sign_out),
    ]
