"""The whole run in a real browser, with pictures; the same without script, and one page by keyboard alone.

What a machine can find wrong on any of these pages (axe: serious or critical, a sideways scroll, a script error, a
breach of the content security policy, two primary buttons) fails the test that met it.
"""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Route, expect

from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.testing import files

from ..installed import Running
from .person import Person, faults
from .whole_run import answer_all, begin, declare_and_send, first_click_to_decision

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


async def test_an_application_from_the_first_click_to_the_decision(running: Running, browser: Browser) -> None:
    await first_click_to_decision(browser, running.url)


async def test_all_of_it_works_without_script(running: Running, browser: Browser) -> None:
    applicant = await Person.at(browser, running.url, java_script_enabled=False)
    await applicant.sign_in("", "Pia Probe")
    case = await begin(applicant)
    await answer_all(applicant, case)
    await applicant.open(f"/nachweise/{case}")
    await applicant.attach("passport", "Pass.pdf", files.pdf(2), "application/pdf")
    await declare_and_send(applicant, case)
    await applicant.open(f"/postfach/{case}")
    await applicant.fill_control("text", "Wann kann ich mit einer Antwort rechnen?")
    await applicant.press(applicant.page.locator("main button.kern-btn--primary"))
    await applicant.open(f"/postfach/{case}")
    await expect(applicant.page.locator("main .al-mails")).to_contain_text("Ihre Nachricht")
    assert faults(applicant) == ""


async def test_a_session_about_to_end_can_be_kept_more_than_once(running: Running, browser: Browser) -> None:
    person = await Person.at(browser, running.url)
    await person.sign_in("", "Amira")
    soon = (system_clock() + timedelta(minutes=4)).isoformat()

    async def ends_soon(route: Route) -> None:
        answer = await route.fetch()
        page = re.sub(r'data-session-ends="[^"]+"', f'data-session-ends="{soon}"', await answer.text())
        await route.fulfill(response=answer, body=page)

    await person.page.route("**/postfach", ends_soon)
    await person.page.clock.install()
    await person.open("/postfach")
    notice = person.page.locator("#sitzung")
    await expect(notice).to_contain_text("in 4 Minuten abgemeldet")
    await person.look("session-ends")
    await notice.get_by_role("button", name="Angemeldet bleiben").click()
    await expect(notice).to_be_hidden()
    await person.page.clock.fast_forward(timedelta(minutes=26) // timedelta(milliseconds=1))
    await expect(notice).to_contain_text("abgemeldet")
    assert faults(person) == ""


async def test_a_question_is_answered_by_keyboard_alone(running: Running, browser: Browser) -> None:
    person = await Person.at(browser, running.url)
    await person.sign_in("", "Amira")
    case = await begin(person)
    await person.open(f"/antrag/{case}/person_name")
    await person.page.keyboard.press("Tab")
    assert await person.page.evaluate("document.activeElement.textContent.trim()") == "Zum Inhalt springen"
    for _ in range(60):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("document.activeElement.name") == "person.family_name":
            break
    await person.page.keyboard.type("Haddad")
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("#fehler")).to_be_focused()
    assert await person.page.locator('[name="person.family_name"]').input_value() == "Haddad"
    await person.page.keyboard.press("Tab")
    await person.page.keyboard.press("Enter")
    assert await person.page.evaluate("document.activeElement.name || ''") != "", "the summary leads to the field"
    assert faults(person) == ""
