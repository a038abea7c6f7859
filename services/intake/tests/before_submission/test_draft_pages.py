"""The form without script: questions, mistakes, languages, windows, deleting."""

import re

import pytest

from aktenlauf.contracts.documents import DocumentRejected, DocumentUploaded, UploadedFile
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.grants import UPLOAD_COOKIE

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def errors(html: str) -> list[str]:
    """The links of the error summary: ids of the fields."""
    summary = re.search(r'id="fehler".*?</ul>', html, re.DOTALL)
    return re.findall(r'href="#([^"]+)"', summary[0]) if summary else []


def birth(day: str, month: str, year: str) -> dict[str, str]:
    name = "person.birth_date"
    return {f"{name}.day": day, f"{name}.month": month, f"{name}.year": year}


@pytest.fixture
async def browser(intake):
    return await intake.signed_in()


@pytest.fixture
async def path(browser):
    return await browser.begin()


async def test_a_page_leads_to_the_next_and_what_was_typed_stands_there_again(browser, path):
    page = await browser.get(f"{path}/person_name")
    sent = await browser.send(page, f"{path}/person_name", person__family_name="Ḩaddād", person__has_other_names="no")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}/person_birth")
    again = await browser.get(f"{path}/person_name")
    assert 'value="Ḩaddād"' in again.text
    assert "gespeichert" in again.text
    assert errors(again.text) == []


@pytest.mark.parametrize(
    ("step", "typed", "field"),
    [
        ("person_name", {"person.family_name": "H" * 300, "person.has_other_names": "no"}, "person.family_name"),
        ("person_name", {"person.family_name": "علي", "person.has_other_names": "no"}, "person.family_name"),
        ("person_name", {"person.family_name": "", "person.has_other_names": "no"}, "person.family_name"),
        ("person_name", {"person.family_name": "A\x00B", "person.has_other_names": "no"}, "person.family_name"),
        ("person_birth", birth("31", "2", "1999"), "person.birth_date.day"),
        ("person_birth", birth("3", "", "1999"), "person.birth_date.month"),
        ("person_birth", birth("", "", "99"), "person.birth_date.year"),
        ("person_birth", {"person.birth_country": "xyz"}, "person.birth_country"),
        ("contact_reach", {"contact.email": "a@b"}, "contact.email"),
        ("contact_address", {"contact.address.postcode": "123"}, "contact.address.postcode"),
        ("means_livelihood", {"livelihood.monthly": "viel"}, "livelihood.monthly"),
        ("stay_title", {"residence.title": "diplomat"}, "residence.title"),
    ],
)  # fmt: skip
async def test_a_mistake_is_named_beside_its_field_and_everything_typed_stays(browser, path, step, typed, field):
    page = await browser.get(f"{path}/{step}")
    sent = await browser.send(page, f"{path}/{step}", **typed)
    assert sent.status_code == 422
    assert field in errors(sent.text)
    assert f'id="{field}"' in sent.text
    assert "<title>Fehler: " in sent.text
    for name, value in typed.items():
        if value and "\x00" not in value and name not in ("person.birth_country", "residence.title"):
            assert re.search(rf'name="{re.escape(name)}"[^>]*value="{re.escape(value)}"', sent.text), name
    reloaded = await browser.get(f"{path}/{step}")
    assert field in errors(reloaded.text), "the mistake is still told after leaving and coming back"


async def test_all_letters_of_din_91379_are_accepted_in_a_name(browser, path):
    page = await browser.get(f"{path}/person_name")
    name = "Şeẗẖʾ Ģēņķe-Ḵḩāled ĸŋ"
    sent = await browser.send(page, f"{path}/person_name", person__family_name=name, person__has_other_names="no")
    assert sent.status_code == 303
    assert name in (await browser.get(f"{path}/person_name")).text


async def test_questions_that_an_answer_calls_for_come_up_without_a_reproach(browser, path):
    page = await browser.get(f"{path}/stay_passport")
    assert 'name="passport.number"' not in page.text
    sent = await browser.send(page, f"{path}/stay_passport", passport__state="valid")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}/stay_passport?neu=1")
    asked = await browser.get(sent.headers["location"])
    assert 'name="passport.number"' in asked.text
    assert errors(asked.text) == []
    sent = await browser.send(asked, f"{path}/stay_passport")
    assert sent.status_code == 422
    assert "passport.number" in errors(sent.text)


async def test_the_language_can_be_changed_on_a_question_and_what_was_typed_stays(browser, path):
    page = await browser.get(f"{path}/person_birth")
    named = re.findall(r'<(?:input|button)[^>]*form="frage"[^>]*name="(\w+)"', page.text)
    assert named == ["csrf", "sprache", "sprache", "sprache"], "the token must come before all else that is sent"
    typed = {"person.birth_date.year": "1999", "person.birth_place": "Tartus"}
    sent = await browser.send(page, f"{path}/person_birth", **typed, sprache="ar")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}/person_birth?sprache=ar")
    arabic = await browser.arrive(sent.headers["location"])
    assert '<html lang="ar" dir="rtl">' in arabic.text
    assert 'value="Tartus"' in arabic.text
    assert 'value="1999"' in arabic.text
    assert "متى وأين وُلدت؟" in arabic.text
    assert errors(arabic.text) == [], "nobody has tried to leave the page yet"


async def test_mistakes_stay_when_the_language_changes(browser, path):
    page = await browser.get(f"{path}/person_birth")
    wrong = await browser.send(page, f"{path}/person_birth", **{"person.birth_date.year": "99"})
    sent = await browser.send(wrong, f"{path}/person_birth", sprache="en")
    english = await browser.arrive(sent.headers["location"])
    assert "person.birth_date.year" in errors(english.text)
    assert "four digits" in english.text


async def test_entries_of_a_group_are_added_and_removed_without_losing_others(browser, path):
    where = f"{path}/person_name"
    page = await browser.get(where)
    sent = await browser.send(page, where, person__family_name="Haddad", person__has_other_names="yes")
    page = await browser.get(sent.headers["location"])
    one = {"person.other_names.0.name": "Hadad", "person.other_names.0.kind": "spelling"}
    more = await browser.send(page, where, **one, mehr="person.other_names")
    page = await browser.get(more.headers["location"])
    assert 'name="person.other_names.1.name"' in page.text
    two = {"person.other_names.1.name": "Nasser", "person.other_names.1.kind": "birth"}
    fewer = await browser.send(page, where, **two, weniger="person.other_names.0")
    page = await browser.get(fewer.headers["location"])
    assert 'value="Nasser"' in page.text
    assert 'value="Hadad"' not in page.text


async def test_the_other_window_is_shown_both_versions_and_can_choose(browser, path):
    where = f"{path}/person_name"
    first = await browser.get(where)
    second = await browser.get(where)
    await browser.send(first, where, person__family_name="Haddad", person__has_other_names="no")
    told = await browser.send(second, where, person__family_name="Nowak", person__has_other_names="no")
    assert told.status_code == 409
    assert "Haddad" in told.text
    assert re.search(r'name="person.family_name"[^>]*value="Nowak"', told.text)
    assert (await browser.send(told, where)).status_code == 303
    assert 'value="Nowak"' in (await browser.get(where)).text


async def test_typing_is_saved_and_says_so_and_brings_up_new_questions(browser, path):
    page = await browser.get(f"{path}/stay_passport")
    kept = await browser.http.post(
        f"{path}/stay_passport/merken",
        data={**dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)), "passport.state": "valid"},
        headers=HTMX,
    )
    assert kept.status_code == 200
    assert "<html" not in kept.text
    assert "gespeichert" in kept.text
    assert '<hx-partial hx-target="#felder"' in kept.text
    assert 'name="passport.number"' in kept.text


async def test_a_foreign_or_unknown_draft_is_not_found(intake, browser, path):
    stranger = await intake.signed_in("omar")
    case = path.rsplit("/", 1)[1]
    for where in (path, f"{path}/person_name", f"{path}/pruefen", f"{path}/eingang", f"{path}/loeschen"):
        assert (await stranger.get(where)).status_code == 404, where
    own = await stranger.begin()
    page = await stranger.get(f"{own}/person_name")
    form = {"person.family_name": "Dieb", "person.has_other_names": "no"}
    guard = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    for where in (f"{path}/person_name", f"{path}/person_name/merken", f"{path}/pruefen", f"{path}/loeschen"):
        assert (await stranger.http.post(where, data={**guard, **form})).status_code == 404, where
    assert (await browser.get(f"/antrag/{case}/gibt_es_nicht")).status_code == 404
    assert (await browser.get("/antrag/0192aaaa-0000-7000-8000-000000000000/person_name")).status_code == 404


async def test_without_a_token_or_a_session_nothing_is_saved(intake, browser, path):
    where = f"{path}/person_name"
    assert (await browser.http.post(where, data={"person.family_name": "X"})).status_code == 403
    page = await browser.get(where)
    intake.clock.advance(minutes=31)
    sent = await browser.http.post(
        where,
        data={**dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))},
        headers={"Referer": f"http://localhost:8000{where}"},
    )
    assert sent.status_code == 303
    assert sent.headers["location"].endswith(f"zurueck={where}")


async def test_a_body_that_is_no_form_is_answered_with_what_is_missing(browser, path):
    page = await browser.get(f"{path}/person_name")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    for body, kind in ((b'{"a":', "application/json"), (b"\xff\xfe", "application/x-www-form-urlencoded")):
        headers = {"X-CSRF-Token": token, "Content-Type": kind}
        sent = await browser.http.post(f"{path}/person_name", content=body, headers=headers)
        assert sent.status_code == 422
        assert "person.family_name" in errors(sent.text)


async def test_the_pages_of_a_draft_carry_the_right_to_upload_to_it_and_to_no_other(intake, browser, path):
    case = path.rsplit("/", 1)[1]
    for where in (path, f"{path}/person_name", f"{path}/pruefen"):
        answer = await browser.get(where)
        (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(UPLOAD_COOKIE)]
        assert "Path=/nachweise" in cookie and "HttpOnly" in cookie and "samesite=lax" in cookie.lower()
        token = cookie.split(";")[0].split("=", 1)[1]
        session = browser.http.cookies["al_buerger"].partition(".")[0]
        grant = intake.service.ports.grants.read(token, session, intake.clock())
        assert (grant.purpose, grant.case, grant.party) == ("upload", case, await intake.party(case))
        assert intake.service.ports.grants.read(token, "another", intake.clock()) is None


async def test_the_way_to_the_evidence_gives_a_new_right_to_the_owner_of_the_draft_alone(intake, browser, path):
    case = path.rsplit("/", 1)[1]
    answer = await browser.get(f"{path}/nachweise")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/nachweise/{case}")
    assert any(c.startswith(UPLOAD_COOKIE) for c in answer.headers.get_list("set-cookie"))
    stranger = await intake.signed_in("omar")
    assert (await stranger.get(f"{path}/nachweise")).status_code == 404


async def test_the_overview_counts_uploaded_evidence_and_not_what_was_rejected(intake, browser, path):
    case = path.rsplit("/", 1)[1]
    party = await intake.party(case)
    for name in ("d1", "d2"):
        sealed = Sealed[UploadedFile](token="x.y.z", model=UploadedFile)
        event = DocumentUploaded(
            document=name, evidence="residence_proof", party=party, digest="0", blobs=[], sealed=sealed
        )
        await intake.hear(event, case, f"documents/document/{name}")
    await browser.fill(path)
    assert "1 von " in (await browser.get(path)).text
    for name in ("d1", "d2"):
        await intake.hear(DocumentRejected(document=name, reason="unreadable"), case, f"documents/document/{name}", 2)
    assert "0 von " in (await browser.get(path)).text


async def test_a_draft_is_deleted_after_asking_and_its_key_destroyed(intake, browser, path):
    case = path.rsplit("/", 1)[1]
    ask = await browser.get(f"{path}/loeschen")
    assert "Endgültig löschen" in ask.text
    gone = await browser.send(ask, f"{path}/loeschen")
    assert gone.headers["location"] == "/antrag?geloescht=1"
    assert "Der Entwurf ist gelöscht" in (await browser.get("/antrag?geloescht=1")).text
    assert (await browser.get(path)).status_code == 404
    assert await intake.events(f"intake/erasure/{case}") == ["erasure-ordered"]


async def test_my_drafts_are_listed_with_the_day_they_end(browser, path):
    listed = await browser.get("/antrag")
    assert path in listed.text
    assert "21. Januar 2027" in listed.text
