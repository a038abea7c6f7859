"""The first page of the demonstration: everybody is one click away, and nothing of it exists elsewhere."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from aktenlauf.cli.demo import DEMO_USERS, Made
from aktenlauf.cli.demo_clock import NAME, DemoClock
from aktenlauf.cli.demo_reset import MARKER, wipe_if_asked
from aktenlauf.cli.installation import installed, opened
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.mailer import Mail
from aktenlauf.kit.settings import Settings

from .conftest import PUBLIC, Show

SECOND = timedelta(seconds=5)


@pytest.mark.parametrize("user", DEMO_USERS, ids=lambda user: user.subject)
async def test_a_click_signs_in_as_this_person_with_their_roles_alone(show: Show, user) -> None:  # type: ignore[no-untyped-def]
    async with show.browser() as browser:
        page = await browser.get("/vorfuehrung")
        link = f"/vorfuehrung/als/{user.side}/{user.subject}"
        assert f'href="{link}"' in page.text
        answer = await browser.get(link)
        assert answer.status_code == 303
        assert answer.headers["location"] == ("/antrag" if user.side == "public" else "/amt")
        session = await _session(show, browser, user.side)
    assert (session.person.name, session.person.roles, session.person.office) == (user.name, user.roles, user.office)


async def test_nobody_is_signed_in_on_a_side_that_is_not_theirs(show: Show) -> None:
    async with show.browser() as browser:
        answer = await browser.get("/vorfuehrung/als/office/amira")
    assert answer.status_code == 404 and "set-cookie" not in answer.headers


async def test_outside_a_demonstration_there_is_no_such_page(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        demo=False,
        oidc_applicants_issuer="https://applicants.invalid",
        oidc_applicants_client_id="aktenlauf",
        oidc_office_issuer="https://office.invalid",
        oidc_office_client_id="aktenlauf",
    )
    async with opened(settings, system_clock, ()) as installation:
        transport = httpx.ASGITransport(app=installation.app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as browser:
            for path in ("/vorfuehrung", "/vorfuehrung/als/office/keller", "/vorfuehrung/uhr"):
                assert (await browser.get(path)).status_code == 404
            assert "vorfuehrung" not in (await browser.get("/abmelden")).text


async def test_whoever_is_signed_in_can_change_to_somebody_else(show: Show) -> None:
    async with show.browser() as browser:
        await browser.get("/vorfuehrung/als/public/amira")
        await browser.get("/vorfuehrung/als/public/linh")
        assert (await _session(show, browser, "public")).person.name == "Linh Nguyễn"


async def test_every_page_leads_to_the_demonstration(show: Show) -> None:
    async with show.browser() as browser:
        for path in ("/abmelden", "/amt/abmelden"):
            assert 'href="/vorfuehrung"' in (await browser.get(path)).text


async def test_the_page_says_how_many_cases_are_there(show: Show) -> None:
    show.demo.made = Made(planned=40, begun=24, made=23, complete=False)
    async with show.browser() as browser:
        assert "23 von 40 Fällen angelegt" in (await browser.get("/vorfuehrung")).text
        show.demo.made.complete = True
        assert "angelegt" not in (await browser.get("/vorfuehrung")).text


async def test_the_clock_moves_forward_by_days_and_stays_there_after_a_restart(show: Show) -> None:
    before = show.demo.clock()
    async with show.browser() as browser:
        answer = await browser.post("/vorfuehrung/uhr", data={"tage": "7"})
    assert answer.status_code == 303
    moved = show.demo.clock()
    assert abs(moved - before - timedelta(days=7)) < SECOND
    assert abs(DemoClock(show.demo.data / NAME)() - moved) < SECOND


@pytest.mark.parametrize("days", ["0", "-3", "1000", "viele", ""])
async def test_the_clock_takes_whole_days_forward_only(show: Show, days: str) -> None:
    before = show.demo.clock()
    async with show.browser() as browser:
        assert (await browser.post("/vorfuehrung/uhr", data={"tage": days})).status_code == 422
    assert show.demo.clock() - before < SECOND


@pytest.mark.parametrize("path", ["/vorfuehrung/uhr", "/vorfuehrung/zuruecksetzen"])
async def test_what_changes_everything_is_done_from_this_machine_and_this_site_alone(show: Show, path: str) -> None:
    form = {"tage": "1"}
    async with show.browser("203.0.113.9") as elsewhere:
        assert (await elsewhere.post(path, data=form)).status_code == 403
    async with show.browser() as browser:
        assert (await browser.post(path, data=form, headers={"Origin": "http://evil.example"})).status_code == 403
    assert show.demo.clock() - system_clock() < SECOND
    assert not (show.demo.data / MARKER).exists()


async def test_a_start_in_the_past_does_not_turn_the_clock_back(tmp_path: Path) -> None:
    DemoClock(tmp_path / NAME).advance(timedelta(days=30))
    resumed = DemoClock(tmp_path / NAME, system_clock())
    assert resumed() - system_clock() > timedelta(days=29)


async def test_mails_are_listed_newest_first_and_can_be_read(show: Show) -> None:
    for number, subject in enumerate(("Älter", "Neuer")):
        mail = Mail(id=f"m{number}", to="amira@post.example", subject=subject, text=f"Inhalt {number} ä <b>")
        await show.installation.shared.mailer.send(mail, "case-1")
    async with show.browser() as browser:
        listed = (await browser.get("/vorfuehrung/post")).text
        assert 0 < listed.index("Neuer") < listed.index("Älter")
        read = (await browser.get("/vorfuehrung/post/case-1_m1.eml")).text
        assert "Inhalt 1 ä &lt;b&gt;" in read and "amira@post.example" in read
        assert (await browser.get("/vorfuehrung/post/..%2Fkek")).status_code == 404


async def test_files_of_the_drop_folders_are_shown_and_nothing_beside_them(show: Show) -> None:
    folder = show.demo.data / "xoev-gateway" / "drop" / "to-office"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m1.xml").write_bytes(b"<message/>")
    (folder / ".half.part").write_bytes(b"<mess")
    async with show.browser() as browser:
        page = await browser.get("/vorfuehrung/ablage")
        assert "m1.xml" in page.text and ".half" not in page.text
        file = await browser.get("/vorfuehrung/ablage/to-office/m1.xml")
        assert file.content == b"<message/>" and "attachment" in file.headers["content-disposition"]
        assert "sandbox" in file.headers["content-security-policy"]
        for path in ("to-office/.half.part", "to-office/..%2F..%2Flog.db", "../log.db", "..%2F/log.db", "none/m1.xml"):
            assert (await browser.get(f"/vorfuehrung/ablage/{path}")).status_code == 404


async def test_reset_asks_first_then_stops_and_the_next_start_is_empty(show: Show) -> None:
    stopped: list[bool] = []
    show.demo.stop = lambda: stopped.append(True)
    async with show.browser() as browser:
        assert "<form" in (await browser.get("/vorfuehrung/zuruecksetzen")).text
        assert not stopped
        answer = await browser.post("/vorfuehrung/zuruecksetzen")
    assert stopped and "url=/vorfuehrung" in answer.headers["refresh"]
    data = show.demo.data
    (data / "someone else's").write_text("stays")
    assert wipe_if_asked(data, installed())
    assert [path.name for path in data.iterdir()] == ["someone else's"]
    assert not wipe_if_asked(data, [])


async def _session(show: Show, browser: httpx.AsyncClient, side):  # type: ignore[no-untyped-def]
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    request = Request({"type": "http", "headers": [(b"cookie", cookies.encode())]})
    shell = show.installation.shell
    token = shell.cookies.session_token(request, side)
    assert token is not None
    session = await shell.sessions.load(side, token, shell.clock())
    assert session is not None
    return session
