"""Programs with an access token: what it opens, what it does not, and the one case where it becomes a session."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.identity import Side

from .conftest import BASE, Installation, csrf_of
from .other_provider import AUDIENCE, OtherProvider

MINE, OFFICE, WISHES = "/api/intake/v1/mine", "/api/review/v1/office", "/api/review/v1/wishes"
APPLICANT: dict[str, Any] = {"name": "Linh Trần"}
SMOKE = {"scope": "openid aktenlauf-smoke"}


def staff(*roles: str, office: str = "beispielstadt") -> dict[str, Any]:
    return {"name": "Ines Vogt", "realm_access": {"roles": roles}, "https://sso.test/behoerde": office}


class BothProviders(httpx.AsyncBaseTransport):
    def __init__(self, sides: dict[Side, OtherProvider]) -> None:
        self._sides = sides

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        side: Side = "office" if "/office/" in request.url.path else "public"
        return await self._sides[side].handle_async_request(request)


@dataclass
class World:
    here: Installation
    public: OtherProvider
    office: OtherProvider

    async def get(self, path: str, token: str, **headers: str) -> httpx.Response:
        return await self.here.browser().get(path, headers={"Authorization": f"Bearer {token}", **headers})

    async def exchange(self, side: Side, token: str) -> tuple[httpx.AsyncClient, httpx.Response]:
        browser = self.here.browser()
        path = "/anmelden/token" if side == "public" else "/amt/anmelden/token"
        return browser, await browser.post(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    sides: dict[Side, OtherProvider] = {
        "public": OtherProvider("public", BASE),
        "office": OtherProvider("office", BASE),
    }
    providers = {side: theirs.provider for side, theirs in sides.items()}
    http = httpx.AsyncClient(transport=BothProviders(sides))
    here = Installation(tmp_path, identity=OidcIdentity(providers, b"k" * 32, http))
    return World(here, sides["public"], sides["office"])


async def test_a_program_reads_an_interface_with_a_token_of_its_sides_provider(world: World) -> None:
    assert (await world.get(MINE, world.public.token(**APPLICANT))).json() == {"name": "Linh Trần"}
    assert (await world.get(OFFICE, world.office.token(**staff("counter")))).json() == {"office": "beispielstadt"}


async def test_a_program_changes_something_without_a_csrf_token(world: World) -> None:
    headers = {"Authorization": f"bearer {world.office.token(**staff('approver'))}"}
    answer = await world.here.browser().post(WISHES, json={"name": "ja", "days": 1}, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"name": "ja"})


async def test_a_service_account_has_the_name_of_its_client(world: World) -> None:
    assert (await world.get(MINE, world.public.token(client_id="register"))).json() == {"name": "register"}


async def test_a_token_opens_no_more_than_its_roles(world: World) -> None:
    assert (await world.get(OFFICE, world.office.token(**staff()))).status_code == 403
    headers = {"Authorization": f"Bearer {world.office.token(**staff('caseworker'))}"}
    assert (await world.here.browser().post(WISHES, json={"name": "j", "days": 1}, headers=headers)).status_code == 403


DAY = 86_400
"""Beyond what a run of all tests takes: these times are from when the module was read."""
WRONG = {
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "an ID token": {"aud": "portal", "typ": "ID", "nonce": "n"},
    "an ID token that names our audience": {"aud": ["portal", AUDIENCE], "typ": "ID", "nonce": "n", "at_hash": "h"},
    "one that does not say what it is": {"typ": None},
    "a refresh token": {"typ": "Refresh"},
    "bound to a key": {"typ": "DPoP"},
    "expired": {"exp": int(time.time()) - 61},
    "no end": {"exp": None},
    "not yet": {"nbf": int(time.time()) + DAY},
    "issued in the future": {"iat": int(time.time()) + DAY},
    "another issuer": {"iss": "https://evil.test"},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
async def test_a_token_with_a_wrong_claim_opens_nothing__rfc_9068_4(world: World, claims: dict[str, Any]) -> None:
    right = world.office.token(**staff("counter"))
    assert (await world.get(OFFICE, right)).status_code == 200
    answer = await world.get(OFFICE, world.office.token(**{**staff("counter"), **claims}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="aktenlauf", error="invalid_token"'
    assert answer.json()["code"] == "sign-in"


async def test_an_expired_token_is_told_from_one_that_is_not(world: World) -> None:
    about_to = world.office.token(**staff("counter"), exp=int(time.time()) - 50)
    assert (await world.get(OFFICE, about_to)).status_code == 200, "clocks may differ by a minute"


def _part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unsigned(token: str) -> str:
    return f"{_part(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{token.split('.')[1]}."


def _signed_with_the_public_key(world: World, token: str) -> str:
    """A classic: the verifier takes the public key for the secret of a MAC."""
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": world.office.key.kid}).encode())
    signed = f"{head}.{token.split('.')[1]}"
    return f"{signed}.{_part(hmac.digest(world.office.key.as_pem(private=False), signed.encode(), 'sha256'))}"


async def test_a_signature_that_anybody_can_make_opens_nothing__rfc_8725_3_1(world: World) -> None:
    token = world.office.token(**staff("counter"))
    forged = [_unsigned(token), _signed_with_the_public_key(world, token), token[:-8] + "AAAAAAAA", "x", "a.b.c"]
    assert [(await world.get(OFFICE, one)).status_code for one in forged] == [401] * len(forged)


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt"])
async def test_a_token_made_for_something_else_opens_nothing__rfc_8725_3_11(world: World, typ: str) -> None:
    assert (await world.get(OFFICE, world.office.token({"typ": typ}, **staff("counter")))).status_code == 401
    assert (await world.get(OFFICE, world.office.token({"typ": "JWT"}, **staff("counter")))).status_code == 200


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_that_the_standard_demands_needs_no_other__rfc_9068_4(world: World, typ: str) -> None:
    token = world.office.token({"typ": typ}, **staff("counter"), typ=None)
    assert (await world.get(OFFICE, token)).status_code == 200


async def test_an_applicants_token_opens_nothing_at_the_office_nor_the_other_way_round(world: World) -> None:
    both = {**APPLICANT, **staff("caseworker", "approver", "applicant")}
    assert (await world.get(OFFICE, world.public.token(**both))).status_code == 401
    assert (await world.get(MINE, world.office.token(**both))).status_code == 401
    assert (await world.get(MINE, world.public.token(**both))).status_code == 200


async def test_a_token_after_a_rotation_is_accepted_and_one_before_it_no_longer(world: World) -> None:
    before = world.office.token(**staff("counter"))
    assert (await world.get(OFFICE, before)).status_code == 200
    world.office.rotate("second")
    assert (await world.get(OFFICE, world.office.token(**staff("counter")))).status_code == 200
    assert (await world.get(OFFICE, before)).status_code == 401


async def test_while_the_provider_is_away_a_program_is_told_to_come_again(world: World) -> None:
    world.office.away = True
    answer = await world.get(OFFICE, world.office.token(**staff("counter")))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "60")


async def test_while_the_provider_is_away_a_person_gets_a_page_with_the_way_out(world: World) -> None:
    world.public.away = True
    answer = await world.here.browser().get("/anmelden")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert 'href="/anmelden"' in answer.text


async def test_a_token_opens_no_page(world: World) -> None:
    assert (await world.get("/amt", world.office.token(**staff("caseworker")))).status_code == 303
    assert (await world.get("/antrag", world.public.token(**APPLICANT))).status_code == 303


async def test_beside_a_wrong_token_a_session_is_not_looked_at(world: World) -> None:
    browser, answer = await world.exchange("public", world.public.token(**APPLICANT, **SMOKE))
    assert answer.status_code == 204
    assert (await browser.get(MINE)).status_code == 200
    assert (await browser.get(MINE, headers={"Authorization": "Bearer x"})).status_code == 401


# --- the one case where a token becomes a session


async def is_signed_in(browser: httpx.AsyncClient, side: Side) -> bool:
    return (await browser.get("/amt" if side == "office" else "/antrag")).status_code == 200


async def test_a_smoke_run_gets_an_ordinary_session_for_a_token(world: World) -> None:
    browser, answer = await world.exchange(
        "office", world.office.token(**staff("caseworker", office="probstadt"), **SMOKE)
    )
    assert answer.status_code == 204
    assert await is_signed_in(browser, "office")
    assert (await browser.post("/amt/abmelden")).status_code == 403, "CSRF as for everybody"


async def test_a_token_of_an_office_that_works_becomes_no_session(world: World) -> None:
    for office in ("beispielstadt", ""):
        browser, answer = await world.exchange(
            "office", world.office.token(**staff("caseworker", office=office), **SMOKE)
        )
        assert (answer.status_code, await is_signed_in(browser, "office")) == (403, False)


@pytest.mark.parametrize("side", ["public", "office"])
async def test_a_token_that_was_not_issued_for_a_smoke_run_becomes_no_session(world: World, side: Side) -> None:
    claims = {**APPLICANT, **staff("caseworker", office="probstadt")}
    theirs = world.public if side == "public" else world.office
    for scope in (None, "", "openid", "aktenlauf-smoke-not", "xaktenlauf-smoke"):
        browser, answer = await world.exchange(side, theirs.token(**claims, scope=scope))
        assert (answer.status_code, await is_signed_in(browser, side)) == (403, False), scope


async def test_an_applicants_token_becomes_no_session_of_the_office(world: World) -> None:
    claims = {**staff("caseworker", office="probstadt"), **SMOKE}
    browser, answer = await world.exchange("office", world.public.token(**claims))
    assert (answer.status_code, await is_signed_in(browser, "office")) == (401, False)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}])
async def test_without_a_token_there_is_no_session(world: World, header: dict[str, str]) -> None:
    browser = world.here.browser()
    answer = await browser.post("/anmelden/token", headers=header)
    assert (answer.status_code, await is_signed_in(browser, "public")) == (401, False)


async def test_no_other_site_can_have_a_token_exchanged(world: World) -> None:
    headers = {
        "Authorization": f"Bearer {world.public.token(**APPLICANT, **SMOKE)}",
        "Origin": "https://evil.test",
    }
    browser = world.here.browser()
    answer = await browser.post("/anmelden/token", headers=headers)
    assert (answer.status_code, await is_signed_in(browser, "public")) == (403, False)


async def test_signing_out_goes_on_to_the_provider(world: World) -> None:
    browser, _ = await world.exchange("public", world.public.token(**APPLICANT, **SMOKE))
    done = await browser.post("/abmelden", data={"csrf": csrf_of(await browser.get("/antrag"))})
    assert done.headers["location"].startswith("https://sso.test/realms/public/logout?client_id=portal&")
    assert "Linh" not in done.headers["location"]
    assert (await browser.get("/antrag")).status_code == 303
    policy = (await browser.get("/hilfe")).headers["content-security-policy"]
    assert "form-action 'self' https://sso.test;" in policy
