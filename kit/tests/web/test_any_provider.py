"""A provider that is not ours: other names of claims, a secret, keys that change, a page to sign out."""

from base64 import b64decode
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from aktenlauf.kit.adapters.oidc import OidcIdentity
from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.identity import Person, SignInFailed

from .other_provider import SECRET, Clock, OtherProvider, asked_of

OFFICE = "https://amt.test"
CASEWORKER: dict[str, Any] = {
    "name": "Ines Vogt",
    "realm_access": {"roles": ["caseworker", "offline_access"]},
    "https://sso.test/behoerde": "beispielstadt",
}


class World:
    """Our end and theirs."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.theirs = OtherProvider("office", OFFICE)
        providers: dict[Any, Provider] = {"office": self.theirs.provider}
        self.ours = OidcIdentity(providers, b"k" * 32, httpx.AsyncClient(transport=self.theirs), self.clock)

    async def sign_in(self, **claims: Any) -> Person:
        """Raises SignInFailed."""
        url, cookie = await self.ours.start("office", "/amt")
        asked = asked_of(url)
        self.theirs.claims = {**CASEWORKER, "nonce": asked["nonce"], **claims}
        person, _ = await self.ours.finish("office", {"state": asked["state"], "code": "c"}, cookie)
        return person


@pytest.fixture
def world() -> World:
    return World()


async def test_roles_and_office_are_read_where_the_configuration_says(world: World) -> None:
    person = await world.sign_in()
    assert (person.roles, person.office) == ({"caseworker"}, "beispielstadt")


@pytest.mark.parametrize("roles", [None, [], "offline_access", {"caseworker": True}, [["caseworker"]], 7])
async def test_what_is_no_role_grants_none(world: World, roles: Any) -> None:
    assert (await world.sign_in(realm_access={"roles": roles})).roles == frozenset()


async def test_a_single_role_may_come_as_a_word_and_an_office_as_a_list(world: World) -> None:
    single = {"realm_access": {"roles": "approver"}, "https://sso.test/behoerde": ["beispielstadt"]}
    person = await world.sign_in(**single)
    assert (person.roles, person.office) == ({"approver"}, "beispielstadt")


async def test_nobody_works_for_two_offices_in_one_session(world: World) -> None:
    with pytest.raises(SignInFailed, match="token"):
        await world.sign_in(**{"https://sso.test/behoerde": ["beispielstadt", "anderswo"]})


@pytest.mark.parametrize(
    ("methods", "in_form"),
    [(None, False), (["client_secret_basic"], False), (["client_secret_basic", "client_secret_post"], True)],
)
async def test_the_client_proves_itself_as_the_provider_wants_it__rfc_6749_2_3_1(
    world: World, methods: list[str] | None, in_form: bool
) -> None:
    world.theirs.discovery = {"token_endpoint_auth_methods_supported": methods}
    await world.sign_in()
    ((fields, header),) = world.theirs.exchanged
    if in_form:
        assert (fields["client_id"], fields["client_secret"], header) == ("portal", SECRET, "")
    else:
        user, _, password = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        assert (user, unquote(password)) == ("portal", SECRET)
        assert "client_secret" not in fields


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "end_session_endpoint", "jwks_uri"])
async def test_no_code_or_secret_or_key_goes_over_an_open_line(world: World, endpoint: str) -> None:
    world.theirs.discovery = {endpoint: "http://sso.test/certs"}
    with pytest.raises(SignInFailed, match="provider"):
        await world.sign_in()


async def test_a_provider_that_calls_itself_otherwise_is_not_trusted(world: World) -> None:
    world.theirs.discovery = {"issuer": "https://sso.test/realms/other"}
    with pytest.raises(SignInFailed, match="provider"):
        await world.sign_in()


async def test_after_a_rotation_the_new_key_is_fetched_once_for_everybody(world: World) -> None:
    await world.sign_in()
    world.theirs.rotate("second")
    await world.sign_in()
    await world.sign_in()
    assert world.theirs.asked["certs"] == 2


async def test_invented_key_ids_do_not_make_us_ask_again_and_again(world: World) -> None:
    for n in range(5):
        with pytest.raises(SignInFailed, match="token"):
            await world.ours.presented("office", world.theirs.token({"kid": f"invented {n}"}))
    assert world.theirs.asked["certs"] == 2
    world.clock.ahead += 31
    with pytest.raises(SignInFailed, match="token"):
        await world.ours.presented("office", world.theirs.token({"kid": "invented"}))
    assert world.theirs.asked["certs"] == 3


async def test_who_invents_key_ids_keeps_nobody_from_signing_in_after_a_rotation(world: World) -> None:
    with pytest.raises(SignInFailed, match="token"):
        await world.ours.presented("office", world.theirs.token({"kid": "invented"}))
    world.theirs.rotate("second")
    assert (await world.sign_in()).name == "Ines Vogt"


async def test_a_key_that_is_published_no_longer_signs_nobody_in_after_an_hour(world: World) -> None:
    old = world.theirs.token(exp=4_000_000_000, **CASEWORKER)
    assert (await world.ours.presented("office", old)).person.office == "beispielstadt"
    world.theirs.rotate("second")
    world.clock.ahead = 3601
    with pytest.raises(SignInFailed, match="token"):
        await world.ours.presented("office", old)


async def test_a_provider_that_is_away_is_unavailable_and_back_again_without_our_doing(world: World) -> None:
    world.theirs.away = True
    with pytest.raises(SignInFailed, match="unavailable"):
        await world.sign_in()
    world.theirs.away = False
    assert (await world.sign_in()).name == "Ines Vogt"


async def test_signing_out_leads_to_the_provider_and_names_nobody__rp_initiated_logout_2(world: World) -> None:
    url = await world.ours.sign_out_url("office")
    assert url is not None
    assert url.startswith("https://sso.test/realms/office/logout?")
    assert asked_of(url) == {"client_id": "portal", "post_logout_redirect_uri": f"{OFFICE}/amt/abmelden"}


async def test_where_there_is_no_page_to_sign_out_or_nobody_answers_signing_out_ends_here(world: World) -> None:
    world.theirs.away = True
    assert await world.ours.sign_out_url("office") is None
    world.theirs.away = False
    world.theirs.discovery = {"end_session_endpoint": None}
    assert await world.ours.sign_out_url("office") is None


async def test_forms_may_lead_to_the_pages_of_the_provider_wherever_they_are(world: World) -> None:
    assert world.ours.form_targets("office") == {"https://sso.test"}
    world.theirs.discovery = {"authorization_endpoint": "https://login.test/auth"}
    await world.ours.start("office", "/amt")
    assert world.ours.form_targets("office") == {"https://sso.test", "https://login.test"}
