"""The office's pages, as browsers without script use them."""


from .conftest import KELLER, Bureau


async def test_worklist_shows_the_case(bureau: Bureau) -> None:
    await bureau.applied()
    shown = await bureau.get(KELLER, "/amt")
    assert shown.status_code == 200, shown.text
    assert "Ḩaddād-Nováková, Lina Şerife" in shown.text
    for part in ("", "/antrag", "/nachrichten", "/termine", "/bescheide", "/verlauf", "/akte"):
        answer = await bureau.get(KELLER, "/amt/c-1" + part)
        assert answer.status_code == 200, (part, answer.text)
    await bureau.took()
    for part in ("", "/nachfordern", "/frage", "/entscheidung"):
        answer = await bureau.get(KELLER, "/amt/c-1" + part)
        assert answer.status_code == 200, (part, answer.text)
