"""Messages opened for a page: in the language that they were translated into, else in German."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from aktenlauf.contracts.intake import ApplicationContent, FreeText, Message
from aktenlauf.intake.pages.words import sender_of, when_words
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.i18n import GERMAN, Language
from aktenlauf.kit.web.i18n import translate as _


@dataclass(frozen=True)
class Letter:
    """A message as it is shown. `lang` is that of `subject` and `text`; `german` holds the binding text if that
    is another one. `erased`: there is nothing left to show."""

    subject: str
    text: str
    lang: str = GERMAN.code
    german: str = ""
    erased: bool = False

    @property
    def title(self) -> Markup:
        """The subject, marked where it is not in the page's language."""
        return Markup('<span lang="{}">{}</span>').format(self.lang, self.subject)


async def open_letter(service: Service, box: Document, message: Document, language: Language) -> Letter:
    """The content of one entry of a mailbox, the office's or the applicant's own."""
    if message["from"] == "applicant":
        own = await service.ports.sealing.open_token(message["sealed"], FreeText)
        subject = _("Ihre Antwort") if message["answers"] else _("Ihre Nachricht")
        return Letter(subject, own.text, language.code) if isinstance(own, FreeText) else _erased(language)
    content = await service.ports.sealing.open_token(message["sealed"], Message)
    if not isinstance(content, Message):
        return _erased(language)
    if content.text_translated and language.code == await _translated_into(service, box):
        return Letter(
            content.subject_translated or content.subject, content.text_translated, language.code, content.text
        )
    return Letter(content.subject, content.text)


async def listed(
    service: Service, box: Document, language: Language, today: date, most: int | None = None
) -> list[dict[str, Any]]:
    """Entries for `parts.mails`, newest first."""
    return [
        {
            "href": f"/postfach/{box['case']}/{message['id']}",
            "title": (await open_letter(service, box, message, language)).title,
            "from": sender_of(message, box["office"]),
            "when": when_words(message["at"], today, language),
            "at": message["at"],
            "unread": is_unread(message),
        }
        for message in box.get("messages", [])[:most]
    ]


def is_unread(message: Document) -> bool:
    """Whether this is a message of the office that was not opened."""
    return message["from"] == "office" and not message["read_at"]


def find_message(box: Document, message: str) -> Document | None:
    """The entry of this id."""
    return next((entry for entry in box.get("messages", []) if entry["id"] == message), None)


def refers_to(box: Document, what: str) -> Document | None:
    """The newest message about this question, request or decision."""
    return next((entry for entry in box.get("messages", []) if entry.get("refers_to") == what), None)


def _erased(language: Language) -> Letter:
    return Letter(_("Der Inhalt wurde gelöscht"), "", language.code, erased=True)


async def _translated_into(service: Service, box: Document) -> str:
    content = await service.ports.sealing.open_token(box["application"], ApplicationContent)
    return content.locale if isinstance(content, ApplicationContent) else GERMAN.code
