"""compose.yaml, the Dockerfile and what they mount agree with the settings, the site map and each other."""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from native.containers import images

from aktenlauf.cli.installation import installed
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.site import APPLICANT, SERVICES, STAFF
from aktenlauf.kit.adapters.oidc_settings import configured_providers
from aktenlauf.kit.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCKER = ROOT / "deploy/docker"
SETTINGS = {f"AKTENLAUF_{name.upper()}" for name in Settings.model_fields} | {"AKTENLAUF_SECRETS_DIR"}
PINNED = re.compile(r":v?\d+\.\d+\.\d+[a-z0-9.-]*$")
OURS = ("topics", "bucket", *SERVICES)


@cache
def composed() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def services() -> dict[str, dict[str, Any]]:
    return composed()["services"]


def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text("utf-8")


def in_container() -> Settings:
    """What a service of compose.yaml is told, but for the secrets."""
    told = services()["intake"]["environment"]
    values = {name.removeprefix("AKTENLAUF_").lower(): value for name, value in told.items()}
    return Settings(_env_file=None, demo=False, **{n: v for n, v in values.items() if n in Settings.model_fields})


def realm(name: str) -> dict[str, Any]:
    return json.loads((DOCKER / f"keycloak/{name}-realm.json").read_text("utf-8"))


def make_secrets() -> Any:
    """The script, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("make_secrets", DOCKER / "make_secrets.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_setting_in_compose_and_dockerfile_is_one() -> None:
    told = {name for service in services().values() for name in service.get("environment", {})}
    told |= {s["target"].upper() for name in SERVICES for s in services()[name]["secrets"]}
    told |= set(re.findall(r"AKTENLAUF_[A-Z_]+(?==)", dockerfile()))
    ours = {name for name in told if name.startswith("AKTENLAUF_")}
    assert {"AKTENLAUF_KAFKA", "AKTENLAUF_KEK", "AKTENLAUF_DATA"} <= ours
    assert ours <= SETTINGS


def test_the_settings_in_compose_are_accepted_and_both_sides_can_sign_in() -> None:
    providers = configured_providers(in_container())
    assert providers["public"].issuer != providers["office"].issuer


def test_the_five_services_of_the_site_map_run_each_from_its_own_image() -> None:
    assert {name: services()[name]["build"]["args"]["SERVICE"] for name in SERVICES} == {n: n for n in SERVICES}
    assert len({services()[name]["image"] for name in SERVICES}) == len(SERVICES)


def test_the_site_map_names_the_services_that_are_installed() -> None:
    assert sorted(SERVICES) == installed()


def test_images_are_pinned() -> None:
    bases = re.findall(r"^ARG PYTHON=(\S+)$", dockerfile(), re.M)
    assert len(bases) == 1
    assert set(re.findall(r"^FROM (\S+)", dockerfile(), re.M)) == {"${PYTHON}", "packages"}
    assert not [image for image in bases + [s["image"] for s in services().values()] if not PINNED.search(image)]


def test_nothing_runs_as_root_and_nothing_may_become_root() -> None:
    for name, service in services().items():
        assert str(service["user"]).partition(":")[0] not in ("", "0", "root"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
    assert re.findall(r"^USER (\S+)", dockerfile(), re.M) == ["10001:10001"]


def test_our_own_file_systems_and_the_proxys_are_read_only() -> None:
    assert all(services()[name]["read_only"] for name in (*OURS, "proxy"))


def test_data_is_reached_by_services_only_and_ports_are_of_this_machine_alone() -> None:
    assert composed()["networks"]["data"] == {"internal": True}
    for name in ("mongo", "kafka", "s3"):
        assert services()[name]["networks"] == ["data"]
    assert "data" not in services()["proxy"]["networks"]
    assert not any("ports" in services()[name] for name in (*SERVICES, "mongo", "kafka", "s3", "clamd"))
    assert all(port.startswith("127.0.0.1:") for service in services().values() for port in service.get("ports", []))


def test_no_secret_stands_in_a_file() -> None:
    made = make_secrets().MADE
    assert {name: secret["file"] for name, secret in composed()["secrets"].items()} == {
        name: f".secrets/{name}" for name in made
    }
    assert "/.secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored and not any(line.startswith("!.") and line != "!.npmrc" for line in ignored)
    secret = {"AKTENLAUF_" + name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    open_ones = {name for service in services().values() for name in service.get("environment", {})} & secret
    assert open_ones == {"AKTENLAUF_SMTP"}  # the mail catcher's, which takes no password
    assert "@" not in services()["intake"]["environment"]["AKTENLAUF_SMTP"]
    for side in ("applicants", "office"):
        assert all(client["publicClient"] and "secret" not in client for client in realm(side)["clients"])


def test_secrets_are_made_once_and_accepted(tmp_path: Path) -> None:
    script = make_secrets()
    folder = tmp_path / "secrets"
    assert script.make_secrets(folder) == list(script.MADE)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "s3_secret_key").unlink()
    assert script.make_secrets(folder) == ["s3_secret_key"]
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert [name for name in before if before[name] != after[name]] == ["s3_secret_key"]
    assert len(Settings(_env_file=None, kek=before["kek"]).keks) == 1
    assert folder.stat().st_mode & 0o077 == 0


def test_mongodb_has_a_user_for_each_url_with_the_databases_that_we_open() -> None:
    script = (DOCKER / "mongo_setup.js").read_text("utf-8")
    listed = re.search(r"SERVICES = (\[.*?\])", script)
    assert listed and sorted(json.loads(listed[1])) == sorted(SERVICES)
    assert f"db: `{Settings.model_fields['mongo_prefix'].default}${{part}}`" in script
    urls = {name for name in make_secrets().MADE if name in ("mongo", "mongo_keyring", "mongo_sessions")}
    used = re.search(r"USERS = \{(.*?)\};", script)
    assert used and set(re.findall(r"(\w+):", used[1])) == urls
    mounted = {s for s in services()["mongo-setup"]["secrets"]}
    assert mounted == urls | {"mongo_root"}
    assert "createUser({ user: username, ...user })" in script, "mongosh takes one document"


def test_a_database_that_still_prepares_itself_is_not_called_healthy() -> None:
    """The image's entrypoint runs one on loopback alone before the real one."""
    test = services()["mongo"]["healthcheck"]["test"]
    assert test[test.index("--host") + 1] == "mongo"


def test_no_image_is_built_by_two_services_at_once() -> None:
    built = [service["image"] for service in services().values() if "build" in service]
    assert len(built) == len(set(built))
    assert all(services()[name]["image"] in built and services()[name]["pull_policy"] == "never" for name in OURS[:2])


def test_people_of_the_realms_are_the_same_people_after_the_container_was_made_anew() -> None:
    """Case and pseudonym hang on `sub`, which is random where the realm names none."""
    ids = [user["id"] for name in ("applicants", "office") for user in realm(name)["users"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("name", "side", "path", "roles"),
    [
        ("applicants", "public", "/anmelden/rueckkehr", APPLICANT),
        ("office", "office", "/amt/anmelden/rueckkehr", STAFF),
    ],
)
def test_the_realms_know_our_clients_addresses_roles_and_offices(
    name: str, side: Any, path: str, roles: frozenset[str]
) -> None:
    settings, found = in_container(), realm(name)
    provider = configured_providers(settings)[side]
    [client] = found["clients"]
    assert provider.issuer.endswith(f"/realms/{found['realm']}")
    assert client["clientId"] == provider.client_id
    url = settings.public_url if side == "public" else settings.office_url
    assert client["redirectUris"] == [url + path]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert roles <= {role["name"] for role in found["roles"]["realm"]}
    claims = {mapper["config"]["claim.name"] for mapper in client["protocolMappers"]}
    wanted = {"roles"} | (
        {settings.oidc_office_roles_claim, settings.oidc_office_office_claim} if side == "office" else set()
    )
    assert wanted <= claims
    if side == "office":
        assert {user["attributes"]["office"][0] for user in found["users"]} <= set(offices())


def test_clamav_looks_at_all_that_may_be_uploaded_and_says_so_where_it_does_not() -> None:
    lines = (DOCKER / "clamd.conf").read_text("utf-8").splitlines()
    told = dict(line.split() for line in lines if line and not line.startswith("#"))
    largest = Settings.model_fields["upload_bytes_max"].default
    for name in ("StreamMaxLength", "MaxFileSize", "MaxScanSize"):
        assert int(told[name].removesuffix("M")) * 1024**2 > largest
    assert told["AlertExceedsMax"] == "yes"


def test_the_images_run_versions_that_the_tests_ran() -> None:
    pins = [dict(re.findall(r"^(\S+==\S+)(.*?)(?=^\S|\Z)", file.read_text("utf-8"), re.M | re.S)) for file in LOCKS]
    assert len(pins[1]) > 50
    assert pins[1].keys() <= pins[0].keys()
    assert not [name for name in pins[1] if "pytest" in name or "playwright" in name]


LOCKS = (ROOT / "requirements.lock", DOCKER / "requirements.lock")


def test_containers_for_tests_are_those_of_compose() -> None:
    assert all(PINNED.search(image) for image in images().values())
