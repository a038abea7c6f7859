"""The one thing that an applicant should do next, or none. Pure but for the language of the request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from aktenlauf.intake.pages.letters import is_unread, refers_to
from aktenlauf.intake.pages.words import berlin_day, due_words, evidence_names
from aktenlauf.intake.views import open_evidence, open_questions
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.i18n import Language
from aktenlauf.kit.web.i18n import translate as _

OVER = ("closed", "withdrawn")


@dataclass(frozen=True)
class NextStep:
    """`kind` file: a form that hands in what was uploaded (`more_href`: upload more first); else a link."""

    kind: Literal["file", "link"]
    title: str
    text: str
    label: str
    href: str
    due: str = ""
    glyph: str = "kern-arrow-forward"
    more_href: str = ""


def next_step(
    case: str, doc: Document, box: Document | None, fresh: Sequence[Document], today: date, language: Language
) -> NextStep | None:
    """In the order of what cannot wait: hand in, supply, answer, read, choose a time."""
    if doc["status"] in OVER:
        return None
    requests = open_evidence(doc)
    if fresh:
        return _hand_in(case, fresh, requests, today, language)
    if requests:
        return _supply(case, requests[0], today, language)
    return _answer(case, doc, box, today, language) or _read(case, doc, box) or _choose(case, doc, today, language)


def _hand_in(
    case: str, fresh: Sequence[Document], requests: Sequence[Document], today: date, language: Language
) -> NextStep:
    names = evidence_names(sorted({file["evidence"] for file in fresh}), language)
    text = _("Hochgeladen und noch nicht abgesendet: {names}. Erst mit dem Absenden gehören sie zu Ihrem Antrag.")
    missing = [kind for asked in requests for kind in asked["evidence"] if kind not in {f["evidence"] for f in fresh}]
    text = text.format(names=names)
    if missing:
        text += " " + _("Es fehlt noch: {names}.").format(names=evidence_names(missing, language))
    return NextStep(
        "file",
        _("Senden Sie Ihre Unterlagen ab"),
        text,
        _("Unterlagen absenden"),
        f"/antrag/{case}/nachreichen",
        due=due_words(date.fromisoformat(requests[0]["deadline"]), today, language) if requests else "",
        glyph="send",
        more_href=upload_href(case, requests[0]["request"] if requests else None),
    )


def _supply(case: str, asked: Document, today: date, language: Language) -> NextStep:
    names = evidence_names(asked["evidence"], language)
    return NextStep(
        "link",
        _("Reichen Sie nach: {names}").format(names=names),
        _("Ohne diese Unterlagen kann die Behörde nicht entscheiden."),
        _("Unterlagen hochladen"),
        upload_href(case, asked["request"]),
        due=due_words(date.fromisoformat(asked["deadline"]), today, language),
        glyph="upload",
    )


def _answer(case: str, doc: Document, box: Document | None, today: date, language: Language) -> NextStep | None:
    asked = next(iter(open_questions(doc)), None)
    message = refers_to(box, asked["question"]) if asked and box else None
    if asked is None or message is None:  # the message is on its way; it arrives within moments
        return None
    deadline = asked["deadline"]
    return NextStep(
        "link",
        _("Beantworten Sie die Frage der Behörde"),
        _("Die Frage liegt in Ihrem Postfach. Dort können Sie gleich antworten."),
        _("Frage ansehen und antworten"),
        f"/postfach/{case}/{message['id']}",
        due=due_words(date.fromisoformat(deadline), today, language) if deadline else "",
        glyph="kern-mail",
    )


def _read(case: str, doc: Document, box: Document | None) -> NextStep | None:
    decision = doc.get("decision")
    message = refers_to(box, decision["decision"]) if decision and box else None
    if message is None or not is_unread(message):
        return None
    return NextStep(
        "link",
        _("Lesen Sie das Schreiben der Behörde"),
        _("Es liegt in Ihrem Postfach. Wenn Sie es öffnen, wird der Zeitpunkt festgehalten."),
        _("Zum Schreiben"),
        f"/postfach/{case}/{message['id']}",
        glyph="kern-mail",
    )


def _choose(case: str, doc: Document, today: date, language: Language) -> NextStep | None:
    appointment = doc.get("appointment", {})
    if appointment.get("state") != "offered" or appointment.get("pending"):
        return None
    return NextStep(
        "link",
        _("Wählen Sie einen Termin"),
        _("Die Behörde lädt Sie ein. Sie suchen sich eine Zeit aus, die Ihnen passt."),
        _("Termin wählen"),
        f"/termin/{case}",
        due=due_words(berlin_day(appointment["until"]), today, language),
        glyph="kern-calendar-today",
    )


def upload_href(case: str, request: str | None) -> str:
    """Where documents takes uploads for this case, for a request of the office."""
    return f"/nachweise/{case}" + (f"?zu={request}" if request else "")
