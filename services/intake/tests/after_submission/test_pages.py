"""The pages after submission, over HTTP as a browser without script sees them."""

import re
from datetime import UTC, datetime

import pytest

from aktenlauf.contracts.common import Accessed
from aktenlauf.contracts.intake import ApplicationWithdrawn, SupplementFiled
from aktenlauf.contracts.review import CaseClosed
from aktenlauf.contracts.scheduling import AppointmentBooked, AppointmentOffered, Slot
from aktenlauf.kit.erasure import OrderErasure
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import hidden_fields

from .conftest import AMIRA, CASE, LINH, NUMBER, OTHER_CASE, Office, asked, decided, opened, requested
from .visits import BOX, PAGE, happened, message_about, post, words

SLOT = Slot(office="lindenried", place="zollhaus", start=datetime(2026, 12, 3, 8, 40, tzinfo=UTC), minutes=20)


# --- the case -----------------------------------------------------------------------------------------------------


async def test_a_fresh_case_says_where_it_stands_and_that_nothing_is_to_do(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened())
    answer = await (await office.browser()).get(PAGE)
    text = words(answer)
    assert answer.status_code == 200
    for expected in (
        NUMBER,
        "Schritt 1 von 5: Ihr Antrag ist eingegangen",
        "Sie müssen jetzt nichts tun",
        "Ihr Aufenthaltstitel gilt weiter",
        "Montag, 23. November 2026, 09:00 Uhr",
        "Eingangsbestätigung (PDF)",
    ):
        assert expected in text
    assert 'class="al-next"' not in answer.text


async def test_the_legal_effect_is_told_in_the_readers_language_with_the_german_text(office: Office) -> None:
    await office.submit(locale="ar")
    await office.reviewed(opened())
    answer = await (await office.browser(language="ar")).get(PAGE)
    assert "يبقى تصريح إقامتك ساريًا" in answer.text
    assert "gilt vom Zeitpunkt seines Ablaufs bis zur Entscheidung der Ausländerbehörde" in answer.text
    assert 'dir="rtl"' in answer.text


@pytest.mark.parametrize("effect", ["stay_permitted", "removal_suspended", "order_possible", "unclear", "none"])
async def test_every_legal_effect_has_its_words(office: Office, effect: str) -> None:
    await office.submit()
    await office.reviewed(opened(effect))
    answer = await (await office.browser()).get(PAGE)
    assert answer.status_code == 200
    assert 'class="al-law"' in answer.text and "Ihr Aufenthaltstitel gilt weiter" not in answer.text


async def test_a_request_is_the_one_next_step_with_its_deadline(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested(), asked())
    answer = await (await office.browser()).get(PAGE)
    text = words(answer)
    assert "Reichen Sie nach: Nachweis der Krankenversicherung" in text
    assert "Bis Montag, 7. Dezember 2026 (noch 14 Tage)" in text
    assert f'href="/nachweise/{CASE}?zu=r-1"' in answer.text
    assert answer.text.count('class="al-next"') == 1


async def test_what_was_uploaded_is_sent_off_by_a_second_step(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested())
    await office.uploaded("doc-2", "health_insurance")
    browser = await office.browser()
    page = await browser.get(PAGE)
    assert "Senden Sie Ihre Unterlagen ab" in words(page)
    answer = await post(browser, page, f"{PAGE}/nachreichen")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    (filed,) = await happened(office, SupplementFiled)
    assert isinstance(filed, SupplementFiled)
    assert (filed.request, [ref.document for ref in filed.documents]) == ("r-1", ["doc-2"])
    assert "Senden Sie Ihre Unterlagen ab" not in words(await browser.get(PAGE))


async def test_the_same_form_posted_twice_files_once(office: Office) -> None:
    await office.submit()
    await office.uploaded("doc-2", "photo")
    browser = await office.browser()
    page = await browser.get(PAGE)
    for _ in range(2):
        assert (await post(browser, page, f"{PAGE}/nachreichen")).status_code == 303
    (filed,) = await happened(office, SupplementFiled)
    assert isinstance(filed, SupplementFiled) and filed.request is None


async def test_files_go_under_the_request_that_asked_for_their_kind(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested("r-1", "health_insurance"), requested("r-2", "passport"))
    for document, kind in (("doc-2", "health_insurance"), ("doc-3", "passport"), ("doc-4", "photo")):
        await office.uploaded(document, kind)
    browser = await office.browser()
    await post(browser, await browser.get(PAGE), f"{PAGE}/nachreichen")
    filed = {
        event.request: [ref.document for ref in event.documents]
        for event in await happened(office, SupplementFiled)
        if isinstance(event, SupplementFiled)
    }
    assert filed == {"r-1": ["doc-2"], "r-2": ["doc-3"], None: ["doc-4"]}


async def test_sent_from_a_request_only_its_kinds_are_filed(office: Office) -> None:
    await office.submit()
    await office.reviewed(requested("r-1", "health_insurance"))
    await office.uploaded("doc-2", "health_insurance")
    await office.uploaded("doc-4", "photo")
    browser, path = await office.browser(), await message_about(office, "evidence-request")
    page = await browser.get(path)
    assert "Unterlagen absenden" in words(page)
    await post(browser, page, f"{PAGE}/nachreichen")
    (filed,) = await happened(office, SupplementFiled)
    assert isinstance(filed, SupplementFiled)
    assert [ref.document for ref in filed.documents] == ["doc-2"]
    await office.settled()
    assert "Sie haben alles eingereicht" in words(await browser.get(path))


async def test_an_invitation_and_a_booked_appointment_stand_on_the_case(office: Office) -> None:
    await office.submit()
    fields = {"offer": "o", "purpose": "biometrics", "office": "lindenried", "party": "p", "minutes": 20}
    until = datetime(2026, 12, 10, tzinfo=UTC)
    await office.scheduled(AppointmentOffered.model_validate({**fields, "until": until}))
    browser = await office.browser()
    text = words(await browser.get(PAGE))
    assert "Wählen Sie einen Termin" in text and "Bis Donnerstag, 10. Dezember 2026" in text
    await office.scheduled(AppointmentBooked(choice="c", slot=SLOT))
    await office.settled()
    text = words(await browser.get(PAGE))
    assert "Donnerstag, 3. Dezember 2026, 09:40 Uhr" in text
    assert "Altes Zollhaus, Zimmer 8" in text and "Kommen Sie zu Ihrem Termin" in text


async def test_a_decision_shows_no_verdict_and_leads_through_the_mailbox(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened(), decided("refused"))
    answer = await (await office.browser()).get(PAGE)
    text = words(answer)
    assert "Lesen Sie das Schreiben der Behörde" in text
    assert f'href="{await message_about(office, "notice")}"' in answer.text
    assert f"/nachweise/{CASE}/notice-1" not in answer.text
    assert not re.search("abgelehnt|bewilligt|Ablehnung", text)


async def test_the_whole_story_is_one_link_away(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened(), requested(), asked(), requested("r-2", "photo"), decided())
    browser = await office.browser()
    assert "Antrag eingegangen" not in words(await browser.get(PAGE))
    assert "Antrag eingegangen" in words(await browser.get(f"{PAGE}?verlauf=alle"))


async def test_taking_back_asks_first_and_is_done_once(office: Office) -> None:
    await office.submit()
    browser = await office.browser()
    page = await browser.get(f"{PAGE}/zuruecknehmen")
    assert "Das lässt sich nicht rückgängig machen" in words(page)
    assert await happened(office, ApplicationWithdrawn) == []
    for _ in range(2):
        assert (await post(browser, page, f"{PAGE}/zuruecknehmen")).headers["location"] == PAGE
    assert len(await happened(office, ApplicationWithdrawn)) == 1
    assert "Sie haben diesen Antrag zurückgenommen" in words(await browser.get(PAGE))
    assert "nicht mehr möglich" in words(await browser.get(f"{PAGE}/zuruecknehmen"))


async def test_who_looked_is_told_with_role_office_time_and_what(office: Office) -> None:
    await office.submit()
    browser = await office.browser()
    assert "Bisher hat niemand Ihre Akte angesehen" in words(await browser.get(f"{PAGE}/einsicht"))
    look = Accessed(role="caseworker", office="lindenried", what="document", document="doc-1")
    await office.stand.happened("documents", look, stream=f"documents/access/{CASE}", case=CASE, actor="staff-secret")
    await office.settled()
    answer = await browser.get(f"{PAGE}/einsicht")
    text = words(answer)
    assert "Sachbearbeitung hat eines Ihrer Dokumente angesehen Montag, 23. November 2026, 09:00 Uhr" in text
    assert "Stadt Lindenried" in text and "staff-secret" not in answer.text


async def test_an_erased_case_says_so_and_shows_nothing_else(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened(), asked())
    await office.settled()
    await office.service.run(
        OrderErasure(
            id=new_id(),
            at=office.clock(),
            actor="system:test",
            scope=System("test"),
            service="intake",
            case=CASE,
            keys=(case_key(CASE),),
            reason="test",
        )
    )
    browser = await office.browser()
    assert "Die persönlichen Daten wurden gelöscht" in words(await browser.get(PAGE))
    for path in ("/postfach", BOX):
        answer = await browser.get(path)
        assert answer.status_code == 200 and "Der Inhalt wurde gelöscht" in words(answer)
        assert "Arbeiten Sie" not in answer.text
    assert "lässt sich nicht mehr ansehen" in words(await browser.get(await message_about(office, "question")))


@pytest.mark.parametrize("closing", [CaseClosed(reason="decided"), CaseClosed(reason="withdrawn")])
async def test_a_closed_case_offers_nothing_more(office: Office, closing: CaseClosed) -> None:
    await office.submit()
    await office.reviewed(opened(), asked(), closing)
    answer = await (await office.browser()).get(PAGE)
    assert 'class="al-next"' not in answer.text
    assert "/zuruecknehmen" not in answer.text and 'class="al-law"' not in answer.text


# --- account, strangers, API --------------------------------------------------------------------------------------


async def test_signing_out_everywhere_ends_every_session(office: Office) -> None:
    here, there = await office.browser(), await office.browser()
    page = await here.get("/konto")
    assert "Amira Haddad" in words(page) and "14. März 1991" in words(page)
    assert (await post(here, page, "/konto/ueberall-abmelden")).headers["location"] == "/abmelden"
    assert (await there.get("/konto")).status_code == 303


PATHS = ["", "/zuruecknehmen", "/einsicht"]


@pytest.mark.parametrize(
    "path", [*(PAGE + path for path in PATHS), BOX, f"{BOX}/m-1", f"/api/intake/v1/applications/{CASE}"]
)
async def test_another_persons_case_is_not_found(office: Office, path: str) -> None:
    await office.submit()
    stranger = await office.browser(LINH)
    answer = await stranger.get(path)
    assert answer.status_code == 404 and NUMBER not in answer.text


@pytest.mark.parametrize("action", [f"{PAGE}/nachreichen", f"{PAGE}/zuruecknehmen", BOX])
async def test_another_persons_case_cannot_be_changed(office: Office, action: str) -> None:
    await office.submit()
    await office.submit(case=OTHER_CASE, person=LINH, number="AUF-2H8T")
    stranger = await office.browser(LINH)
    mine = hidden_fields(await stranger.get(f"/postfach/{OTHER_CASE}"), f"/postfach/{OTHER_CASE}")
    before = len(await office.events(f"intake/application/{CASE}"))
    assert (await stranger.post(action, data={**mine, "text": "Hallo"})).status_code == 404
    assert len(await office.events(f"intake/application/{CASE}")) == before


async def test_a_message_of_another_case_is_not_found(office: Office) -> None:
    await office.submit()
    await office.submit(case=OTHER_CASE, number="AUF-2H8T")
    other = (await office.box(OTHER_CASE))["messages"][0]["id"]
    assert (await (await office.browser()).get(f"{BOX}/{other}")).status_code == 404


async def test_the_api_tells_where_ones_applications_stand(office: Office) -> None:
    await office.submit()
    await office.reviewed(opened(), requested())
    browser = await office.browser()
    (mine,) = (await browser.get("/api/intake/v1/applications")).json()
    assert mine == (await browser.get(f"/api/intake/v1/applications/{CASE}")).json()
    assert (mine["number"], mine["status"], mine["effect"], mine["unread"]) == (NUMBER, "asked", "title_continues", 2)
    assert mine["open_evidence"] == [{"request": "r-1", "evidence": ["health_insurance"], "deadline": "2026-12-07"}]
    assert (await (await office.browser(LINH)).get("/api/intake/v1/applications")).json() == []


async def test_the_catalogue_is_open_to_all_and_a_persons_applications_are_not(office: Office) -> None:
    nobody = await office.stand.browser("public", None)
    assert [offer["key"] for offer in (await nobody.get("/api/intake/v1/services")).json()] == ["study_extension"]
    assert (await nobody.get("/api/intake/v1/applications")).status_code == 401


async def test_pages_survive_a_person_without_applications(office: Office) -> None:
    browser = await office.browser(AMIRA)
    assert "Noch keine Nachrichten" in words(await browser.get("/postfach"))
