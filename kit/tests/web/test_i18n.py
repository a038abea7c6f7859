"""Languages: which one, how to switch, and dates that cannot be misread."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from aktenlauf.kit.web import problem_texts
from aktenlauf.kit.web.i18n import LANGUAGES, Catalogue, date_long, date_num, datetime_num, speak, time_hm

from .conftest import PROBE, Installation, path_of

KIT = Path(problem_texts.__file__).parent.parent / "locales"
MIDNIGHT_IN_BERLIN = datetime(2026, 12, 6, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers,locale",
    [
        ({}, "de"),
        ({"Accept-Language": "en-US,en;q=0.9"}, "en"),
        ({"Accept-Language": "ar"}, "ar"),
        ({"Accept-Language": "ja, en;q=0.5, ar;q=0.8"}, "ar"),
        ({"Accept-Language": "en;q=0, de"}, "de"),
        ({"Accept-Language": "xx;q=oops,;;,=" + "," * 5000}, "de"),
        ({"Accept-Language": "en", "Cookie": "__Host-al_sprache=ar"}, "ar"),
        ({"Accept-Language": "en", "Cookie": "__Host-al_sprache=../../x"}, "en"),
    ],
)
async def test_the_language_is_the_chosen_one_then_the_browsers_then_german(
    installation: Installation, headers: dict[str, str], locale: str
) -> None:
    answer = await installation.browser().get("/hilfe", headers=headers)
    assert f'<p id="frame">{locale} ' in answer.text
    assert answer.headers["content-language"] == locale


async def test_switching_the_language_keeps_page_and_query(installation: Installation) -> None:
    browser = installation.browser()
    switched = await browser.get("/hilfe?ort=K%C3%B6ln&sprache=en&seite=2&seite=3")
    assert (switched.status_code, path_of(switched)) == (303, "/hilfe?ort=K%C3%B6ln&seite=2&seite=3")
    assert "Good day" in (await browser.get("/hilfe")).text


async def test_the_language_links_of_a_page_keep_its_query(installation: Installation) -> None:
    answer = await installation.browser().get("/hilfe?ort=ulm")
    assert '<a lang="de" href="/hilfe?ort=ulm&amp;sprache=de">Deutsch*</a>' in answer.text
    assert '<a lang="ar" href="/hilfe?ort=ulm&amp;sprache=ar">العربية</a>' in answer.text


@pytest.mark.parametrize(
    "path,target",
    [("//evil.test/", "/"), ("//evil.test", "/"), ("/%5C/evil.test", "/%5C/evil.test"), ("///evil.test", "/")],
)
async def test_switching_the_language_is_no_open_redirect(installation: Installation, path: str, target: str) -> None:
    answer = await installation.browser().get(f"https://aktenlauf.test{path}?sprache=en")
    assert (answer.status_code, answer.headers["location"]) == (303, target)


async def test_an_unknown_language_is_ignored(installation: Installation) -> None:
    answer = await installation.browser().get("/hilfe?sprache=xx")
    assert (answer.status_code, answer.headers["content-language"]) == (200, "de")
    assert "set-cookie" not in answer.headers


async def test_the_office_works_in_german(installation: Installation) -> None:
    staff = await installation.signed_in("vogt", "office")
    answer = await staff.get("/amt?sprache=en", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["content-language"]) == (200, "de")
    assert '<p id="languages"></p>' in answer.text


async def test_what_is_not_translated_appears_in_german(installation: Installation) -> None:
    answer = await installation.browser().get("/hilfe", headers={"Accept-Language": "ar"})
    assert "Guten Tag|2 Tage" in answer.text
    assert "ar rtl public" in answer.text


def test_a_service_overrides_the_words_of_the_kit(tmp_path: Path) -> None:
    own, kit = tmp_path / "own", tmp_path / "kit"
    for folder, words in ((own, "Own"), (kit, "Kit")):
        folder.mkdir()
        (folder / "en.po").write_text(f'msgid "Hilfe"\nmsgstr "{words}"\n', "utf-8")
    (kit / "more.en.po").write_text('msgid "Mehr"\nmsgstr "More"\n', "utf-8")
    texts = Catalogue([own, kit]).texts(LANGUAGES[1])
    assert (texts.gettext("Hilfe"), texts.gettext("Mehr")) == ("Own", "More")


@pytest.mark.parametrize("index,words", [(0, "7. Dezember 2026"), (1, "7 December 2026"), (2, "7 ديسمبر 2026")])
def test_dates_are_spelled_out_in_berlin_with_western_digits(index: int, words: str) -> None:
    speak(LANGUAGES[index], Catalogue([PROBE / "locales"]))
    assert date_long(MIDNIGHT_IN_BERLIN) == date_long(date(2026, 12, 7)) == date_long("2026-12-07") == words
    assert date_num(MIDNIGHT_IN_BERLIN) == "07.12.2026"
    assert datetime_num("2026-12-06T23:30:00Z") == "07.12.2026, 00:30"
    assert time_hm(MIDNIGHT_IN_BERLIN) == "00:30"


def test_a_moment_without_zone_is_never_shown() -> None:
    with pytest.raises(ValueError, match="zone"):
        datetime_num(datetime(2026, 12, 7, 1, 2))
    with pytest.raises(TypeError, match="no time"):
        time_hm(date(2026, 12, 7))


@pytest.mark.parametrize("code", ["en", "ar"])
def test_every_problem_text_is_translated(code: str) -> None:
    with (KIT / f"problems.{code}.po").open("rb") as file:
        translated = {message.id for message in read_po(file, locale=code) if message.string}
    words = [*problem_texts.TEXTS.values(), *problem_texts.SIGN_IN_TEXTS.values(), problem_texts.WRONG_LINK]
    needed = {text for pair in words for text in pair}
    needed |= {problem_texts.FIELD_MISSING, problem_texts.FIELD_INVALID, problem_texts.WRONG_HOST}
    assert needed - translated == set()
