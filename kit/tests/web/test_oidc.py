"""Sign-in between the OIDC adapter and the demo provider, over HTTP without sockets."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from html import unescape
from re import findall
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from aktenlauf.kit.adapters.demo_idp import DemoProvider, DemoUser, demo_providers
from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.identity import Person, Side, SignInFailed, same_origin_path

from .other_provider import Clock, asked_of

BASE = "https://aktenlauf.test"
SECRET = b"k" * 32
PROVIDERS = demo_providers(BASE, "https://amt.test")
USERS = [
    DemoUser("linh", "public", "Linh", "Trần", frozenset({"applicant"}), email="linh@example.org"),
    DemoUser("omar", "public", "Omar", "Haddad", frozenset({"applicant", "approver"})),
    DemoUser("vogt", "office", "Ines", "Vogt", frozenset({"caseworker"}), office="beispielstadt"),
]


class World:
    """A browser's view of both ends."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.demo = DemoProvider(PROVIDERS, USERS)
        self.http = self.demo.http()
        self.identity = OidcIdentity(PROVIDERS, SECRET, self.http, self.clock)

    async def authorised(self, user: str, side: Side = "public", to: str = "/antrag") -> tuple[dict, str]:
        """The query with which the browser comes back, and the cookie."""
        url, cookie = await self.identity.start(side, to)
        return await self.choose(url, user), cookie

    async def choose(self, url: str, user: str) -> dict[str, str]:
        page = await self.http.get(url)
        (action,) = findall(r'<form [^>]*method="post" action="([^"]+)"', page.text)
        answer = await self.http.post(BASE + unescape(action), data={"user": user})
        assert answer.status_code == 303
        return asked_of(answer.headers["location"])


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.http.aclose()


async def failure(world: World, query: dict[str, str], cookie: str | None, side: Side = "public") -> str:
    with pytest.raises(SignInFailed) as caught:
        await world.identity.finish(side, query, cookie)
    return caught.value.code


async def test_a_person_signs_in_and_returns_to_where_they_were(world: World) -> None:
    query, cookie = await world.authorised("linh", to="/antrag/neu?kind=16b")
    person, to = await world.identity.finish("public", query, cookie)
    assert to == "/antrag/neu?kind=16b"
    expected = Person(
        subject=person.subject,
        name="Linh Trần",
        given_name="Linh",
        family_name="Trần",
        email="linh@example.org",
        roles=frozenset({"applicant"}),
    )
    assert person == expected


async def test_staff_signs_in_with_office_and_roles(world: World) -> None:
    query, cookie = await world.authorised("vogt", "office", "/amt")
    person, _ = await world.identity.finish("office", query, cookie)
    assert (person.office, person.roles) == ("beispielstadt", {"caseworker"})


async def test_a_subject_is_opaque_and_the_same_at_every_sign_in(world: World) -> None:
    first, _ = await world.identity.finish("public", *await world.authorised("linh"))
    second, _ = await world.identity.finish("public", *await world.authorised("linh"))
    other, _ = await world.identity.finish("public", *await world.authorised("omar"))
    assert first.subject == second.subject != other.subject
    assert "linh" not in first.subject


async def test_the_public_provider_cannot_grant_a_role_of_the_office(world: World) -> None:
    person, _ = await world.identity.finish("public", *await world.authorised("omar"))
    assert person.roles == {"applicant"}


async def test_the_list_shows_only_people_of_the_side(world: World) -> None:
    url, _ = await world.identity.start("office", "/amt")
    page = (await world.http.get(url)).text
    assert "Ines Vogt" in page
    assert "Linh" not in page


async def test_nobody_of_the_other_side_can_be_chosen(world: World) -> None:
    query, cookie = await world.authorised("linh", "office", "/amt")
    assert await failure(world, query, cookie, "office") == "denied"


async def test_stopping_signs_nobody_in(world: World) -> None:
    query, cookie = await world.authorised("")
    assert await failure(world, query, cookie) == "denied"


async def test_a_wrong_verifier_is_refused_by_the_provider(world: World) -> None:
    query, _ = await world.authorised("linh")
    form = {
        "grant_type": "authorization_code",
        "code": query["code"],
        "redirect_uri": PROVIDERS["public"].redirect_uri,
        "client_id": PROVIDERS["public"].client_id,
        "code_verifier": "w" * 64,
    }
    answer = await world.http.post(PROVIDERS["public"].issuer + "/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_meant_for_another_browser_signs_nobody_in__rfc_7636(world: World) -> None:
    stolen, _ = await world.authorised("linh")
    own, cookie = await world.authorised("omar")
    assert await failure(world, own | {"code": stolen["code"]}, cookie) == "token"


@pytest.mark.parametrize("change", [{"code_challenge_method": "plain"}, {"code_challenge": None}])
async def test_the_provider_demands_pkce_with_s256(world: World, change: dict[str, str | None]) -> None:
    url, cookie = await world.identity.start("public", "/")
    asked = {k: v for k, v in (asked_of(url) | change).items() if v is not None}
    page = await world.http.get(f"{url.split('?')[0]}?{urlencode(asked)}")
    if page.status_code == 200:
        query = await world.choose(str(page.url), "linh")
        assert await failure(world, query, cookie) == "token"
    else:
        assert page.status_code == 400


async def test_a_code_is_good_once(world: World) -> None:
    query, cookie = await world.authorised("linh")
    await world.identity.finish("public", query, cookie)
    assert await failure(world, query, cookie) == "token"


async def test_the_provider_sends_nobody_to_an_unregistered_address(world: World) -> None:
    url, _ = await world.identity.start("public", "/")
    asked = asked_of(url) | {"redirect_uri": "https://evil.test/"}
    page = await world.http.get(f"{url.split('?')[0]}?{urlencode(asked)}")
    assert page.status_code == 400
    assert "location" not in page.headers


async def test_another_state_is_refused(world: World) -> None:
    query, cookie = await world.authorised("linh")
    assert await failure(world, query | {"state": "x" * 43}, cookie) == "state"
    assert await failure(world, {"code": query["code"]}, cookie) == "state"


@pytest.mark.parametrize(
    "change", [lambda c: None, lambda c: "", lambda c: c[:-6] + "AAAAA=", lambda c: "ü", lambda c: "AAAA"]
)
async def test_a_forged_or_missing_state_cookie_is_refused(world: World, change: Callable[[str], str | None]) -> None:
    query, cookie = await world.authorised("linh")
    assert await failure(world, query, change(cookie)) == "state"


async def test_a_sign_in_begun_on_one_side_cannot_be_finished_on_the_other(world: World) -> None:
    query, cookie = await world.authorised("vogt", "office", "/amt")
    assert await failure(world, query, cookie, "public") == "state"


@pytest.mark.parametrize("seconds,code", [(598, None), (601, "state")])
async def test_a_sign_in_must_be_finished_within_ten_minutes(world: World, seconds: int, code: str | None) -> None:
    world.clock.ahead = -seconds  # the cookie below was made that much earlier than "now"
    url, early = await world.identity.start("public", "/")
    world.clock.ahead = 0
    query = await world.choose(url, "linh")
    if code:
        assert await failure(world, query, early) == code
    else:
        assert (await world.identity.finish("public", query, early))[1] == "/"


GOOD: dict[str, Any] = {
    "iss": PROVIDERS["public"].issuer,
    "aud": "aktenlauf-public",
    "sub": "linh",
    "name": "L",
}


class Liar(httpx.AsyncBaseTransport):
    """A provider whose token endpoint answers with tokens of the test's choice."""

    def __init__(self, demo: DemoProvider, key: ECKey) -> None:
        self.inner = httpx.ASGITransport(app=demo.app)
        self.key = key
        self.claims: dict[str, Any] = {}
        self.alg = "ES256"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/token"):
            return await self.inner.handle_async_request(request)
        token = jwt.encode({"alg": self.alg, "kid": self.key.kid}, self.claims, self.key)
        return httpx.Response(200, json={"id_token": token, "access_token": "a"})


async def lied(world: World, key: ECKey | None = None, **changes: Any) -> str | None:
    """The failure when the provider's token has these claims, or another key; None if the person was signed in."""
    liar = Liar(world.demo, key or world.demo.sides["public"].key)
    identity = OidcIdentity(PROVIDERS, SECRET, httpx.AsyncClient(transport=liar), world.clock)
    url, cookie = await identity.start("public", "/")
    now = int(time.time())
    liar.claims = GOOD | {"nonce": asked_of(url)["nonce"], "iat": now, "exp": now + 60} | changes
    try:
        await identity.finish("public", {"state": asked_of(url)["state"], "code": "c"}, cookie)
    except SignInFailed as failed:
        return failed.code
    return None


async def test_a_right_token_of_the_same_provider_is_accepted(world: World) -> None:
    assert await lied(world) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"iss": "https://evil.test"},
        {"aud": "somebody-else"},
        {"azp": "somebody-else"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"name": {"not": "a name"}},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused__oidc_core_3_1_3_7(world: World, claims: dict[str, Any]) -> None:
    assert await lied(world, **claims) == "token"


async def test_a_token_signed_by_another_key_is_refused(world: World) -> None:
    issuer = world.demo.sides["public"]
    issuer.key, true_key = ECKey.generate_key("P-256", {"kid": issuer.key.kid}), issuer.key
    assert await lied(world, true_key) == "token"


async def test_a_rotated_key_is_fetched_anew(world: World) -> None:
    await world.identity.start("public", "/")
    world.demo.sides["public"].key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "next"})
    person, _ = await world.identity.finish("public", *await world.authorised("linh"))
    assert person.name == "Linh Trần"


async def test_a_provider_that_does_not_answer_is_unavailable() -> None:
    down = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(502)))
    with pytest.raises(SignInFailed, match="unavailable"):
        await OidcIdentity(PROVIDERS, SECRET, down).start("public", "/")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "/\n/evil",
        "\t//evil",
        "/ /evil",
        "https://evil.test",
        "javascript:alert(1)",
        "antrag",
        "/" + "a" * 3000,
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_origin_after_sign_in(target: str | None) -> None:
    assert same_origin_path(target, "/antrag") == "/antrag"


@pytest.mark.parametrize("target", ["/", "/amt/7?tab=verlauf", "/antrag/x/y#z", "/a?b=https://c//d"])
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert same_origin_path(target, "/nein") == target


async def test_an_open_redirect_is_replaced_at_the_start(world: World) -> None:
    query, cookie = await world.authorised("linh", to="//evil.test/antrag")
    assert (await world.identity.finish("public", query, cookie))[1] == "/antrag"


async def test_an_id_token_opens_no_interface_even_where_it_names_our_audience__rfc_9068_4(world: World) -> None:
    answers: list[dict[str, str]] = []

    async def keep(response: httpx.Response) -> None:
        if response.request.url.path.endswith("/token"):
            await response.aread()
            answers.append(response.json())

    world.http.event_hooks["response"].append(keep)
    await world.identity.finish("public", *await world.authorised("linh"))
    id_token, key = answers[0]["id_token"], world.demo.sides["public"].key
    named_in_it = replace(PROVIDERS["public"], audience=PROVIDERS["public"].client_id)
    ours = OidcIdentity({"public": named_in_it}, SECRET, world.http, world.clock)
    with pytest.raises(SignInFailed, match="token"):
        await ours.presented("public", id_token)
    claims = jwt.decode(id_token, key).claims
    the_same = jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key)
    assert (await ours.presented("public", the_same)).person.name == "Linh Trần", "it was refused for its type alone"
