"""The realms of compose.yaml on the very version of Keycloak that it names, and an installation that people sign in to
there: a provider that is not ours, with its own pages, keys, sessions and ideas of a token."""

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import yaml
from native import programs
from native.install import CannotInstall, install
from native.places import HERE
from native.processes import end, free_ports, launch, wait_until
from playwright.async_api import Browser

from aktenlauf.cli.visitor import Page, Visitor
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.site import PREFIXES

pytestmark = pytest.mark.servers

ROOT = HERE.parents[1]
REALMS = ROOT / "deploy/docker/keycloak"
COMPOSED: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
PASSWORD = "vorfuehrung"
ADMIN = {"KC_BOOTSTRAP_ADMIN_USERNAME": "verwaltung", "KC_BOOTSTRAP_ADMIN_PASSWORD": "nur-im-test"}
SIDES = {"applicants": "", "office": "/amt"}
SMOKE = {
    "applicant": ("applicants", ()),
    "caseworker": ("office", ("caseworker",)),
    "approver": ("office", ("approver",)),
}
"""Role in the check after a deployment -> realm and roles of its service account."""


def people(realm: str) -> list[dict[str, Any]]:
    return list(json.loads((REALMS / f"{realm}-realm.json").read_text("utf-8"))["users"])


def mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
    """Puts a claim of this name into access tokens."""
    usual = {"access.token.claim": "true", "claim.name": name, "jsonType.label": "String"}
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": {**usual, **config}}


def smoke_client(role: str) -> dict[str, Any]:
    """With a service account, as docs/operations.md asks for."""
    return {
        "clientId": f"smoke-{role}",
        "secret": PASSWORD,
        "standardFlowEnabled": False,
        "serviceAccountsEnabled": True,
        "defaultClientScopes": ["basic", "aktenlauf-smoke"],
        "protocolMappers": [
            mapper("roles", "oidc-usermodel-realm-role-mapper", multivalued="true"),
            mapper("office", "oidc-usermodel-attribute-mapper", **{"user.attribute": "office"}),
            mapper("audience", "oidc-audience-mapper", **{"included.custom.audience": "aktenlauf-api"}),
        ],
    }


def write_realms(folder: Path, url: str) -> None:
    """As compose.yaml mounts them, but for our address."""
    folder.mkdir()
    for name in SIDES:
        text = (REALMS / f"{name}-realm.json").read_text("utf-8")
        for host in ("portal", "amt"):
            text = text.replace(f"http://{host}.localhost:8080", url)
        (folder / f"{name}-realm.json").write_text(text)


class Place:
    """Keycloak, and an installation whose provider it is."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ports = folder, free_ports(("keycloak", "management", "run"))
        self.url = f"http://localhost:{self._ports['run']}"
        self.keycloak = f"http://localhost:{self._ports['keycloak']}"

    def start_keycloak(self) -> None:
        write_realms(self.folder / "realms", self.url)
        settings = {**COMPOSED["keycloak"]["environment"], **ADMIN, "KC_HOSTNAME": self.keycloak}
        ports = self._ports["keycloak"], self._ports["management"]
        arguments = COMPOSED["keycloak"]["command"]
        program = programs.keycloak(self.folder, *ports, self.folder / "realms", arguments, settings)
        program.prepare()
        self._start(program)

    def start_installation(self) -> None:
        told = COMPOSED["intake"]["environment"]
        settings = {name: value for name, value in told.items() if "OIDC" in name}
        issuers = {
            name: f"{self.keycloak}{urlsplit(v).path}" for name, v in settings.items() if name.endswith("ISSUER")
        }
        own = {
            "AKTENLAUF_DATA": str(self.folder / "var"),
            "AKTENLAUF_DEMO": "false",
            "AKTENLAUF_PORT": str(self._ports["run"]),
            "AKTENLAUF_RATE_SIGN_IN": "1000/minute",
        }
        command = [sys.executable, "-m", "aktenlauf.cli", "run"]
        ready = lambda: programs.answers_http(f"{self.url}/healthz")  # noqa: E731
        self._start(programs.Program("run", command, ready, environment={**settings, **issuers, **own}))

    def stop(self) -> None:
        end(self.folder / "run.pid", signal.SIGTERM)
        end(self.folder / "keycloak.pid", signal.SIGKILL)

    def _start(self, program: programs.Program) -> None:
        log, pid_file = self.folder / f"{program.name}.log", self.folder / f"{program.name}.pid"
        wait_until(program.ready, launch(program.command, pid_file, log, program.environment), log, 120)

    async def sign_in(self, visitor: Visitor, realm: str, user: str, password: str = PASSWORD) -> Page:
        """Through Keycloak's own page."""
        asked = await visitor.open(f"{SIDES[realm]}/anmelden")
        assert asked.url.startswith(f"{self.keycloak}/realms/{realm}/protocol/openid-connect/auth?")
        return await visitor.submit(asked, {"username": user, "password": password}, button="password")

    def token(self, realm: str, client: str) -> str:
        """By client credentials."""
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": PASSWORD}
        answer = httpx.post(f"{self.keycloak}/realms/{realm}/protocol/openid-connect/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])

    def make_smoke_accounts(self) -> None:
        """A service account for each of the three people of the check after a deployment."""
        for realm in SIDES:
            scope = {"name": "aktenlauf-smoke", "protocol": "openid-connect"}
            scope["attributes"] = {"include.in.token.scope": "true"}
            self.administer("POST", f"/{realm}/client-scopes", json=scope)
        for role, (realm, roles) in SMOKE.items():
            self.administer("POST", f"/{realm}/clients", json=smoke_client(role))
            [client] = self.administer("GET", f"/{realm}/clients", params={"clientId": f"smoke-{role}"})
            account = self.administer("GET", f"/{realm}/clients/{client['id']}/service-account-user")
            if roles:
                account["attributes"] = {"office": ["probstadt"]}
                self.administer("PUT", f"/{realm}/users/{account['id']}", json=account)
                granted = [self.administer("GET", f"/{realm}/roles/{name}") for name in roles]
                self.administer("POST", f"/{realm}/users/{account['id']}/role-mappings/realm", json=granted)

    def administer(self, method: str, path: str, **content: Any) -> Any:
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": ADMIN["KC_BOOTSTRAP_ADMIN_USERNAME"],
            "password": ADMIN["KC_BOOTSTRAP_ADMIN_PASSWORD"],
        }
        answer = httpx.post(f"{self.keycloak}/realms/master/protocol/openid-connect/token", data=form)
        bearer = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
        done = httpx.request(method, f"{self.keycloak}/admin/realms{path}", headers=bearer, **content)
        return done.raise_for_status().json() if done.content else None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    try:
        install("keycloak")
    except CannotInstall as error:
        pytest.skip(f"needs the servers: {error}")
    made = Place(tmp_path_factory.mktemp("keycloak"))
    try:
        made.start_keycloak()
        made.make_smoke_accounts()
        made.start_installation()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def visitor(place: Place) -> Any:
    made = Visitor(place.url)
    yield made
    await made.close()


async def is_closed(visitor: Visitor, path: str) -> bool:
    """Whether it asks to sign in first, and the provider for a password."""
    return bool((await visitor.open(path)).tree.xpath("//input[@name='password']"))


def test_it_is_the_version_that_compose_names() -> None:
    pom = ET.parse(HERE / "keycloak/pom.xml")
    [version] = pom.findall(".//{*}dependency/{*}version")
    assert COMPOSED["keycloak"]["image"].endswith(f":{version.text}")


@pytest.mark.parametrize("person", people("applicants"), ids=lambda person: person["username"])
async def test_an_applicant_of_the_realm_signs_in_and_sees_their_applications(
    place: Place, visitor: Visitor, person: dict[str, Any]
) -> None:
    page = await place.sign_in(visitor, "applicants", person["username"])
    assert page.path == "/antrag"
    assert f"{person['firstName']} {person['lastName']}" in page.text
    assert await is_closed(visitor, "/amt")


@pytest.mark.parametrize("person", people("office"), ids=lambda person: person["username"])
async def test_staff_of_the_realm_have_the_office_and_the_roles_that_it_gives_them(
    place: Place, visitor: Visitor, person: dict[str, Any]
) -> None:
    page = await place.sign_in(visitor, "office", person["username"])
    assert page.path == "/amt"
    [office] = person["attributes"]["office"]
    assert offices()[office].name in page.text
    roles = set(person["realmRoles"])
    entries = {prefix.path: bool(prefix.roles & roles) for prefix in PREFIXES if prefix.side == "office" and prefix.nav}
    assert {path: path in page.links(path) for path in entries} == entries
    assert {path: await visitor.status(path) == 200 for path in entries} == entries
    assert await is_closed(visitor, "/antrag")


async def test_a_wrong_password_stays_at_the_provider(place: Place, visitor: Visitor) -> None:
    page = await place.sign_in(visitor, "office", "keller", "falsch")
    assert page.url.startswith(place.keycloak)
    assert await is_closed(visitor, "/amt")


@pytest.mark.parametrize("realm", SIDES)
def test_nobody_signs_in_at_the_realms_without_pkce__rfc_9700_2_1_1(place: Place, realm: str) -> None:
    """A code that was stolen on its way back opens nothing then."""
    begun = httpx.get(f"{place.url}{SIDES[realm]}/anmelden").headers["location"]
    asked = dict(parse_qsl(urlsplit(begun).query))
    for name in ("code_challenge", "code_challenge_method"):
        del asked[name]
    answer = httpx.get(f"{begun.partition('?')[0]}?{urlencode(asked)}")
    assert answer.status_code == 302
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["error"] == "invalid_request"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_is_led_there_and_back_and_signed_out_on_both_sides(place: Place, browser: Browser) -> None:
    """With all that a browser refuses: our pages say where their forms may lead to, redirects included."""
    page = await browser.new_page()
    await page.goto(f"{place.url}/amt")
    await page.fill("[name=username]", "braun")
    await page.fill("[name=password]", PASSWORD)
    await page.click("[type=submit]")
    await page.wait_for_url(f"{place.url}/amt")
    await page.click(".al-menu:has(form[action$='/abmelden']) > summary")
    await page.click("form[action$='/abmelden'] button")
    await page.wait_for_url(f"{place.keycloak}/realms/office/protocol/openid-connect/logout?**")
    await page.click("[type=submit]")
    await page.wait_for_url(f"{place.url}/amt/abmelden")
    await page.goto(f"{place.url}/amt")
    assert page.url.startswith(f"{place.keycloak}/realms/office/")
    assert await page.locator("[name=password]").is_visible()
    await page.close()


def test_a_token_of_a_service_account_opens_the_interfaces_of_its_side_alone(place: Place) -> None:
    cases = f"{place.url}/api/review/v1/cases"
    token = place.token("office", "smoke-caseworker")
    assert httpx.get(cases, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    foreign = place.token("applicants", "smoke-applicant")
    assert httpx.get(cases, headers={"Authorization": f"Bearer {foreign}"}).status_code == 401


def test_the_check_after_a_deployment_passes_with_tokens_of_its_service_accounts(place: Place) -> None:
    file = place.folder / "tokens"
    file.write_text("".join(f"{role}={place.token(realm, f'smoke-{role}')}\n" for role, (realm, _) in SMOKE.items()))
    command = [sys.executable, "-m", "aktenlauf.cli", "smoke", "--url", place.url, "--token-file", str(file)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


async def test_after_the_provider_changed_its_keys_people_sign_in_as_before(place: Place, visitor: Visitor) -> None:
    before = place.administer("GET", "/office/keys")["active"]["RS256"]
    realm = place.administer("GET", "/office")["id"]
    key = {
        "name": "newer",
        "parentId": realm,
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"]},
    }
    place.administer("POST", "/office/components", json=key)
    assert place.administer("GET", "/office/keys")["active"]["RS256"] != before
    assert (await place.sign_in(visitor, "office", "keller")).path == "/amt"
