"""Signing in and out through the whole shell, and what a cookie must withstand."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from aktenlauf.kit.web.cookies import Cookies

from .conftest import Installation, csrf_of, path_of, sign_in

PUBLIC, OFFICE = "__Host-al_buerger", "__Host-al_amt"


async def test_a_visitor_is_sent_to_sign_in_and_comes_back_to_the_same_page(
    installation: Installation,
) -> None:
    browser = installation.browser()
    sent = await browser.get("/antrag?seite=2&ort=K%C3%B6ln")
    assert (sent.status_code, path_of(sent)) == (
        303,
        "/anmelden?zurueck=/antrag%3Fseite%3D2%26ort%3DK%25C3%25B6ln",
    )
    arrived = await sign_in(browser, "linh", "public", "/antrag?seite=2&ort=K%C3%B6ln")
    assert path_of(arrived) == "/antrag?seite=2&ort=K%C3%B6ln"
    assert "Linh Trần" in (await browser.get("/antrag")).text


async def test_staff_is_sent_to_the_sign_in_of_the_office(installation: Installation) -> None:
    assert path_of(await installation.browser().get("/amt")) == "/amt/anmelden?zurueck=/amt"


async def test_an_api_answers_401_instead_of_redirecting(installation: Installation) -> None:
    answer = await installation.browser().get("/api/intake/v1/mine")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "sign-in"


async def test_a_fragment_whose_session_ended_lets_the_whole_page_sign_in(
    installation: Installation,
) -> None:
    answer = await installation.browser().get("/antrag", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/anmelden?zurueck=/antrag")


@pytest.mark.parametrize("evil", ["//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test"])
async def test_sign_in_leads_nobody_to_another_origin(installation: Installation, evil: str) -> None:
    arrived = await sign_in(installation.browser(), "linh", "public", evil)
    assert arrived.headers["location"] == "/antrag"


async def test_session_cookies_are_bound_to_host_https_and_same_site(installation: Installation) -> None:
    browser = installation.browser()
    arrived = await sign_in(browser, "linh", "public", "/")
    (cookie,) = [c for c in arrived.headers.get_list("set-cookie") if c.startswith(PUBLIC + "=")]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"httponly", "path=/", "samesite=lax", "secure"}


async def test_without_https_the_cookie_has_its_plain_name(tmp_path: Path) -> None:
    local = Installation(tmp_path, "http://localhost:8000")
    browser = await local.signed_in("linh")
    assert "al_buerger" in browser.cookies
    assert (await browser.get("/antrag")).status_code == 200


async def test_an_altered_session_cookie_opens_nothing(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    token, seal = browser.cookies[PUBLIC].split(".")
    for forged in (token, f"{token}.", f"{token}.{seal[::-1]}", f"{token[::-1]}.{seal}", "x.y", "ü", "."):
        answer = await installation.browser().get("/antrag", headers=[(b"cookie", f"{PUBLIC}={forged}".encode())])
        assert answer.status_code == 303, forged
    good = await installation.browser().get("/antrag", headers={"cookie": f"{PUBLIC}={token}.{seal}"})
    assert good.status_code == 200


async def test_a_cookie_of_one_side_opens_nothing_on_the_other(installation: Installation) -> None:
    applicant, staff = await installation.signed_in("linh"), await installation.signed_in("vogt", "office")
    swapped = {"cookie": f"{OFFICE}={applicant.cookies[PUBLIC]}"}
    assert (await installation.browser().get("/amt", headers=swapped)).status_code == 303
    swapped = {"cookie": f"{PUBLIC}={staff.cookies[OFFICE]}"}
    assert (await installation.browser().get("/antrag", headers=swapped)).status_code == 303
    assert (await staff.get("/amt")).status_code == 200


async def test_a_cookie_sealed_for_the_other_side_finds_no_session_there(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    token = browser.cookies[PUBLIC].split(".")[0]
    sealed = f"{token}.{installation.shell.cookies._seal('office', token)}"
    assert (await installation.browser().get("/amt", headers={"cookie": f"{OFFICE}={sealed}"})).status_code == 303


def test_each_side_seals_its_cookies_with_its_own_key() -> None:
    cookies, response = Cookies(b"w" * 32, secure=True), Response()
    cookies.set_session(response, "public", "token")
    value = response.headers["set-cookie"].split(";")[0].removeprefix(f"{PUBLIC}=")
    sent = [(b"cookie", f"{PUBLIC}={value}; {OFFICE}={value}".encode())]
    request = Request({"type": "http", "headers": sent})
    assert cookies.session_token(request, "public") == "token"
    assert cookies.session_token(request, "office") is None


async def test_a_session_ends_after_thirty_idle_minutes(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    installation.clock.advance(minutes=29)
    assert (await browser.get("/antrag")).status_code == 200
    installation.clock.advance(minutes=30)
    assert (await browser.get("/antrag")).status_code == 303


async def test_a_session_can_be_extended_without_loading_a_page(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    csrf = csrf_of(await browser.get("/antrag"))
    installation.clock.advance(minutes=20)
    headers = {"X-CSRF-Token": csrf, "Accept": "application/json"}
    answer = await browser.post("/anmelden/verlaengern", headers=headers)
    assert answer.json() == {"ends": "2026-11-23T08:50:00+00:00"}
    installation.clock.advance(minutes=20)
    assert (await browser.get("/antrag")).status_code == 200


async def test_signing_out_ends_the_session_on_the_server(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    cookie = browser.cookies[PUBLIC]
    done = await browser.post("/abmelden", data={"csrf": csrf_of(await browser.get("/antrag"))})
    assert (done.status_code, path_of(done)) == (303, "/abmelden")
    assert PUBLIC not in browser.cookies
    kept = await installation.browser().get("/antrag", headers={"cookie": f"{PUBLIC}={cookie}"})
    assert kept.status_code == 303
    assert "Sie sind abgemeldet" in (await browser.get("/abmelden")).text


async def test_no_link_signs_anybody_out(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    asked = await browser.get("/abmelden")
    assert "Möchten Sie sich abmelden?" in asked.text
    assert (await browser.post("/abmelden")).status_code == 403
    assert (await browser.get("/antrag")).status_code == 200


async def test_signing_in_again_ends_the_session_before(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    before = browser.cookies[PUBLIC]
    await sign_in(browser, "omar", "public", "/")
    old = await installation.browser().get("/antrag", headers={"cookie": f"{PUBLIC}={before}"})
    assert old.status_code == 303
    assert "Omar Haddad" in (await browser.get("/antrag")).text


async def test_a_sign_in_that_was_not_begun_here_gets_a_page_with_the_way_out(
    installation: Installation,
) -> None:
    answer = await installation.browser().get("/anmelden/rueckkehr?code=x&state=y")
    assert answer.status_code == 401
    assert "Die Anmeldung wurde unterbrochen" in answer.text
    assert 'href="/anmelden"' in answer.text


async def test_stopping_a_sign_in_is_explained(installation: Installation) -> None:
    answer = await sign_in(installation.browser(), "", "public", "/")
    assert answer.status_code == 401
    assert "Sie haben die Anmeldung abgebrochen" in answer.text


async def test_the_host_header_has_no_part_in_a_sign_in(installation: Installation) -> None:
    browser = installation.browser()
    begun = await browser.get("/anmelden", headers={"X-Forwarded-Host": "evil.test"})
    assert begun.headers["location"].startswith("https://aktenlauf.test/demo-anmeldung/buerger/authorize?")
    assert "evil" not in begun.headers["location"]


async def test_too_many_sign_ins_are_slowed_down(tmp_path: Path) -> None:
    """Coming back counts: it makes us ask the provider. One person signs in by one."""
    browser = Installation(tmp_path, rates={"sign_in": "3/minute"}).browser()
    assert {(await browser.get("/anmelden")).status_code for _ in range(9)} == {303}
    statuses = [(await browser.get("/anmelden/rueckkehr?state=x&code=y")).status_code for _ in range(3)]
    refused = await browser.get("/anmelden/rueckkehr?state=x&code=y")
    assert (429 in statuses, refused.status_code) == (False, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "sehr viele Anfragen" in refused.text
