"""The list of messages: for staff of the office, without content."""

from aktenlauf.kit.identity import Person

CASES = "/api/xoev-gateway/v1/exchanges"


def staff(office: str, *roles: str) -> Person:
    return Person(subject="s", name="S", roles=frozenset(roles), office=office)


async def test_staff_see_the_messages_of_their_office_without_content(gateway):
    await gateway.applied("erlenbruck")
    await gateway.settled()
    for role in ("operator", "caseworker"):
        browser = await gateway.stand.browser("office", staff("erlenbruck", role))
        answer = await browser.get(CASES)
        (case,) = answer.json()["cases"]
        assert (case["case"], case["number"]) == ("c-1", "AL-c-1")
        (message,) = case["messages"]
        assert (message["type"], message["direction"], message["state"]) == ("130101", "to-office", "sent")
        assert "Haddad" not in answer.text and "eyJ" not in answer.text


async def test_a_case_without_messages_is_not_in_the_list(gateway):
    await gateway.submitted("erlenbruck")
    await gateway.settled()
    browser = await gateway.stand.browser("office", staff("erlenbruck", "operator"))
    assert (await browser.get(CASES)).json() == {"cases": [], "before": None}


async def test_another_office_sees_nothing(gateway):
    await gateway.applied("erlenbruck")
    browser = await gateway.stand.browser("office", staff("probstadt", "operator"))
    assert (await browser.get(CASES)).json()["cases"] == []
    assert (await browser.get("/api/xoev-gateway/v1/cases/c-1/messages")).status_code == 404
    own = await gateway.stand.browser("office", staff("erlenbruck", "operator"))
    assert (await own.get("/api/xoev-gateway/v1/cases/c-1/messages")).json()["messages"]


async def test_who_has_another_role_or_none_is_refused(gateway):
    await gateway.applied("erlenbruck")
    browser = await gateway.stand.browser("office", staff("erlenbruck", "planner"))
    assert (await browser.get(CASES)).status_code == 403
    nobody = await gateway.stand.browser("office", None)
    assert (await nobody.get(CASES, headers={"Accept": "application/json"})).status_code in (401, 403)


async def test_nonsense_as_place_in_the_list_is_answered_without_a_crash(gateway):
    browser = await gateway.stand.browser("office", staff("erlenbruck", "operator"))
    for before in ("x", "~", "2026~c-1", "~~~"):
        assert (await browser.get(CASES, params={"before": before})).status_code == 200
