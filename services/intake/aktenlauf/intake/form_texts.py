"""The words for each field error. German is the message id; translations are in `locales/forms.*.po`."""

from collections.abc import Callable

from aktenlauf.contracts.catalogue import FormField
from aktenlauf.intake.values import Code, FieldError

MESSAGES: dict[Code, str] = {
    "required": "Diese Angabe fehlt. Bitte füllen Sie das Feld aus.",
    "choose": "Bitte wählen Sie eine Antwort aus.",
    "declare": "Ohne diese Erklärung können Sie den Antrag nicht absenden. Bitte setzen Sie den Haken.",
    "too_long": "Der Text hat {length} Zeichen, erlaubt sind {max}. Bitte kürzen Sie ihn.",
    "letter": "Das Zeichen „{letter}“ ({code}) kann die Behörde nicht verarbeiten. "
    "Bitte schreiben Sie mit lateinischen Buchstaben.",
    "date_incomplete": "Das Datum ist nicht vollständig. Bitte ergänzen Sie, was fehlt.",
    "date_digits": "Bitte schreiben Sie das Datum nur mit Ziffern.",
    "date_year": "Bitte schreiben Sie das Jahr mit vier Ziffern, zum Beispiel 1995.",
    "date_impossible": "Das Datum {date} gibt es nicht. Bitte prüfen Sie Tag und Monat.",
    "date_future": "Das Datum liegt in der Zukunft. Bitte prüfen Sie es.",
    "date_past": "Das Datum liegt in der Vergangenheit. Bitte prüfen Sie es.",
    "date_range": "Das Jahr muss zwischen {from} und {to} liegen.",
    "number": "Bitte geben Sie eine ganze Zahl ein, nur mit Ziffern.",
    "amount": "Bitte geben Sie einen Betrag in Euro ein, zum Beispiel 1050 oder 1050,50.",
    "too_small": "Die Zahl ist zu klein. Das Mindeste ist {min}.",
    "too_large": "Die Zahl ist zu groß. Das Höchste ist {max}.",
    "email": "Das ist keine vollständige E-Mail-Adresse. Sie sieht zum Beispiel so aus: name@example.org",
    "phone": "Bitte beginnen Sie die Telefonnummer mit + oder 0 und schreiben Sie sonst nur Ziffern.",
    "postcode": "Eine Postleitzahl in Deutschland hat fünf Ziffern.",
    "house_number": "Bitte schreiben Sie eine Hausnummer, zum Beispiel 12 oder 12 a. Bei 12–14 genügt 12. "
    "Hat das Haus keine Nummer, schreiben Sie 0.",
    "option": "Diese Antwort steht nicht zur Wahl. Bitte wählen Sie eine aus der Liste.",
    "country": "Bitte wählen Sie einen Staat aus der Liste.",
    "too_many": "Das sind zu viele Einträge, erlaubt sind höchstens {max}.",
    "shape": "Diese Angabe können wir nicht lesen. Bitte geben Sie sie noch einmal ein.",
}
NAME_LETTERS = (
    "Das Zeichen „{letter}“ ({code}) kann in Namen nicht verwendet werden. "
    "Bitte schreiben Sie den Namen mit lateinischen Buchstaben, so wie in Ihrem Pass."
)


def error_text(error: FieldError, field: FormField, translate: Callable[[str], str]) -> str:
    """What to show beside the field; `translate` is gettext in the page's language, `field` the one that erred
    (for an entry of a group, its member)."""
    message = NAME_LETTERS if (error.code, field.type) == ("letter", "name") else MESSAGES[error.code]
    return translate(message).format_map(error.params)
