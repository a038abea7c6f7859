"""Permissions in signatures, and CSRF with them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter

from aktenlauf.kit.web.access import requires, undeclared_routes
from aktenlauf.kit.web.app import create_service_app

from .conftest import PROBE, Installation, csrf_of, path_of

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "user,path,status",
    [
        ("vogt", "/amt", 200),
        ("brandt", "/amt", 200),
        ("leer", "/amt", 403),
        ("brandt", "/amt/freigaben", 200),
        ("vogt", "/amt/freigaben", 403),
        ("leer", "/amt/freigaben", 403),
        ("vogt", "/antrag", 303),
    ],
)
async def test_a_route_is_open_to_its_roles_alone(
    installation: Installation, user: str, path: str, status: int
) -> None:
    browser = await installation.signed_in(user, "office")
    answer = await browser.get(path)
    assert answer.status_code == status
    assert ('id="text"' in answer.text) is (status == 200)


async def test_a_visitor_page_knows_who_is_signed_in_but_asks_nobody(installation: Installation) -> None:
    assert "- Aktenlauf" in (await installation.browser().get("/hilfe")).text
    assert "Linh Trần Aktenlauf" in (await (await installation.signed_in("linh")).get("/hilfe")).text


def test_a_role_that_the_office_does_not_know_cannot_be_required() -> None:
    with pytest.raises(ValueError, match="caseworkr"):
        requires("caseworkr")
    with pytest.raises(ValueError, match="none"):
        requires()


def test_every_route_of_the_shell_declares_a_permission(installation: Installation) -> None:
    assert undeclared_routes(installation.public) == []
    assert undeclared_routes(installation.office) == []
    assert undeclared_routes(installation.kit) == ["* /static"]


def test_a_route_without_permission_is_found(installation: Installation) -> None:
    inner, outer = APIRouter(), APIRouter()

    @inner.post("/vergessen")
    async def forgotten() -> None: ...

    outer.include_router(inner, prefix="/tief")
    app = create_service_app("intake", [outer], installation.shell, folder=PROBE)
    assert undeclared_routes(app) == ["POST /tief/vergessen"]


async def signed_in(installation: Installation) -> tuple[httpx.AsyncClient, str]:
    browser = await installation.signed_in("linh")
    return browser, csrf_of(await browser.get("/antrag"))


async def test_a_form_with_its_token_is_accepted(installation: Installation) -> None:
    browser, csrf = await signed_in(installation)
    answer = await browser.post("/antrag", data={"csrf": csrf, "name": "ü&="})
    assert (answer.status_code, path_of(answer)) == (303, "/antrag")


async def test_nobodys_body_is_waited_for_who_has_no_session_cookie_of_ours(installation: Installation) -> None:
    """Else slow bodies would hold connections that nobody has signed in for."""
    browser = installation.browser()
    name = installation.shell.cookies.session_name("public")
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        await never.wait()

    headers = {"Content-Type": FORM, "Content-Length": "30000", "Cookie": f"{name}=x.y"}
    answer = await asyncio.wait_for(browser.post("/antrag", content=body(), headers=headers), 2)
    assert answer.status_code in (303, 401, 403)


async def test_a_script_with_the_header_is_accepted(installation: Installation) -> None:
    browser, csrf = await signed_in(installation)
    assert (await browser.post("/antrag", headers={"X-CSRF-Token": csrf})).status_code == 303


@pytest.mark.parametrize("field", ["", "x", "x.y", "." * 50, "ü"])
async def test_a_change_without_the_right_token_is_refused(installation: Installation, field: str) -> None:
    browser, _ = await signed_in(installation)
    answer = await browser.post("/antrag", data={"csrf": field} if field else {})
    assert answer.status_code == 403
    assert "ob das von Ihnen kommt" in answer.text


async def test_a_token_of_another_session_is_refused(installation: Installation) -> None:
    browser, _ = await signed_in(installation)
    _, other = await signed_in(installation)
    assert (await browser.post("/antrag", data={"csrf": other})).status_code == 403


async def test_a_token_is_fresh_on_every_page(installation: Installation) -> None:
    browser, csrf = await signed_in(installation)
    again = csrf_of(await browser.get("/antrag"))
    assert again != csrf
    assert (await browser.post("/antrag", data={"csrf": csrf})).status_code == 303


async def test_an_optional_session_is_protected_too(installation: Installation) -> None:
    browser, csrf = await signed_in(installation)
    wish = {"name": "a", "days": 1}
    assert (await browser.post("/api/intake/v1/wishes", json=wish)).status_code == 403
    allowed = await browser.post("/api/intake/v1/wishes", json=wish, headers={"X-CSRF-Token": csrf})
    assert allowed.status_code == 200
    assert (await installation.browser().post("/api/intake/v1/wishes", json=wish)).status_code == 200


@pytest.mark.parametrize(
    "headers,status",
    [
        ({}, 303),
        ({"Origin": "https://aktenlauf.test"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "https://aktenlauf.test.evil.test"}, 403),
        ({"Origin": "https://aktenlauf.test:8443"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_a_change_from_another_origin_is_refused_even_with_a_token(
    installation: Installation, headers: dict[str, str], status: int
) -> None:
    browser, csrf = await signed_in(installation)
    assert (await browser.post("/antrag", data={"csrf": csrf}, headers=headers)).status_code == status


def multipart(*parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    """A body and its headers; a part named `datei` is a file."""
    lines = []
    for name, content in parts:
        file = '; filename="a.pdf"\r\nContent-Type: application/pdf' if name == "datei" else ""
        head = f'--grenze\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        lines.append(head.encode() + content + b"\r\n")
    return b"".join(lines) + b"--grenze--\r\n", {"Content-Type": "multipart/form-data; boundary=grenze"}


async def slowly(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("chunk", [7, 1000, 65_536])
async def test_an_upload_is_checked_by_its_first_field_and_reaches_the_route_whole(
    installation: Installation, chunk: int
) -> None:
    browser, csrf = await signed_in(installation)
    size = 50_000 if chunk < 1000 else 5_000_000
    body, headers = multipart(("csrf", csrf.encode()), ("datei", b"\0" * size))
    answer = await browser.post("/antrag/hochladen", content=slowly(body, chunk), headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"size": len(body)})
    assert installation.uploaded == [(len(body), min(chunk, len(body)))]  # never gathered in memory


@pytest.mark.parametrize(
    "parts",
    [
        [("datei", b"\0" * 1000)],
        [("csrf", b"wrong"), ("datei", b"\0" * 1000)],
        [("csrf", b"x" * 200_000)],
        [("name", b"a"), ("csrf", b"the token comes first")],
    ],
)
async def test_an_upload_without_the_token_first_is_refused(
    installation: Installation, parts: list[tuple[str, bytes]]
) -> None:
    browser, _ = await signed_in(installation)
    body, headers = multipart(*parts)
    answer = await browser.post("/antrag/hochladen", content=slowly(body, 4096), headers=headers)
    assert answer.status_code == 403
    assert installation.uploaded == []


@pytest.mark.parametrize("body", [b"", b"garbage", b"--grenze\r\nX", b"--grenze\r\nContent-Disposition: x\r\n\r\n"])
async def test_a_broken_upload_is_refused(installation: Installation, body: bytes) -> None:
    browser, _ = await signed_in(installation)
    headers = {"Content-Type": "multipart/form-data; boundary=grenze"}
    assert (await browser.post("/antrag/hochladen", content=body, headers=headers)).status_code == 403


async def test_too_many_uploads_are_slowed_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    installation = Installation(tmp_path_factory.mktemp("few"), rates={"upload": "2/minute"})
    browser, csrf = await signed_in(installation)
    headers = {"X-CSRF-Token": csrf}
    statuses = [(await browser.post("/antrag/hochladen", content=b"a", headers=headers)).status_code for _ in "123"]
    assert statuses == [200, 200, 429]
    other, csrf = await signed_in(installation)
    assert (await other.post("/antrag/hochladen", content=b"a", headers={"X-CSRF-Token": csrf})).status_code == 200
