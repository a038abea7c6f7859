"""The page's language: which one, its texts, its dates. German is the source language and the fallback."""

import io
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aktenlauf.contracts.site import owner
from aktenlauf.kit.identity import same_origin_path
from aktenlauf.kit.web.cookies import Cookies

COOKIE = "al_sprache"
PARAMETER = "sprache"
_COOKIE_SECONDS = 365 * 24 * 3600
_BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Language:
    """`code` for HTML, `babel` for dates (British English: babel's plain `en` writes the month first)."""

    code: str
    name: str
    direction: str
    babel: str


LANGUAGES: tuple[Language, ...] = (
    Language("de", "Deutsch", "ltr", "de"),
    Language("en", "English", "ltr", "en_GB"),
    Language("ar", "العربية", "rtl", "ar"),
)
GERMAN = LANGUAGES[0]
_BY_CODE = {language.code: language for language in LANGUAGES}


class Catalogue:
    """The texts of one service: its own folder before the kit's, `en.po` and `<anything>.en.po` of each."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._texts = {language.code: _load(language.code, folders) for language in LANGUAGES}

    def texts(self, language: Language) -> NullTranslations:
        """The translations into `language`."""
        return self._texts[language.code]


def _load(code: str, folders: Sequence[Path]) -> NullTranslations:
    if code == GERMAN.code:
        return NullTranslations()
    found = [
        file
        for folder in reversed(folders)
        for file in sorted([*folder.glob(f"{code}.po"), *folder.glob(f"*.{code}.po")])
    ]
    compiled = [_compiled(file, code) for file in found]
    texts = Translations()  # a fresh one, as the compiled ones are shared by all services
    for each in compiled:
        texts.merge(each)
        texts.plural = each.plural  # which merging leaves out
    return texts


@cache  # five services read the same files of the kit
def _compiled(file: Path, code: str) -> Translations:
    with file.open("rb") as source:
        catalogue = read_po(source, locale=code)
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return Translations(binary)


def language_of(request: Request, cookies: Cookies) -> Language:
    """Cookie, then Accept-Language, then German. The office works in German."""
    if owner(request.url.path).side == "office":
        return GERMAN
    chosen = _BY_CODE.get(cookies.get(request, COOKIE) or "")
    return chosen or _accepted(request.headers.get("accept-language", "")) or GERMAN


def _accepted(header: str) -> Language | None:
    """The first language of ours by weight. source: RFC 9110 section 12.5.4; what does not parse is skipped."""
    found: list[tuple[float, Language]] = []
    for part in header.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        language = _BY_CODE.get(tag.split("-")[0].strip().lower())
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language and weight > 0:
            found.append((-weight, language))
    return min(found, key=lambda entry: entry[0])[1] if found else None


class LanguageSwitch:
    """ASGI middleware: `?sprache=en` on any public page remembers the choice and shows that page again."""

    def __init__(self, app: ASGIApp, cookies: Cookies) -> None:
        self.app = app
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or owner(scope["path"]).side != "public":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        chosen = _BY_CODE.get(request.query_params.get(PARAMETER, ""))
        if chosen is None:
            await self.app(scope, receive, send)
            return
        response = RedirectResponse(_without_choice(request.url), 303)
        self._cookies.put(response, COOKIE, chosen.code, _COOKIE_SECONDS)
        await response(scope, receive, send)


def _without_choice(url: URL) -> str:
    rest = url.remove_query_params(PARAMETER)
    return same_origin_path(rest.path + (f"?{rest.query}" if rest.query else ""), "/")


@dataclass(frozen=True, slots=True)
class Speech:
    """The language and texts of the page that is being rendered."""

    language: Language
    texts: NullTranslations


_SPEECH: ContextVar[Speech] = ContextVar("speech", default=Speech(GERMAN, NullTranslations()))  # noqa: B039 frozen


def speak(language: Language, catalogue: Catalogue) -> None:
    """From here on, in this request, `translate` and the filters speak `language`.

    Kept in a context variable, because Jinja's imported macros see no page context.
    """
    _SPEECH.set(Speech(language, catalogue.texts(language)))


def translate(message: str) -> str:
    """The text in the page's language; the German one where there is no translation."""
    return str(_SPEECH.get().texts.gettext(message)) if message else ""


def translate_plural(singular: str, plural: str, number: int) -> str:
    """The form of the text that fits `number`: two in German, six in Arabic."""
    return str(_SPEECH.get().texts.ngettext(singular, plural, number))


When = datetime | date | str


def date_long(value: When) -> str:
    """`7. Dezember 2026`, in the page's language; Western digits in Arabic, to match the German letter."""
    return str(format_date(_day(value), "long", locale=_SPEECH.get().language.babel))


def date_num(value: When) -> str:
    """`07.12.2026`, for tables of the office."""
    return _day(value).strftime("%d.%m.%Y")


def datetime_num(value: When) -> str:
    """`07.12.2026, 14:52`, in Berlin."""
    return _moment(value).strftime("%d.%m.%Y, %H:%M")


def time_hm(value: When) -> str:
    """`14:52`, in Berlin."""
    return _moment(value).strftime("%H:%M")


def bdi(value: object) -> Markup:
    """A name or number that keeps its own direction inside text of the other one."""
    return Markup("<bdi>{}</bdi>").format(escape(value))


FILTERS = {f.__name__: f for f in (date_long, date_num, datetime_num, time_hm, bdi)}


def _day(value: When) -> date:
    """The calendar day, of a moment the one in Berlin. Accepts ISO 8601 text, as documents hold it."""
    if isinstance(value, str) and len(value) == len("2026-12-07"):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _moment(value).date()


def _moment(value: When) -> datetime:
    """Raises ValueError for a time without zone, TypeError for a day: neither says which moment is meant."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise TypeError("a day has no time")
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment.astimezone(UTC).astimezone(_BERLIN)
