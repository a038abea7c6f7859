"""Read your writes: bounded, validated, and only for a minute; and what a link carries, if it is ours."""

from base64 import urlsafe_b64encode

import httpx
import orjson
import pytest

from aktenlauf.kit.web.seals import sealed

from .conftest import SECRET, Installation, csrf_of

COOKIE = "__Host-al_stand"


async def write(browser: httpx.AsyncClient, *streams: str) -> None:
    csrf = csrf_of(await browser.get("/antrag"))
    for stream in streams:
        answer = await browser.post("/antrag", data={"csrf": csrf, "stream": stream})
        assert answer.status_code == 303


async def caught_up(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/antrag/stand")).json()


async def test_a_page_waits_for_what_its_browser_wrote(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    assert await caught_up(browser)
    await write(browser, "intake/application/a")
    assert not await caught_up(browser)
    installation.seen["intake/application/a"] = 2
    assert not await caught_up(browser)
    installation.seen["intake/application/a"] = 3
    assert await caught_up(browser)


async def test_another_browser_waits_for_nothing(installation: Installation) -> None:
    await write(await installation.signed_in("linh"), "intake/application/a")
    assert await caught_up(await installation.signed_in("linh"))


async def test_a_write_is_remembered_for_a_minute(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    await write(browser, "intake/application/a")
    installation.clock.advance(seconds=60)
    assert not await caught_up(browser)
    installation.clock.advance(seconds=1)
    assert await caught_up(browser)


async def test_only_the_newest_eight_are_remembered(installation: Installation) -> None:
    browser = await installation.signed_in("linh")
    await write(browser, *[f"intake/application/{number}" for number in range(9)])
    installation.seen |= {f"intake/application/{number}": 3 for number in range(1, 9)}
    assert await caught_up(browser)
    del installation.seen["intake/application/8"]
    assert not await caught_up(browser)


NOW = 1_795_420_800


def remembered(stream: str, at: object = NOW) -> str:
    return urlsafe_b64encode(orjson.dumps([{"stream": stream, "version": 1, "at": at}])).decode()


async def asked(installation: Installation, cookie: str) -> bool:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())]
    answer = await installation.browser().get("/antrag/stand", headers=headers)
    assert answer.status_code == 200
    return bool(answer.json())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "~",
        "x",
        "ü~ü",
        remembered("intake/application/a"),
        sealed(b"x" * 32, "written", remembered("intake/application/a")),
        sealed(SECRET, "told", remembered("intake/application/a")),
        "A" * 9000,
    ],
    ids=["empty", "no seal", "nothing", "no latin letters", "unsealed", "another's", "a link's", "long"],
)
async def test_a_forged_cookie_makes_nobody_wait(installation: Installation, value: str) -> None:
    """From how long a page waits, its sender could learn what streams there are."""
    assert int(installation.clock().timestamp()) == NOW
    assert await asked(installation, value)
    assert not await asked(installation, sealed(SECRET, "written", remembered("intake/application/a")))


async def test_what_another_version_of_the_program_remembered_counts_as_nothing(installation: Installation) -> None:
    for earlier in (remembered("intake/application/a", at="yesterday"), "no base64", ""):
        assert await asked(installation, sealed(SECRET, "written", earlier))


async def test_a_page_waits_for_what_its_link_carries_and_tells_that_it_is_on_its_way(
    installation: Installation,
) -> None:
    browser = installation.browser()
    link = (await browser.get("/antrag/gezeigt")).json()
    assert link.startswith("/antrag/stand?stand=intake/application/a@3,review/case/a@2~")
    installation.seen["intake/application/a"] = 3
    answer = await browser.get(link)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    installation.seen["review/case/a"] = 2
    answer = await browser.get(link)
    assert (answer.status_code, answer.json()) == (200, True)


@pytest.mark.parametrize("change", [("@3", "@2"), ("case/a", "case/b"), ("~", ""), ("stand?stand=", "stand?stand=~")])
async def test_a_link_that_was_changed_carries_nothing(installation: Installation, change: tuple[str, str]) -> None:
    browser = installation.browser()
    link = (await browser.get("/antrag/gezeigt")).json()
    assert (await browser.get(link.replace(*change))).json() is True
