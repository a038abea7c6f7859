"""What each message says, in three languages."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from aktenlauf.contracts.intake import Message
from aktenlauf.contracts.scheduling import Slot
from aktenlauf.intake import messages

SLOT = Slot(office="lindenried", place="zollhaus", start=datetime(2026, 12, 3, 8, 40, tzinfo=UTC), minutes=20)
OLD = SLOT.model_copy(update={"start": datetime(2026, 12, 1, 7, 20, tzinfo=UTC)})
DUE, UNTIL = date(2026, 12, 7), datetime(2026, 12, 7, 22, 59, tzinfo=UTC)
WORDS = "Die Karte allein genügt nicht."
NUMBER = "AUF-7K3M-92QX-5"
TOLD = {"date": "2026-12-03", "from": "09:40", "place": "Zimmer 8"}

ALL: dict[str, tuple[Callable[[str], Message], str]] = {
    "receipt": (lambda lang: messages.receipt(NUMBER, UNTIL, lang), NUMBER),
    "question": (lambda lang: messages.question(WORDS, DUE, lang), "Montag, 7. Dezember 2026"),
    "question without deadline": (lambda lang: messages.question(WORDS, None, lang), WORDS),
    "request": (lambda lang: messages.evidence_request(WORDS, ["passport", "photo"], DUE, lang), "Reisepass und"),
    "notice": (lambda lang: messages.notice(NUMBER, DUE, lang), "7. Dezember 2026 als bekannt gegeben"),
    "notice by retrieval": (lambda lang: messages.notice(NUMBER, None, lang), "Tag nach Ihrem Abruf"),
    "invitation": (lambda lang: messages.appointment_offered("biometrics", UNTIL, lang), "Fingerabdrücke"),
    "booked": (lambda lang: messages.appointment_booked(SLOT, lang), "Donnerstag, 3. Dezember 2026, 09:40 Uhr"),
    "moved": (lambda lang: messages.appointment_moved(SLOT, OLD, lang), "Dienstag, 1. Dezember 2026"),
    "cancelled": (lambda lang: messages.appointment_cancelled("office", SLOT, lang), "findet nicht statt"),
    "cancelled by withdrawal": (lambda lang: messages.appointment_cancelled("withdrawn", None, lang), "zurückgenommen"),
    "expired": (lambda lang: messages.offer_expired(lang), "gilt nicht mehr"),
    **{
        f"status {code}": (lambda lang, code=code: messages.office_status(code, lang), said)  # type: ignore[misc]
        for code, said in {**messages.STATUSES, "99": "geändert"}.items()
    },
    "told appointment": (lambda lang: messages.office_appointment(TOLD, WORDS, lang), "3. Dezember 2026, 09:40 Uhr"),
    "told hint": (lambda lang: messages.office_appointment(None, WORDS, lang), WORDS),
    "closed": (lambda lang: messages.closed("decided", NUMBER, lang), "abgeschlossen"),
    "closed by withdrawal": (lambda lang: messages.closed("withdrawn", NUMBER, lang), "zurückgenommen"),
}


@pytest.mark.parametrize("name", ALL)
def test_german_is_always_there_and_binds(name: str) -> None:
    say, expected = ALL[name]
    german = say("de")
    assert expected in german.text
    assert (german.subject_translated, german.text_translated) == (None, None)
    for language in ("en", "ar"):
        assert (say(language).subject, say(language).text) == (german.subject, german.text)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", ALL)
def test_every_sentence_around_is_translated(name: str, language: str) -> None:
    message = ALL[name][0](language)
    assert message.subject_translated and message.text_translated
    assert message.subject_translated != message.subject
    german = set(message.text.split("\n\n")) - {WORDS}
    assert not german & set(message.text_translated.split("\n\n"))
    assert "{" not in message.text_translated + message.text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_offices_own_words_are_not_translated_and_their_place_is_told(language: str) -> None:
    message = messages.question(WORDS, DUE, language)
    assert message.text.startswith(WORDS)
    assert WORDS not in (message.text_translated or "")
    assert "German" in (message.text_translated or "") or "الألماني" in (message.text_translated or "")


def test_evidence_and_deadline_are_named_in_the_applicants_language() -> None:
    message = messages.evidence_request(WORDS, ["passport", "photo"], DUE, "en")
    assert "Passport and Biometric photo" in (message.text_translated or "")
    assert "7 December 2026" in (message.text_translated or "")


@pytest.mark.parametrize("language", ["de", "en", "ar"])
def test_a_notice_is_announced_the_same_way_whatever_it_decides(language: str) -> None:
    """There is no parameter for the outcome, and no word of it in the text."""
    message = messages.notice(NUMBER, DUE, language)
    everything = " ".join(filter(None, message.model_dump().values())).lower()
    for word in ("bewillig", "ablehn", "abgelehnt", "erteil", "granted", "refus", "رفض", "قبول"):
        assert word not in everything


def test_opening_a_notice_is_said_to_be_recorded() -> None:
    assert "Zeitpunkt des Abrufs festgehalten" in messages.notice(NUMBER, DUE, "de").text


def test_numbers_and_places_keep_their_direction_in_arabic() -> None:
    assert f"\u2068{NUMBER}\u2069" in (messages.receipt(NUMBER, UNTIL, "ar").text_translated or "")


def test_times_are_those_of_berlin_in_winter_and_summer() -> None:
    summer = SLOT.model_copy(update={"start": datetime(2026, 7, 2, 7, 40, tzinfo=UTC)})
    assert "09:40 Uhr" in messages.appointment_booked(summer, "de").text
    assert "23:59 Uhr" in messages.receipt(NUMBER, UNTIL, "de").text


def test_an_unknown_language_gets_german() -> None:
    assert messages.offer_expired("tlh").text_translated is None


@pytest.mark.parametrize("language", ["de", "en", "ar"])
def test_a_mail_tells_only_that_there_is_something_new(language: str) -> None:
    subject, text = messages.mail(NUMBER, "antrag.example", language)
    assert subject == f"Es gibt Neues zu Ihrem Antrag {NUMBER}"
    assert "Geben Sie antrag.example in Ihren Browser ein" in text
    assert "http" not in text and "/antrag" not in text
    assert ("---" in text) == (language != "de")
