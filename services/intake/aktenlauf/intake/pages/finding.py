"""Finding the right application: by subject, and by four questions. What is not online here says what to do instead."""

from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.catalogue import Service, catalogue
from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.intake.subjects import SUBJECTS, Advice, Situation, advise, offered, subject_of
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.web.access import Visitor
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.kit.web.pages import page, speak_for

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One of the four; German msgids, `options` by the value that stands in the address."""

    name: str
    label: str
    missing: str
    options: tuple[tuple[str, str], ...]


QUESTIONS = (
    Question(
        "thema",
        "Worum geht es Ihnen?",
        "Wählen Sie, worum es Ihnen geht.",
        tuple((subject.key, subject.title) for subject in SUBJECTS),
    ),
    Question(
        "wunsch",
        "Was möchten Sie?",
        "Wählen Sie, was Sie möchten.",
        (
            ("initial", "Zum ersten Mal einen Aufenthaltstitel"),
            ("extension", "Meinen Aufenthaltstitel zum selben Zweck verlängern"),
            ("change", "Zu einem anderen Zweck in Deutschland bleiben"),
        ),
    ),
    Question(
        "titel",
        "Was haben Sie zurzeit?",
        "Wählen Sie, was Sie zurzeit haben.",
        (
            ("title", "Aufenthaltserlaubnis oder anderen Aufenthaltstitel"),
            ("national-visa", "Nationales Visum (Kategorie D)"),
            ("schengen-visa", "Schengen-Visum (Kategorie C)"),
            ("none", "Nichts davon"),
        ),
    ),
    Question(
        "ablauf",
        "Wann läuft das ab?",
        "Wählen Sie, wann es abläuft.",
        (
            ("soon", "In den nächsten drei Monaten"),
            ("later", "Später"),
            ("over", "Es ist schon abgelaufen"),
            ("never", "Gar nicht, oder ich habe nichts davon"),
        ),
    ),
)

NOTES = {
    "apply-in-time": (
        "Stellen Sie den Antrag vor dem Ablauf",
        "Dann gilt Ihr Titel in der Regel weiter, bis die Behörde entschieden hat (§ 81 Abs. 4 AufenthG).",
    ),
    "apply-at-once": (
        "Stellen Sie den Antrag sofort",
        "Ihr Titel gilt nach dem Ablauf nicht von selbst weiter. Die Behörde kann das in Härtefällen anordnen "
        "(§ 81 Abs. 4 Satz 3 AufenthG). Schreiben Sie ihr, warum der Antrag zu spät kommt.",
    ),
    "schengen": (
        "Ein Schengen-Visum gilt nicht weiter",
        "Auch wenn Sie den Antrag rechtzeitig stellen, endet der erlaubte Aufenthalt mit dem Visum "
        "(§ 81 Abs. 4 Satz 2 AufenthG). Sprechen Sie vorher mit Ihrer Ausländerbehörde.",
    ),
    "without-title": (
        "Sprechen Sie zuerst mit Ihrer Ausländerbehörde",
        "Halten Sie sich rechtmäßig ohne Aufenthaltstitel in Deutschland auf, gilt Ihr Aufenthalt ab dem Antrag als "
        "erlaubt, bis entschieden ist (§ 81 Abs. 3 AufenthG). In anderen Fällen gilt das nicht.",
    ),
}


@router.get("/thema/{key}")
async def subject_page(request: Request, person: Visitor, key: str) -> Response:
    """One subject: what can be applied for here, and what to do where nothing can."""
    locale = speak_for(request).code
    subject = subject_of(key)
    if subject is None:
        raise NotFound(key)
    found = [service_entry(service, locale) for service in offered(subject, catalogue().services.values())]
    counts = await counts_of(request, person)
    return page(request, "pages/subject.html", counts=counts, subject=subject, offers=found)


@router.get("/finden")
async def four_questions(
    request: Request,
    person: Visitor,
    thema: str = "",
    wunsch: str = "",
    titel: str = "",
    ablauf: str = "",
    los: str = "",
) -> Response:
    """The questions, and once all are answered, what fits."""
    locale = speak_for(request).code
    answers = _known({"thema": thema, "wunsch": wunsch, "titel": titel, "ablauf": ablauf})
    missing = [question for question in QUESTIONS if question.name not in answers] if los else []
    situation = _situation(answers)
    return page(
        request,
        "pages/finder.html",
        422 if missing else 200,
        counts=await counts_of(request, person),
        questions=QUESTIONS,
        answers=answers,
        missing={question.name: _(question.missing) for question in missing},
        subject=situation.subject if situation else None,
        advice=_advice(advise(situation, catalogue().services.values()), locale) if situation else None,
    )


def service_entry(service: Service, locale: str) -> dict[str, Any]:
    """What can be applied for, as a tile shows it."""
    return {
        "key": service.key,
        "href": f"/antrag/neu/{service.key}",
        "title": service.title.pick(locale),
        "summary": service.summary.pick(locale),
    }


def _known(answers: dict[str, str]) -> dict[str, str]:
    """Only what a question offers; an address can be typed by hand."""
    offered_values = {question.name: {value for value, _label in question.options} for question in QUESTIONS}
    return {name: value for name, value in answers.items() if value in offered_values[name]}


def _situation(answers: dict[str, str]) -> Situation | None:
    subject = subject_of(answers.get("thema", ""))
    if subject is None or len(answers) < len(QUESTIONS):
        return None
    rest = (cast(Any, answers[name]) for name in ("wunsch", "titel", "ablauf"))  # `_known` has checked them
    return Situation(subject, *rest)


def _advice(advice: Advice, locale: str) -> dict[str, Any]:
    return {
        "fits": [service_entry(service, locale) for service in advice.fits],
        "near": [service_entry(service, locale) for service in advice.near],
        "notes": [(_(NOTES[note][0]), _(NOTES[note][1])) for note in advice.notes],
    }
