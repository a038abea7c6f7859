"""The pages of both sides through the app, without JavaScript."""

from .conftest import AMIRA, Desk


async def test_smoke(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    browser = await desk.stand.browser("public", AMIRA)
    answer = await browser.get("/termin/c-1")
    print(answer.status_code, answer.text[:3000])
    assert answer.status_code == 200
