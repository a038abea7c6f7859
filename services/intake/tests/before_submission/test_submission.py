"""Submitting: what is demanded, what is filed, and that it is filed once."""

import asyncio
import json
import re
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.documents import DocumentUploaded, UploadedFile
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.intake import forms, submission
from aktenlauf.intake.case_number import candidates, is_case_number
from aktenlauf.intake.domain import ClaimNumber
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.scope import System
from aktenlauf.kit.web.seals import sealed

from .conftest import SECRET


@pytest.fixture
async def browser(intake):
    return await intake.signed_in()


@pytest.fixture
async def path(browser):
    """A draft with everything answered but the declarations."""
    path = await browser.begin()
    await browser.fill(path)
    return path


async def filed_event(intake, path):
    stored, *_ = await intake.service.ports.log.read(f"intake/application/{path.rsplit('/', 1)[1]}")
    return parse(stored.record)


async def test_what_was_answered_is_filed_with_number_office_and_evidence(intake, browser, path):
    sent = await browser.submit(path)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}/eingang")
    record = await filed_event(intake, path)
    event = record.event
    assert is_case_number(event.number)
    assert (event.office, event.service, event.application) == ("lindenried", "study_extension", "extension")
    assert (event.residence_title, event.title_valid_until.isoformat()) == ("title", "2027-01-14")
    assert "residence_title" in event.evidence and "photo" not in event.evidence
    content = await intake.service.ports.sealing.open_token(record.data["sealed"], ApplicationContent)
    assert content.name == "Ḩaddād-Nováková, Lina Şerife"
    assert (content.birth_date, content.nationality, content.email) == ("1999-04", "475", "lina.haddad@mail.example")
    declared = {"service": "study_extension", "version": 1, "answers": content.answers}
    assert event.digest == forms.digest(declared, content.salt)
    assert "Nováková" not in json.dumps(record.data)


async def test_a_person_comes_through_all_pages_without_script(intake, browser):
    path = await browser.begin()
    await browser.walk(path)
    overview = await browser.get(path)
    assert "Noch nicht möglich" not in overview.text
    assert (await browser.submit(path)).headers["location"] == f"{path}/eingang"


async def test_the_receipt_shows_number_second_and_digest(intake, browser, path):
    intake.clock.advance(seconds=7)
    page = await browser.arrive((await browser.submit(path)).headers["location"])
    event = (await filed_event(intake, path)).event
    assert event.number in page.text
    assert "10:00:07 Uhr" in page.text
    assert event.digest[:4] + " " + event.digest[4:8] in page.text


async def test_the_same_form_sent_twice_files_one_application(intake, browser, path):
    page = await browser.get(f"{path}/pruefen")
    declared = dict.fromkeys(re.findall(r'name="(declaration\.\w+)"', page.text), "yes")
    twice = await asyncio.gather(*(browser.send(page, f"{path}/pruefen", **declared) for _ in range(2)))
    late = await browser.send(page, f"{path}/pruefen", **declared)
    assert {answer.headers["location"] for answer in (*twice, late)} == {f"{path}/eingang"}
    assert await intake.events(f"intake/application/{path.rsplit('/', 1)[1]}") == ["application-submitted"]


async def test_two_windows_that_send_file_one_application(intake, browser, path):
    pages = [await browser.get(f"{path}/pruefen") for _ in range(2)]
    declared = dict.fromkeys(re.findall(r'name="(declaration\.\w+)"', pages[0].text), "yes")
    sent = await asyncio.gather(*(browser.send(page, f"{path}/pruefen", **declared) for page in pages))
    assert {answer.headers["location"] for answer in sent} == {f"{path}/eingang"}
    await filed_event(intake, path)


async def test_back_after_sending_leads_to_the_receipt_and_the_case(intake, browser, path):
    question = await browser.get(f"{path}/person_name")
    await browser.submit(path)
    await intake.settled()
    assert (await browser.get(f"{path}/pruefen")).headers["location"] == f"{path}/eingang"
    assert (await browser.send(question, f"{path}/person_name")).status_code == 404
    case = await browser.get(path)
    assert case.status_code == 200
    assert (await filed_event(intake, path)).event.number in case.text


async def test_without_the_declarations_nothing_is_filed(intake, browser, path):
    page = await browser.submit(path, **{"declaration.warned": []})
    assert page.status_code == 422
    assert 'href="#declaration.warned"' in page.text
    assert re.search(r'id="declaration.true_answers"[^>]*checked', page.text), "the others stay ticked"
    assert await intake.events(f"intake/application/{path.rsplit('/', 1)[1]}") == []


async def test_missing_answers_stand_first_and_lead_there_and_back(intake, browser):
    path = await browser.begin()
    page = await browser.submit(path)
    assert page.status_code == 422
    where = f"{path}/person_name?zurueck=pruefen"
    assert f'href="{where}#person.family_name"' in page.text
    assert page.text.index("fehlen noch") < page.text.index("Antrag absenden")
    question = await browser.get(where)
    sent = await browser.send(question, f"{path}/person_name", person__family_name="H", person__has_other_names="no")
    assert sent.headers["location"] == f"{path}/pruefen"


async def test_a_place_without_an_office_is_named_and_nothing_is_filed(intake, browser):
    path = await browser.begin()
    address = {"street": "Weg", "house_number": "1", "postcode": "99999", "city": "Anderswo"}
    await browser.fill(path, contact__address=address)
    page = await browser.submit(path)
    assert page.status_code == 422
    assert "keine zuständige Behörde" in page.text
    assert "#contact.address.postcode" in page.text


async def test_a_draft_changed_in_another_window_is_shown_again_before_it_is_filed(intake, browser, path):
    page = await browser.get(f"{path}/pruefen")
    question = await browser.get(f"{path}/contact_reach")
    await browser.send(question, f"{path}/contact_reach", contact__email="neu@mail.example")
    declared = dict.fromkeys(re.findall(r'name="(declaration\.\w+)"', page.text), "yes")
    told = await browser.send(page, f"{path}/pruefen", **declared)
    assert told.status_code == 409
    assert "neu@mail.example" in told.text
    assert await intake.events(f"intake/application/{path.rsplit('/', 1)[1]}") == []
    assert (await browser.send(told, f"{path}/pruefen", **declared)).status_code == 303


async def test_an_answer_whose_question_disappeared_is_not_filed(intake, browser, path):
    question = await browser.get(f"{path}/family_members")
    await browser.send(question, f"{path}/family_members", family__has_children="no")
    await browser.submit(path)
    record = await filed_event(intake, path)
    content = await intake.service.ports.sealing.open_token(record.data["sealed"], ApplicationContent)
    assert content.answers["family.has_children"] is False
    assert "family.children" not in content.answers


async def test_a_number_that_is_taken_is_not_given_again(intake):
    case, at = new_id(), intake.clock()
    secret = await intake.service.ports.keyring.create(submission.NUMBER_SECRET)
    first, second = (number for _, number in zip(range(2), candidates(secret, case), strict=False))
    given = {"at": at, "actor": "system:test", "scope": System("test")}
    await intake.service.run(ClaimNumber(id=new_id(), **given, number=first, case=new_id()))
    assert await submission.claim_number(intake.service, case, at) == second
    assert await submission.claim_number(intake.service, case, at) == second


async def test_a_second_try_after_a_crash_comes_to_the_same_number(intake, browser, path):
    case = path.rsplit("/", 1)[1]
    claimed = await submission.claim_number(intake.service, case, intake.clock())
    await browser.submit(path)
    assert (await filed_event(intake, path)).event.number == claimed


def test_every_evidence_kind_of_the_form_is_known():
    offered = catalogue()
    assert {demand.kind.key for demand in offered.services["study_extension"].evidence} <= set(offered.evidence)


def heard_of(intake, path, party, document="d1"):
    """Hear of an upload for this case."""
    sealed = Sealed[UploadedFile](token="x.y.z", model=UploadedFile)
    event = DocumentUploaded(document=document, evidence="passport", party=party, digest="0", blobs=[], sealed=sealed)
    return intake.hear(event, path.rsplit("/", 1)[1], f"documents/document/{document}")


def wrote(intake, browser, document="d1"):
    """What the browser remembers after it uploaded a document."""
    at = int(intake.clock().timestamp())
    entry = {"stream": f"documents/document/{document}", "version": 1, "at": at}
    remembered = urlsafe_b64encode(json.dumps([entry]).encode()).decode()
    browser.http.cookies.set("al_stand", sealed(SECRET, "written", remembered))


async def test_an_upload_not_heard_of_yet_is_waited_for_and_refuses_no_submission(intake, browser, path):
    """It may be the last minute in which a title goes on by § 81(4) AufenthG."""
    wrote(intake, browser)
    assert "wird gerade aktualisiert" in (await browser.get(f"{path}/pruefen")).text
    assert (await browser.submit(path)).status_code == 303


async def test_what_was_uploaded_before_submission_is_filed_whenever_it_is_heard_of(intake, browser, path):
    party = await intake.party(path.rsplit("/", 1)[1])
    uploaded_at = intake.clock.now
    await heard_of(intake, path, party, "known")
    intake.clock.advance(minutes=5)
    await browser.submit(path)
    submitted_at, intake.clock.now = intake.clock.now, uploaded_at
    await heard_of(intake, path, party, "late")
    await heard_of(intake, path, party, "later")
    intake.clock.now = submitted_at + timedelta(seconds=1)
    await heard_of(intake, path, party, "afterwards")
    filed = await intake.service.ports.log.read(f"intake/application/{path.rsplit('/', 1)[1]}")
    documents = [[ref.document for ref in parse(stored.record).event.documents] for stored in filed]
    assert documents == [["known"], ["late"], ["later"]]
