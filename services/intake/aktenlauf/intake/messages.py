"""What each message in the mailbox says: German, which binds, and a translation into the applicant's language.

The office's own words stay as they were written; the sentences around them are ours and are translated. Nothing here
tells an outcome: a notice is read in the notice. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.lists import format_list

from aktenlauf.contracts.catalogue import Text, catalogue
from aktenlauf.contracts.intake import Message
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.scheduling import Slot
from aktenlauf.kit.web.i18n import LANGUAGES, Catalogue, Language

_BERLIN = ZoneInfo("Europe/Berlin")
_GERMAN = LANGUAGES[0]
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"

Value = date | datetime | str | Text | Sequence[Text]


@dataclass(frozen=True)
class Said:
    """A sentence: its German text, which is the msgid, and what goes into it."""

    text: str
    params: Mapping[str, Value] = field(default_factory=dict)


PURPOSES: Mapping[str, str] = {
    "biometrics": "Foto und Fingerabdrücke für Ihre Karte",
    "handover": "Abholung Ihrer Karte",
    "interview": "Gespräch zu Ihrem Antrag",
}
STATUSES: Mapping[str, str] = {
    "01": "Die Behörde hat Ihren Antrag in ihrem System erfasst.",
    "02": "Die Behörde hat Ihre Antwort erhalten.",
    "03": "Die Behörde hat Ihre Rücknahme erhalten.",
    "05": "Die Behörde hat Ihren Antrag geprüft.",
}
"""130104, code list of the status; another code is told as "something new"."""
OTHER_STATUS = "Die Behörde hat den Stand Ihres Antrags geändert."
_NOTHING_TO_DO = Said("Sie müssen jetzt nichts tun.")
_IN_GERMAN = Said("Was die Behörde schreibt, steht im deutschen Text.")
_CHANGE_IT = Said("Auf der Seite „Ihr Termin“ können Sie ihn verschieben oder absagen.")


def receipt(number: str, submitted_at: datetime, locale: str) -> Message:
    """The application came in."""
    said = [
        Said(
            "Ihr Antrag {number} ist am {day} um {time} Uhr eingegangen.",
            {"number": number, "day": _day(submitted_at), "time": _time(submitted_at)},
        ),
        Said("Die Eingangsbestätigung (PDF) liegt bei. Bitte bewahren Sie sie auf."),
        Said("Sie müssen jetzt nichts tun. Wir schreiben Ihnen hier, sobald es etwas Neues gibt."),
    ]
    return _message(Said("Ihr Antrag ist eingegangen"), said, locale)


def question(words: str, deadline: date | None, locale: str) -> Message:
    """The office asks; `words` are its own."""
    until = (
        Said("Bitte antworten Sie bis {deadline} hier im Postfach.", {"deadline": deadline})
        if deadline
        else Said("Bitte antworten Sie hier im Postfach.")
    )
    return _message(Said("Die Behörde hat eine Frage an Sie"), [until], locale, words)


def evidence_request(words: str, kinds: Sequence[str], deadline: date, locale: str) -> Message:
    """The office asks for documents; `kinds` are those of the catalogue."""
    names = [catalogue().evidence[kind].label for kind in kinds]
    said = [
        Said("Bitte reichen Sie bis {deadline} nach: {evidence}.", {"deadline": deadline, "evidence": names}),
        Said("Schaffen Sie es bis dahin nicht, schreiben Sie uns bitte vorher hier im Postfach."),
    ]
    return _message(Said("Bitte reichen Sie Unterlagen nach"), said, locale, words)


def notice(number: str, announced_on: date | None, locale: str) -> Message:
    """A letter lies ready; what it says is said nowhere else."""
    said = [Said("Zu Ihrem Antrag {number} liegt ein Schreiben der Behörde bereit.", {"number": number})]
    if announced_on:
        said.append(Said("Es gilt am {day} als bekannt gegeben.", {"day": announced_on}))
    else:
        said.append(Said("Es gilt am Tag nach Ihrem Abruf als bekannt gegeben."))
    said += [
        Said("Wenn Sie es öffnen, wird der Zeitpunkt des Abrufs festgehalten."),
        Said("Im Schreiben steht, was Sie tun können, wenn Sie nicht einverstanden sind, und bis wann."),
    ]
    return _message(Said("Ein Schreiben liegt für Sie bereit"), said, locale)


def appointment_offered(purpose: str, until: datetime, locale: str) -> Message:
    """An invitation to choose a time."""
    said = [
        Said("Bitte wählen Sie bis {day} einen Termin.", {"day": _day(until)}),
        Said("Worum es geht: {purpose}.", {"purpose": _words(PURPOSES[purpose])}),
    ]
    return _message(Said("Bitte wählen Sie einen Termin"), said, locale)


def appointment_booked(slot: Slot, locale: str) -> Message:
    """The place is taken."""
    said = [_when(slot), _where(slot), Said("Bitte bringen Sie Ihren Pass mit."), _CHANGE_IT]
    return _message(Said("Ihr Termin steht fest"), said, locale)


def appointment_moved(slot: Slot, released: Slot, locale: str) -> Message:
    """Another place, and the old one is given back."""
    old = Said("Der Termin am {day} ist damit frei für andere.", {"day": _day(released.start)})
    return _message(Said("Ihr Termin wurde verschoben"), [_when(slot), _where(slot), old, _CHANGE_IT], locale)


def appointment_cancelled(reason: str, released: Slot | None, locale: str) -> Message:
    """By the office, or because the application was withdrawn."""
    gone = (
        Said(
            "Ihr Termin am {day} um {time} Uhr findet nicht statt.",
            {"day": _day(released.start), "time": _time(released.start)},
        )
        if released
        else Said("Die Einladung zu einem Termin gilt nicht mehr.")
    )
    why = (
        Said("Sie haben Ihren Antrag zurückgenommen.")
        if reason == "withdrawn"
        else Said("Wenn Sie noch einen Termin brauchen, laden wir Sie wieder ein.")
    )
    return _message(Said("Ihr Termin wurde abgesagt"), [gone, why], locale)


def offer_expired(locale: str) -> Message:
    """Nobody chose in time."""
    said = [
        Said("Sie haben bis zum Ende der Frist keinen Termin gewählt. Die Einladung gilt nicht mehr."),
        Said("Schreiben Sie uns hier im Postfach, wenn Sie einen Termin brauchen."),
    ]
    return _message(Said("Die Frist für Ihren Termin ist vorbei"), said, locale)


def office_status(status: str | None, locale: str) -> Message:
    """130104: what the office's own system says about the application."""
    said = [Said(STATUSES.get(status or "", OTHER_STATUS)), _NOTHING_TO_DO]
    return _message(Said("Neuer Stand Ihres Antrags"), said, locale)


def office_appointment(appointment: Mapping[str, Any] | None, words: str, locale: str) -> Message:
    """130105: an appointment that the office's own system has set; every part may be missing."""
    given = appointment or {}
    said = []
    if given.get("date") and given.get("from"):
        day, time = date.fromisoformat(str(given["date"])), str(given["from"])[:5]
        said.append(Said("Ihr Termin: {day}, {time} Uhr.", {"day": day, "time": time}))
    if given.get("place"):
        said.append(Said("Ort: {place}", {"place": str(given["place"])}))
    return _message(Said("Die Behörde teilt Ihnen einen Termin mit"), said, locale, words)


def closed(reason: str, number: str, locale: str) -> Message:
    """Nothing more happens in this case."""
    why = (
        Said("Sie haben Ihren Antrag {number} zurückgenommen. Er wird nicht weiter bearbeitet.", {"number": number})
        if reason == "withdrawn"
        else Said("Ihr Antrag {number} ist abgeschlossen.", {"number": number})
    )
    kept = Said("Nachrichten und Schreiben können Sie weiter ansehen, bis die Behörde sie löscht.")
    return _message(Said("Ihr Antrag ist abgeschlossen"), [why, kept], locale)


def mail(number: str, address: str, locale: str) -> tuple[str, str]:
    """Subject and text of the mail that says only that there is something new: German, then the other language.

    No link that could be copied by a fraud, no content, no reason: a mail is read by whoever carries it.
    """
    typed = Text(de=address, en=address, ar=address)  # without isolates: they would be copied into the browser
    subject = Said("Es gibt Neues zu Ihrem Antrag {number}", {"number": number})
    said = [
        Said("Es gibt Neues zu Ihrem Antrag {number}.", {"number": number}),
        Said("So sehen Sie es: Geben Sie {address} in Ihren Browser ein und melden Sie sich an.", {"address": typed}),
        Said("Diese Mail enthält aus Sicherheitsgründen keinen Link und keinen Inhalt. Bitte antworten Sie nicht."),
    ]
    parts = ["\n\n".join(_say(sentence, language) for sentence in said) for language in _spoken(locale)]
    return _say(subject, _GERMAN), "\n\n---\n\n".join(parts) + "\n"


def _message(subject: Said, said: Sequence[Said], locale: str, words: str = "") -> Message:
    """`words` come first in German; the translation says where they stand."""
    german = [words.strip()] if words.strip() else []
    german += [_say(sentence, _GERMAN) for sentence in said]
    message = Message(subject=_say(subject, _GERMAN), text="\n\n".join(german))
    language = _language(locale)
    if language is _GERMAN:
        return message
    around = [*said, *([_IN_GERMAN] if words.strip() else [])]
    translated = "\n\n".join(_say(sentence, language) for sentence in around)
    return message.model_copy(update={"subject_translated": _say(subject, language), "text_translated": translated})


def _when(slot: Slot) -> Said:
    return Said("Ihr Termin: {day}, {time} Uhr.", {"day": _day(slot.start), "time": _time(slot.start)})


def _where(slot: Slot) -> Said:
    return Said("Ort: {place}", {"place": place_of(slot.office, slot.place)})


def place_of(office: str, key: str) -> str:
    """Where to go, as it stands on the building; the office's address where the counter is not known any more."""
    found = offices()[office]
    place = found.place(key)
    if place:
        return f"{place.name}, {place.room}, {place.address}"
    a = found.address
    return f"{found.authority}, {found.name}, {a.street} {a.house_number}, {a.postcode} {a.city}"


def _say(sentence: Said, language: Language) -> str:
    said = str(_texts().texts(language).gettext(sentence.text))
    return said.format_map({name: _shown(value, language) for name, value in sentence.params.items()})


def _shown(value: Value, language: Language) -> str:
    match value:
        case date():
            return str(format_date(value, "full", locale=language.babel))
        case Text():
            return value.pick(language.code)
        case str():
            # a number or German address keeps its own direction inside right-to-left text (UAX #9)
            return f"{_FIRST_STRONG_ISOLATE}{value}{_POP_ISOLATE}" if language.direction == "rtl" else value
        case _:
            return str(format_list([text.pick(language.code) for text in value], locale=language.babel))


def _words(text: str) -> Text:
    """Words of ours inside a sentence of ours."""
    spoken = {language.code: str(_texts().texts(language).gettext(text)) for language in LANGUAGES}
    return Text(**spoken)


def _spoken(locale: str) -> list[Language]:
    language = _language(locale)
    return [_GERMAN] if language is _GERMAN else [_GERMAN, language]


def _language(locale: str) -> Language:
    return next((language for language in LANGUAGES if language.code == locale), _GERMAN)


def _day(moment: datetime) -> date:
    return moment.astimezone(_BERLIN).date()


def _time(moment: datetime) -> str:
    return moment.astimezone(_BERLIN).strftime("%H:%M")


@cache
def _texts() -> Catalogue:
    return Catalogue([Path(__file__).parent / "locales"])
