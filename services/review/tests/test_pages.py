"""The office's pages, as browsers without script use them."""

import re
from datetime import date
from typing import Any

import pytest

from aktenlauf.contracts.intake import ApplicationWithdrawn, FreeText, QuestionAnswered, SupplementFiled
from aktenlauf.contracts.review import (
    AppointmentRequired,
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    DecisionApproved,
    DecisionIssued,
    DecisionProposed,
    DecisionReturned,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
    SupplementReceived,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.review import letters
from aktenlauf.review.pages.typed import clean
from aktenlauf.review.views import worklist

from .conftest import BRAUN, HUBER, KELLER, REVISOR, VOSS, Bureau, guard, person
from .forms import CASE_PAGES, DECISION, NAME, REQUEST


async def test_caseworker_and_approver_lead_a_case_to_its_notice(bureau: Bureau) -> None:
    await bureau.applied()
    taken = await bureau.post(KELLER, "/amt", "/amt/naechster")
    assert taken.headers["location"] == "/amt/c-1"
    judged = await bureau.post(KELLER, "/amt/c-1", "/amt/c-1/pruefen", {"ergebnis": "accepted", "vermerk": "gültig"})
    assert judged.headers["location"] == "/amt/c-1?nachweis=enrolment"
    looked = await bureau.post(
        KELLER, "/amt/c-1/nachfordern", "/amt/c-1/nachfordern", {**REQUEST, "schritt": "pruefen"}
    )
    preview = letters.request("Bitte nachreichen.", ["enrolment"], date(2026, 12, 7))
    assert looked.status_code == 200
    assert all(paragraph in looked.text for paragraph in preview.text.split("\n\n"))
    sent = {**REQUEST, "schritt": "senden"}
    assert (await bureau.post(KELLER, "/amt/c-1/nachfordern", "/amt/c-1/nachfordern", sent)).status_code == 303
    enrolment = await bureau.uploaded("enrol", "enrolment")
    await bureau.happened(SupplementFiled(documents=[enrolment]))
    await bureau.stand.settled()
    for _ in range(2):
        await bureau.post(KELLER, "/amt/c-1", "/amt/c-1/pruefen", {"ergebnis": "accepted"})
    proposed = await bureau.post(
        KELLER, "/amt/c-1/entscheidung", "/amt/c-1/entscheidung", {**DECISION, "schritt": "senden"}
    )
    assert proposed.headers["location"] == "/amt/c-1/bescheide"
    assert NAME in (await bureau.get(VOSS, "/amt/freigaben")).text
    approved = await bureau.post(VOSS, "/amt/c-1/freigabe", "/amt/c-1/freigabe", {"aktion": "freigeben"})
    assert approved.status_code == 303
    assert [type(event) for event in await bureau.events()] == [
        CaseOpened, CaseAssigned, EvidenceReviewed, EvidenceRequested, SupplementReceived, EvidenceReviewed,
        EvidenceReviewed, DecisionProposed, DecisionApproved, DecisionIssued, AppointmentRequired,
    ]  # fmt: skip
    notices = (await bureau.get(KELLER, "/amt/c-1/bescheide")).text
    assert "Ida Voss" in notices and "Sabine Keller" in notices


async def test_preview_changes_nothing(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    before = await bureau.events()
    for page, data in (("nachfordern", REQUEST), ("frage", {"text": "Wann?"}), ("entscheidung", DECISION)):
        path = f"/amt/c-1/{page}"
        for step in ("pruefen", "aendern"):
            assert (await bureau.post(KELLER, path, path, {**data, "schritt": step})).status_code == 200
    assert await bureau.events() == before


async def test_decision_page_says_what_follows_in_law(bureau: Bureau) -> None:
    await bureau.applied(office="lindenried")
    await bureau.took(HUBER)
    shown = await bureau.post(
        HUBER, "/amt/c-1/entscheidung", "/amt/c-1/entscheidung", {**DECISION, "schritt": "pruefen"}
    )
    doc = await bureau.doc()
    assert doc["office"] == "lindenried"
    assert "Bekanntgabe" in shown.text and "Rechtsbehelf bis" in shown.text
    assert "BayDiG" in shown.text  # the Land's own rule for portals


@pytest.mark.parametrize(
    ("page", "data", "sentence"),
    [
        ("nachfordern", {**REQUEST, "nachweis": []}, "Wählen Sie aus, was nachgereicht werden soll."),
        ("nachfordern", {**REQUEST, "frist-m": "13"}, "Diesen Tag gibt es nicht."),
        ("nachfordern", {**REQUEST, "frist-j": "2020"}, "Die Frist liegt nicht in der Zukunft."),
        ("nachfordern", {**REQUEST, "frist-t": "", "frist-m": "", "frist-j": ""}, "Nennen Sie eine Frist."),
        ("frage", {"text": "Guten Tag,"}, "Schreiben Sie Ihre Frage."),
        ("entscheidung", {**DECISION, "ergebnis": ""}, "Wählen Sie, wie entschieden werden soll."),
        ("entscheidung", {**DECISION, "gruende": " "}, "Schreiben Sie die Begründung."),
        ("entscheidung", {**DECISION, "gueltig-t": "", "gueltig-m": "", "gueltig-j": ""}, "Nennen Sie den Tag"),
        ("entscheidung", {**DECISION, "gueltig-j": "0"}, "Diesen Tag gibt es nicht."),
        ("entscheidung", {**DECISION, "gueltig-j": "9" * 5000}, "Diesen Tag gibt es nicht."),
        ("entscheidung", {**DECISION, "gruende": "a" * 8001}, "Das ist zu lang."),
    ],
)
async def test_wrong_input_is_named_and_nothing_is_lost(bureau: Bureau, page: str, data: Any, sentence: str) -> None:
    await bureau.applied()
    await bureau.took()
    path = f"/amt/c-1/{page}"
    answer = await bureau.post(KELLER, path, path, {**data, "schritt": "senden"})
    assert answer.status_code == 422
    assert answer.text.count(sentence) >= 2  # in the summary and at the field
    assert data.get("gruende", data.get("text")) in answer.text
    assert [type(event) for event in await bureau.events()] == [CaseOpened, CaseAssigned]


async def test_verdict_made_before_something_came_in_is_refused_and_keeps_the_note(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    browser = await bureau.browser(KELLER)
    form = guard((await browser.get("/amt/c-1")).text)
    passport = await bureau.uploaded("pass-2", "passport")
    await bureau.happened(SupplementFiled(documents=[passport]))
    await bureau.stand.settled()
    data = {**form, "nachweis": "passport", "ergebnis": "rejected", "vermerk": "unscharf"}
    refused = await browser.post("/amt/c-1/pruefen", data=data)
    assert refused.status_code == 409
    assert "Zur Prüfung übernommen: Reisepass" in refused.text and 'value="unscharf"' in refused.text
    again = await browser.post("/amt/c-1/pruefen", data={**data, **guard(refused.text)})
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("path", "data", "kept"),
    [
        ("pruefen", {"nachweis": "passport", "ergebnis": "rejected", "vermerk": "unscharf"}, "unscharf"),
        ("frage", {"text": "Seit wann genau?", "schritt": "senden"}, "Seit wann genau?"),
        ("nachfordern", {**REQUEST, "schritt": "senden"}, "Bitte nachreichen."),
        ("entscheidung", {**DECISION, "schritt": "senden"}, "Alles liegt vor."),
    ],
)
async def test_who_was_overtaken_by_a_colleague_keeps_what_they_typed(
    bureau: Bureau, path: str, data: Any, kept: str
) -> None:
    await bureau.applied()
    await bureau.took(KELLER)
    browser = await bureau.browser(KELLER)
    form = guard((await browser.get("/amt/c-1" if path == "pruefen" else f"/amt/c-1/{path}")).text)
    await bureau.took(BRAUN)
    refused = await browser.post(f"/amt/c-1/{path}", data={**form, **data})
    assert refused.status_code == 409
    assert "Vorgang übernommen (Mehmet Braun, 23.11.2026, 09:00 Uhr)" in refused.text
    assert "Der Vorgang ist Ihnen nicht zugewiesen" in refused.text and kept in refused.text
    assert [type(event) for event in await bureau.events()] == [CaseOpened, CaseAssigned, CaseAssigned]
    if path != "pruefen":  # one step back the words are still there
        back = await browser.post(f"/amt/c-1/{path}", data={**form, **data, "schritt": "aendern"})
        assert back.status_code == 200 and kept in back.text


@pytest.mark.parametrize("aktion", ["freigeben", "zurueckgeben"])
async def test_approver_who_was_overtaken_keeps_the_note_and_sees_what_changed(bureau: Bureau, aktion: str) -> None:
    await bureau.applied()
    await bureau.took(KELLER)
    await bureau.post(KELLER, "/amt/c-1/entscheidung", "/amt/c-1/entscheidung", {**DECISION, "schritt": "senden"})
    browser = await bureau.browser(VOSS)
    shown = (await browser.get("/amt/c-1/freigabe")).text
    form = guard(shown, "/amt/c-1/freigabe")
    decision = re.findall(r'name="entscheidung" value="([^"]*)"', shown)[0]
    first = {"aktion": "zurueckgeben", "vermerk": "Bitte kürzer."}
    assert (await bureau.post(BRAUN, "/amt/c-1/freigabe", "/amt/c-1/freigabe", first)).status_code == 303
    data = {**form, "aktion": aktion, "entscheidung": decision, "vermerk": "Dauer begründen."}
    refused = await browser.post("/amt/c-1/freigabe", data=data)
    assert refused.status_code == 409
    assert "Vorschlag zurückgegeben (Mehmet Braun" in refused.text and "Es liegt kein Vorschlag vor" in refused.text
    assert "Dauer begründen." in refused.text
    assert sum(isinstance(event, DecisionReturned) for event in await bureau.events()) == 1
    assert not any(isinstance(event, DecisionApproved) for event in await bureau.events())


async def test_form_sent_again_with_other_words_is_not_lost(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    browser = await bureau.browser(KELLER)
    data = {**guard((await browser.get("/amt/c-1/frage")).text), "schritt": "senden"}
    assert (await browser.post("/amt/c-1/frage", data={**data, "text": "Wann?"})).status_code == 303
    again = await browser.post("/amt/c-1/frage", data={**data, "text": "Und wo?"})
    assert again.status_code == 409
    assert "schon einmal mit anderen Angaben gesendet" in again.text and "Und wo?" in again.text
    assert sum(isinstance(event, QuestionAsked) for event in await bureau.events()) == 1


async def test_form_posted_twice_is_done_once(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    browser = await bureau.browser(KELLER)
    data = {**guard((await browser.get("/amt/c-1/frage")).text), "text": "Wann?", "schritt": "senden"}
    answers = [await browser.post("/amt/c-1/frage", data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert sum(isinstance(event, QuestionAsked) for event in await bureau.events()) == 1


async def test_next_case_is_the_most_urgent_and_a_double_click_takes_one(bureau: Bureau) -> None:
    await bureau.applied("c-1")
    await bureau.applied("c-2", title_valid_until=date(2026, 11, 1))  # late: nothing continues
    browser = await bureau.browser(KELLER)
    data = guard((await browser.get("/amt")).text, "/amt/naechster")
    first, second = [await browser.post("/amt/naechster", data=data) for _ in range(2)]
    await bureau.stand.settled()
    third = await browser.post("/amt/naechster", data=data)
    assert [a.headers["location"] for a in (first, second, third)] == ["/amt/c-2"] * 3
    assert [type(event) for event in await bureau.events()] == [CaseOpened]
    last = await bureau.post(BRAUN, "/amt", "/amt/naechster")
    nothing = await bureau.post(VOSS_WHO_ALSO_WORKS, "/amt", "/amt/naechster")
    assert (last.headers["location"], nothing.headers["location"]) == ("/amt/c-1", "/amt?hinweis=leer")


async def test_no_verdict_is_chosen_beforehand_and_the_one_given_is_shown_again(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took(KELLER)
    shown = (await bureau.get(KELLER, "/amt/c-1?nachweis=passport")).text
    assert re.search(r'name="ergebnis"', shown) and not re.search(r'name="ergebnis"[^>]*\bchecked', shown)
    data = {"nachweis": "passport", "ergebnis": "accepted"}
    await bureau.post(KELLER, "/amt/c-1?nachweis=passport", "/amt/c-1/pruefen", data)
    judged = (await bureau.get(KELLER, "/amt/c-1?nachweis=passport")).text
    assert re.search(r'name="ergebnis"[^>]*value="accepted"[^>]*\bchecked', judged)


async def test_colleague_reads_only_until_they_take_over(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took(KELLER)
    shown = (await bureau.get(BRAUN, "/amt/c-1")).text
    assert "Nur lesen: bearbeitet von Sabine Keller" in shown and "/amt/c-1/pruefen" not in shown
    await bureau.took(BRAUN)
    assert "/amt/c-1/pruefen" in (await bureau.get(BRAUN, "/amt/c-1")).text


async def test_proposer_cannot_approve_and_is_told_why(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took(BRAUN)
    await bureau.post(BRAUN, "/amt/c-1/entscheidung", "/amt/c-1/entscheidung", {**DECISION, "schritt": "senden"})
    shown = await bureau.get(BRAUN, "/amt/c-1/freigabe")
    assert "Eine andere Person muss sie freigeben" in shown.text and 'value="freigeben"' not in shown.text
    (proposed,) = [event for event in await bureau.events() if isinstance(event, DecisionProposed)]
    browser = await bureau.browser(BRAUN)
    forced = {**guard(shown.text, "/amt/suche"), "aktion": "freigeben", "entscheidung": proposed.decision}
    assert (await browser.post("/amt/c-1/freigabe", data=forced)).status_code == 422
    assert not any(isinstance(event, DecisionApproved) for event in await bureau.events())


async def test_returned_proposal_comes_back_with_its_note(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    await bureau.post(KELLER, "/amt/c-1/entscheidung", "/amt/c-1/entscheidung", {**DECISION, "schritt": "senden"})
    empty = await bureau.post(VOSS, "/amt/c-1/freigabe", "/amt/c-1/freigabe", {"aktion": "zurueckgeben", "vermerk": ""})
    assert empty.status_code == 422
    note = {"aktion": "zurueckgeben", "vermerk": "Dauer begründen."}
    assert (await bureau.post(VOSS, "/amt/c-1/freigabe", "/amt/c-1/freigabe", note)).status_code == 303
    assert isinstance((await bureau.events())[-1], DecisionReturned)
    assert "Dauer begründen." in (await bureau.get(KELLER, "/amt/c-1/bescheide")).text
    assert "Alles liegt vor." in (await bureau.get(KELLER, "/amt/c-1/entscheidung")).text


async def test_messages_stand_in_one_thread(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    await bureau.post(KELLER, "/amt/c-1/frage", "/amt/c-1/frage", {"text": "Seit wann?", "schritt": "senden"})
    asked = next(event for event in await bureau.events() if isinstance(event, QuestionAsked))
    answer = QuestionAnswered(question=asked.question, sealed=Sealed.of(FreeText(text="Seit Oktober.")))
    await bureau.happened(answer)
    await bureau.stand.settled()
    shown = (await bureau.get(KELLER, "/amt/c-1/nachrichten")).text
    assert shown.index("Seit Oktober.") < shown.index("Seit wann?")
    assert (await bureau.doc(worklist))["state"] == "open"


async def test_withdrawn_case_is_closed_and_says_so(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.happened(ApplicationWithdrawn())
    await bureau.stand.settled()
    assert (await bureau.events())[-1] == CaseClosed(reason="withdrawn")
    assert "zurückgenommen" in (await bureau.get(KELLER, "/amt/c-1")).text
    assert NAME in (await bureau.get(KELLER, "/amt?liste=geschlossen")).text


# --- documents and words ------------------------------------------------------------------------------------------


async def test_document_page_is_shown_with_its_text_and_neighbours(bureau: Bureau) -> None:
    await bureau.applied()
    enrolment = await bureau.uploaded("enrol", "enrolment", pages=1)
    await bureau.happened(SupplementFiled(documents=[enrolment]))
    await bureau.stand.settled()
    first = (await bureau.get(KELLER, "/amt/c-1?dokument=pass-c-1")).text
    assert 'src="/amt/nachweise/c-1/pass-c-1/seite/1?stand=documents/document/pass-c-1@' in first
    assert "Bescheinigung" in first
    assert 'href="/amt/c-1?dokument=enrol"' in first
    second = (await bureau.get(KELLER, "/amt/c-1?dokument=pass-c-1&seite=2")).text
    assert "Auf dieser Seite wurde kein Text erkannt" in second
    for odd in ("seite=99", f"seite={'9' * 5000}", "seite=x", "seite=0", "dokument=x", "nachweis=x"):
        assert (await bureau.get(KELLER, f"/amt/c-1?{odd}")).status_code == 200


async def test_answers_stand_beside_the_document_and_are_looked_for_in_its_text(bureau: Bureau) -> None:
    await bureau.applied()
    passport = await bureau.uploaded("pass-2", "passport", text="HADDAD NOVAKOVA No N01234567")
    await bureau.happened(SupplementFiled(documents=[passport]))
    await bureau.stand.settled()
    shown = (await bureau.get(KELLER, "/amt/c-1?dokument=pass-2")).text
    found = dict(re.findall(r'<th scope="row">([^<]*)</th><td><bdi>([^<]*)</bdi></td>', shown))
    assert (found["Familienname"], found["Passnummer"]) == ("Ḩaddād-Nováková", "N 0123 4567")
    rows = {row.split("</th>")[0]: row for row in shown.split('<tr><th scope="row">')[1:]}
    assert 'href="/amt/c-1?dokument=pass-2"' in rows["Passnummer"] and "Seite 1" in rows["Passnummer"]
    assert "nicht im Text" in rows["Geburtsort"]
    assert "selbst ansehen" in rows["Geschlecht"]
    without = (await bureau.get(KELLER, "/amt/c-1?nachweis=enrolment")).text
    assert "Hochschule Lindenried" in without and "So steht es im Antrag." in without


async def test_comparison_is_not_shown_of_an_erased_case(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.happened(ApplicationWithdrawn())
    await bureau.stand.settled()
    await bureau.post(VOSS, "/amt/c-1/loeschen", "/amt/c-1/loeschen")
    shown = (await bureau.get(KELLER, "/amt/c-1?nachweis=passport")).text
    assert "N 0123 4567" not in shown and "al-cmp" not in shown


async def test_document_that_was_not_handed_in_is_not_shown(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.uploaded("still-his", "enrolment")
    await bureau.stand.settled()
    assert "still-his" not in (await bureau.get(KELLER, "/amt/c-1/akte")).text


@pytest.mark.parametrize(("typed", "kept"), [("a\x00b\x07", "ab"), (" a\r\nb ", "a\nb"), ("e\u0301", "é")])
def test_words_are_kept_as_paper_can_show_them(typed: str, kept: str) -> None:
    assert clean(typed) == kept


# --- API ----------------------------------------------------------------------------------------------------------


async def test_api_does_what_the_pages_do(bureau: Bureau) -> None:
    await bureau.applied()
    browser = await bureau.browser(KELLER)
    csrf = guard((await browser.get("/amt")).text, "/amt/suche")["csrf"]
    browser.headers["X-CSRF-Token"] = csrf
    (row,) = (await browser.get("/api/review/v1/cases")).json()["cases"]
    assert (row["case"], row["state"], row["assignee"]) == ("c-1", "open", None)
    assert (await browser.post("/api/review/v1/cases/c-1/assignment")).json() == {"version": 2, "repeated": False}
    body = {"evidence": "passport", "verdict": "accepted", "seen": 2}
    assert (await browser.post("/api/review/v1/cases/c-1/reviews", json=body)).json()["version"] == 3
    await bureau.stand.settled()
    case = (await browser.get("/api/review/v1/cases/c-1")).json()
    assert (case["version"], case["verdicts"]["passport"]["verdict"]) == (3, "accepted")
    assert NAME not in str(case)
    unknown = await browser.post("/api/review/v1/cases/c-1/reviews", json={**body, "evidence": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid")
    huber = await bureau.browser(HUBER)
    assert (await huber.get("/api/review/v1/cases/c-1")).status_code == 404
    auditor = await bureau.browser(REVISOR)
    assert (await auditor.get("/api/review/v1/cases/c-1")).status_code == 403


async def test_no_address_of_a_page_holds_a_name(bureau: Bureau) -> None:
    await bureau.applied()
    for path in ("/amt", *(f"/amt/c-1{part}" for part in CASE_PAGES)):
        hrefs = re.findall(r'(?:href|action)="([^"]*)"', (await bureau.get(KELLER, path)).text)
        assert hrefs and not [href for href in hrefs if "Lina" in href or "AL-" in href]


VOSS_WHO_ALSO_WORKS = person("sommer", "Kim Sommer", "caseworker")
