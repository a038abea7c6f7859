"""Every error is an answer that helps, and tells nothing that it should not."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.web.problem_texts import TEXTS

from .conftest import Installation, csrf_of

JSON = {"Accept": "application/json"}


def test_every_code_of_the_contract_has_words_for_a_person() -> None:
    assert set(TEXTS) == set(Code)
    assert all(title and detail for title, detail in TEXTS.values())


@pytest.mark.parametrize(
    "kind,status,code",
    [
        ("refused", 422, "closed"),
        ("conflict", 409, "conflict"),
        ("not-found", 404, "not-found"),
        ("erased", 410, "erased"),
        ("unavailable", 503, "unavailable"),
        ("bug", 500, "internal"),
    ],
)
async def test_each_error_has_its_status_code_and_page(
    installation: Installation, kind: str, status: int, code: str
) -> None:
    browser = installation.browser()
    document = await browser.get(f"/antrag/fehler/{kind}", headers=JSON)
    assert document.status_code == status
    assert document.headers["content-type"] == "application/problem+json"
    told = document.json()
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:aktenlauf:problem:{code}")
    shown = await browser.get(f"/antrag/fehler/{kind}")
    title, detail = TEXTS[Code(code)]
    assert shown.status_code == status
    assert title in shown.text
    assert detail in shown.text


async def test_what_is_unavailable_says_when_to_come_back(installation: Installation) -> None:
    answer = await installation.browser().get("/antrag/fehler/unavailable")
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize("headers", [{}, JSON])
async def test_a_bug_gives_an_id_that_the_log_knows_and_nothing_else(
    installation: Installation, headers: dict[str, str]
) -> None:
    with capture_logs() as log:
        answer = await installation.browser().get("/antrag/fehler/bug", headers=headers)
    (entry,) = [entry for entry in log if entry["event"] == "unhandled"]
    assert entry["reference"] in answer.text
    assert entry["error"] == "ValueError"
    assert any("conftest.py" in place for place in entry["at"])
    for secret in ("Geheimnis", "Linh", "Traceback", "ValueError"):
        assert secret not in answer.text
    assert "Geheimnis" not in json.dumps(entry, default=str)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_unknown_addresses_get_a_page_and_scripts_a_document(installation: Installation) -> None:
    browser = installation.browser()
    page = await browser.get("/gibt-es-nicht")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Diese Seite gibt es nicht" in page.text
    assert (await browser.get("/api/intake/v1/nothing")).json()["code"] == "not-found"


async def test_a_wrong_method_names_the_right_ones(installation: Installation) -> None:
    answer = await installation.browser().delete("/hilfe")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert "lässt sich so nicht aufrufen" in answer.text


@pytest.mark.parametrize("body", [b"{", b"nicht json", b"\xff\xfe", b"{'a': 1}", b"[" * 5000])
async def test_json_that_is_not_json_is_answered_with_400(installation: Installation, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await installation.browser().post("/api/intake/v1/wishes", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "body,fields",
    [
        ({}, {"name", "days"}),
        ({"name": "a", "days": "geheim-42x"}, {"days"}),
        ({"name": None, "days": 1}, {"name"}),
    ],
)
async def test_invalid_json_names_the_fields_and_repeats_nothing(
    installation: Installation, body: dict[str, Any], fields: set[str]
) -> None:
    answer = await installation.browser().post("/api/intake/v1/wishes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert {error["field"] for error in answer.json()["errors"]} == fields
    assert "geheim" not in answer.text


async def test_a_missing_field_is_called_missing(installation: Installation) -> None:
    answer = await installation.browser().post("/api/intake/v1/wishes", json={"name": "a"})
    assert answer.json()["errors"] == [{"field": "days", "message": "Diese Angabe fehlt."}]


async def test_a_person_is_told_in_words_that_a_link_does_not_fit(installation: Installation) -> None:
    answer = await installation.browser().get("/hilfe?seite=eins")
    assert answer.status_code == 422
    assert "Dieser Link passt nicht" in answer.text
    assert ">seite<" not in answer.text


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_beyond_the_limit_is_refused(installation: Installation, announced: bool) -> None:
    async def chunks():
        for _ in range(40):
            yield b"x" * 65_536

    body = b"x" * 40 * 65_536 if announced else chunks()
    headers = {"Content-Type": "application/json"}
    answer = await installation.browser().post("/api/intake/v1/wishes", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("charset", ["punycode", "undefined", "utf-16", "idna", '"rot13"', ""])
async def test_a_form_in_other_characters_is_refused_unread(installation: Installation, charset: str) -> None:
    """Some of Python's decoders take minutes for a megabyte, and all people of the process would wait."""
    browser = await installation.signed_in("linh")
    csrf = csrf_of(await browser.get("/antrag"))
    body = f'--x\r\nContent-Disposition: form-data; name="q-"\r\n\r\n-{"a" * 200_000}\r\n--x--\r\n'
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        headers = {"X-CSRF-Token": csrf, "Content-Type": f"{kind}; charset={charset}"}
        answer = await asyncio.wait_for(browser.post("/antrag", content=body, headers=headers), 2)
        assert answer.status_code == 415
        headers["Content-Type"] = f"{kind}; Charset=UTF-8"
        assert (await browser.post("/antrag", content=body, headers=headers)).status_code == 303


async def test_a_page_explains_that_something_is_too_large(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    headers = {"X-CSRF-Token": csrf_of(await browser.get("/antrag")), "Content-Type": "text/plain"}
    answer = await browser.post("/antrag/hochladen", content=b"x" * 20_000_001, headers=headers)
    assert answer.status_code == 413
    assert "Das ist zu groß" in answer.text


async def test_a_problem_page_speaks_the_readers_language_and_names_whom_to_ask(
    installation: Installation,
) -> None:
    answer = await installation.browser().get("/gibt-es-nicht", headers={"Accept-Language": "en"})
    assert answer.headers["content-language"] == "en"
    assert "This page does not exist" in answer.text
    assert '<html lang="en"' in answer.text


async def test_a_problem_page_renders_when_sessions_are_down(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    await installation.sessions.close()
    answer = await browser.get("/antrag")
    assert answer.status_code == 503
    assert "Der Dienst ist gerade nicht erreichbar" in answer.text
