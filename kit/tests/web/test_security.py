"""Headers on every answer, and host names that are not ours."""

from pathlib import Path

import pytest

from .conftest import Installation

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' https://aktenlauf.test; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/hilfe", "/amt", "/gibt-es-nicht", "/antrag/fehler/bug"])
async def test_every_page_carries_the_policy_and_is_not_stored(installation: Installation, path: str) -> None:
    headers = (await installation.browser().get(path)).headers
    assert headers["content-security-policy"] == CSP
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=63072000"


async def test_a_form_may_lead_to_the_issuer_of_its_side_only(installation: Installation) -> None:
    headers = (await installation.browser().get("/api/intake/v1/mine")).headers
    assert "form-action 'self';" in headers["content-security-policy"]


async def test_uploaded_content_is_sandboxed(installation: Installation) -> None:
    headers = (await (await installation.signed_in("linh")).get("/antrag/inhalt")).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; sandbox;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.test", "aktenlauf.test.evil.test", "", "[", "localhost"])
async def test_another_host_name_is_refused_and_not_repeated(installation: Installation, host: str) -> None:
    answer = await installation.browser().get("/hilfe", headers={"Host": host})
    assert answer.status_code == 421
    assert "evil" not in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics"])
async def test_health_checks_and_figures_are_asked_for_by_address(installation: Installation, path: str) -> None:
    assert (await installation.browser().get(path, headers={"Host": "10.0.0.7:8000"})).status_code == 200


async def test_on_ones_own_machine_all_loopback_names_work(tmp_path: Path) -> None:
    browser = Installation(tmp_path, "http://localhost:8000").browser()
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        answer = await browser.get("/hilfe", headers={"Host": host})
        assert answer.status_code == 200
        assert "strict-transport-security" not in answer.headers


async def test_a_trailing_slash_does_not_redirect_to_the_host_of_the_request(
    installation: Installation,
) -> None:
    assert (await installation.browser().get("/hilfe/")).status_code == 404


async def test_static_files_are_cached_compressed_and_confined(installation: Installation) -> None:
    browser = installation.browser()
    answer = await browser.get("/static/css/base.css", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")
    assert answer.headers["content-encoding"] == "gzip"
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        assert (await browser.get(path)).status_code == 404


async def test_health_tells_which_part_does_not_answer(installation: Installation) -> None:
    browser = installation.browser()
    for path in ("/healthz", "/readyz"):
        told = {"ready": True, "parts": {"log": True, "keyring": True}, "stopped": {}}
        assert (await browser.get(path)).json() == told
    installation.ready["keyring"] = False
    for path in ("/healthz", "/readyz"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.json()["parts"]["keyring"]) == (503, False)
    assert (await browser.get("/livez")).status_code == 200
