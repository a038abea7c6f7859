"""The mailbox, over HTTP as a browser without script sees it."""

import re

import pytest

from aktenlauf.contracts.intake import MessageRead, QuestionAnswered
from aktenlauf.intake.pages.mailbox import TEXT_MAX_CHARACTERS

from .conftest import CASE, NUMBER, OTHER_CASE, Office, asked, decided, requested
from .visits import BOX, PAGE, happened, message_about, post, words


async def test_the_mailbox_shows_all_cases_and_counts_what_is_unread(office: Office) -> None:
    await office.submit()
    await office.submit(case=OTHER_CASE, number="AUF-2H8T")
    await office.reviewed(asked())
    answer = await (await office.browser()).get("/postfach")
    text = words(answer)
    assert NUMBER in text and "AUF-2H8T" in text and "Die Behörde hat eine Frage an Sie" in text
    assert re.search(r'href="/postfach"[^>]*>Postfach\s*<span class="al-count">3<', answer.text)


async def test_looking_at_a_message_makes_it_read_once(office: Office) -> None:
    await office.submit()
    await office.reviewed(asked())
    browser, path = await office.browser(), await message_about(office, "question")
    for _ in range(2):
        assert "Arbeiten Sie neben dem Studium?" in words(await browser.get(path))
    assert len(await happened(office, MessageRead)) == 1
    assert '<span class="al-count">1<' in (await browser.get("/postfach")).text


async def test_a_notice_is_opened_by_a_button_that_says_what_it_does__vwvfg_41_2a(office: Office) -> None:
    await office.submit()
    await office.reviewed(decided())
    browser, path = await office.browser(), await message_about(office, "notice")
    gate = await browser.get(path)
    assert "Wenn Sie das Schreiben öffnen, wird das festgehalten" in words(gate)
    assert "notice-1" not in gate.text
    assert await happened(office, MessageRead) == []
    assert (await post(browser, gate, path)).headers["location"] == path
    opened_page = await browser.get(path)
    assert f'href="/nachweise/{CASE}/notice-1?stand=review/case/{CASE}@' in opened_page.text
    assert "Rechtsbehelf möglich bis 28. Dezember 2026" in words(opened_page)
    assert len(await happened(office, MessageRead)) == 1


async def test_a_message_shows_the_translation_first_and_the_german_text_that_binds(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(requested())
    answer = await (await office.browser(language="ar")).get(await message_about(office, "evidence-request"))
    translated = answer.text.index("يُرجى تقديم ما يلي حتى")
    german = answer.text.index("Die Karte allein genügt nicht.")
    assert translated < german
    assert '<blockquote class="al-binding" lang="de" dir="ltr">' in answer.text


async def test_a_message_without_translation_into_this_language_is_marked_as_german(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(requested())
    answer = await (await office.browser(language="en")).get(await message_about(office, "evidence-request"))
    assert '<span lang="de">Bitte reichen Sie Unterlagen nach</span>' in answer.text
    assert "يُرجى" not in answer.text.split("</header>")[1]


async def test_a_question_is_answered_from_its_message(office: Office) -> None:
    await office.submit()
    await office.reviewed(asked())
    browser, path = await office.browser(), await message_about(office, "question")
    answer = await post(browser, await browser.get(path), f"{path}/antwort", text="Ja, acht Stunden.")
    assert answer.status_code == 303
    (answered,) = await happened(office, QuestionAnswered)
    assert isinstance(answered, QuestionAnswered) and answered.question == "q-1"
    page = await browser.get(path)
    assert "Sie haben diese Frage beantwortet" in words(page) and "Antwort senden" not in words(page)
    own = (await office.box())["messages"][0]
    assert "Ja, acht Stunden." in words(await browser.get(f"{BOX}/{own['id']}"))


@pytest.mark.parametrize(
    ("typed", "error"), [("   ", "Die Nachricht ist leer"), ("x" * (TEXT_MAX_CHARACTERS + 1), "erlaubt sind 10000")]
)
async def test_what_cannot_be_sent_stays_typed_and_is_explained(office: Office, typed: str, error: str) -> None:
    await office.submit()
    await office.reviewed(asked())
    browser, path = await office.browser(), await message_about(office, "question")
    for page, action in ((path, f"{path}/antwort"), (BOX, BOX)):
        answer = await post(browser, await browser.get(page), action, text=typed)
        assert answer.status_code == 422
        assert error in words(answer) and typed in answer.text
        assert 'href="#text"' in answer.text
    assert await happened(office, QuestionAnswered) == []


async def test_a_letter_is_sent_once_although_its_form_is_posted_twice(office: Office) -> None:
    await office.submit()
    browser = await office.browser()
    page = await browser.get(BOX)
    for _ in range(2):
        assert (await post(browser, page, BOX, text="Ich ziehe um.")).status_code == 303
    (letter,) = await happened(office, QuestionAnswered)
    assert isinstance(letter, QuestionAnswered) and letter.question is None
    assert "Ihre Nachricht Von Ihnen" in words(await browser.get(BOX))


async def test_the_same_command_with_another_text_is_refused(office: Office) -> None:
    await office.submit()
    browser = await office.browser()
    page = await browser.get(BOX)
    await post(browser, page, BOX, text="Ich ziehe um.")
    assert (await post(browser, page, BOX, text="Ich bleibe.")).status_code == 409


async def test_nobody_writes_to_a_withdrawn_case(office: Office) -> None:
    await office.submit()
    browser = await office.browser()
    thread = await browser.get(BOX)
    await post(browser, await browser.get(f"{PAGE}/zuruecknehmen"), f"{PAGE}/zuruecknehmen")
    assert "Nachricht senden" not in words(await browser.get(BOX))
    assert (await post(browser, thread, BOX, text="Doch!")).status_code == 422
