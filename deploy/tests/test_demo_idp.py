"""The demonstration's sign-in as a process of its own, and an installation that signs people in there."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

pytestmark = pytest.mark.long

COMMAND = [sys.executable, "-m", "aktenlauf.cli"]
SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(arguments: list[str], env: Mapping[str, str], url: str) -> Iterator[None]:
    """Started until `/healthz` answers; ended as an operator ends it."""
    running = subprocess.Popen([*COMMAND, *arguments], env={**os.environ, **env})
    try:
        deadline = time.monotonic() + SECONDS
        while not _answers(url):
            assert running.poll() is None, "it ended"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(SECONDS) == 0


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


class Place:
    """Ports, data and settings of one test. The provider is another host than the installation."""

    def __init__(self, folder: Path) -> None:
        self.idp, self.url = f"http://127.0.0.1:{free_port()}", f"http://localhost:{free_port()}"
        self.folder = folder
        self.env = {
            "AKTENLAUF_DATA": str(folder / "var"),
            "AKTENLAUF_DEMO": "false",
            "AKTENLAUF_BASE_URL": self.url,
            "AKTENLAUF_OIDC_APPLICANTS_ISSUER": f"{self.idp}/buerger",
            "AKTENLAUF_OIDC_APPLICANTS_CLIENT_ID": "portal",
            "AKTENLAUF_OIDC_OFFICE_ISSUER": f"{self.idp}/amt",
            "AKTENLAUF_OIDC_OFFICE_CLIENT_ID": "amt",
            "AKTENLAUF_OIDC_OFFICE_CLIENT_SECRET": "geheim",
        }

    def provider(self) -> AbstractContextManager[None]:
        port = {"AKTENLAUF_PORT": self.idp.rpartition(":")[2], "AKTENLAUF_DATA": str(self.folder / "idp")}
        return process(["serve", "demo-idp"], self.env | port, self.idp)

    def installation(self) -> AbstractContextManager[None]:
        return process(["run"], self.env | {"AKTENLAUF_PORT": self.url.rpartition(":")[2]}, self.url)

    def key(self, side: str) -> Path:
        return self.folder / "idp" / "demo-idp" / f"{side}.jwk"

    def token(self, side: str, **claims: object) -> str:
        """As the provider would sign it."""
        key = ECKey.import_key(orjson.loads(self.key(side).read_bytes()))
        issuer = f"{self.idp}/{'buerger' if side == 'public' else 'amt'}"
        now = int(time.time())
        usual = {"iss": issuer, "aud": "aktenlauf-api", "iat": now, "exp": now + 60, "scope": "aktenlauf-smoke"}
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, {**usual, **claims}, key)

    def smoke(self, *more: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "smoke", "--url", self.url, *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("demo-idp"))
    with ExitStack() as stack:
        stack.enter_context(made.provider())
        stack.enter_context(made.installation())
        yield made


def test_the_smoke_run_signs_in_at_a_provider_on_another_host(place: Place) -> None:
    finished = place.smoke()
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "All steps passed" in finished.stdout


def test_the_smoke_run_needs_no_pages_of_the_provider_with_tokens(place: Place) -> None:
    file = place.folder / "tokens"
    staff = {"office": "probstadt"}
    file.write_text(
        f"applicant={place.token('public', sub='smoke-applicant')}\n"
        f"caseworker={place.token('office', sub='smoke-caseworker', roles=['caseworker'], **staff)}\n"
        f"approver={place.token('office', sub='smoke-approver', roles=['approver'], **staff)}\n"
    )
    finished = place.smoke("--token-file", str(file))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "the applicant's token opens nothing at the office" in finished.stdout


def test_a_token_of_another_office_ends_the_smoke_run_at_once(place: Place) -> None:
    file = place.folder / "wrong-tokens"
    staff = place.token("office", sub="x", roles=["caseworker", "approver"], office="erlenbruck")
    file.write_text(f"applicant={place.token('public', sub='y')}\ncaseworker={staff}\napprover={staff}\n")
    finished = place.smoke("--token-file", str(file))
    assert finished.returncode == 1
    assert "FAILED  three people sign in by token: POST /amt/anmelden/token: 403" in finished.stdout
    assert staff[:40] not in finished.stdout + finished.stderr


@pytest.mark.parametrize("text", ["", "applicant=x\ncaseworker=y", "applicant=x caseworker=y approver=", "x", None])
def test_a_token_file_that_lacks_somebody_is_named_with_what_was_expected(place: Place, text: str | None) -> None:
    file = place.folder / "bad-tokens"
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_text(text)
    finished = place.smoke("--token-file", str(file))
    assert finished.returncode == 2
    assert str(file) in finished.stderr
    assert "applicant=x" not in finished.stderr


def test_the_demonstrations_pages_and_provider_are_not_in_an_installation_that_is_none(place: Place) -> None:
    for path in ("/vorfuehrung", "/demo-anmeldung/buerger/authorize", "/demo-anmeldung/amt/jwks"):
        assert httpx.get(place.url + path).status_code == 404


def test_keys_stay_the_same_after_a_restart_and_are_nobody_elses(tmp_path: Path) -> None:
    here = Place(tmp_path)
    published = []
    for _ in range(2):
        with here.provider():
            published.append([httpx.get(f"{here.idp}/{side}/jwks").json() for side in ("buerger", "amt")])
    assert published[0] == published[1]
    assert published[0][0] != published[0][1], "each side has its own"
    assert "d" not in published[0][0]["keys"][0]
    assert stat.S_IMODE(here.key("office").stat().st_mode) == 0o600


def test_a_missing_provider_is_named_before_anything_is_served(tmp_path: Path) -> None:
    env = {**os.environ, **Place(tmp_path).env, "AKTENLAUF_OIDC_OFFICE_ISSUER": ""}
    ended = subprocess.run([*COMMAND, "run"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "AKTENLAUF_OIDC_OFFICE_ISSUER: it is empty; expected the issuer" in ended.stderr
    assert "geheim" not in ended.stderr


def test_a_demonstration_leads_to_the_provider_that_was_configured(tmp_path: Path) -> None:
    here = Place(tmp_path)
    here.env |= {"AKTENLAUF_DEMO": "true", "AKTENLAUF_DEMO_CASES": "0"}
    with here.provider(), here.installation():
        chosen = httpx.get(f"{here.url}/vorfuehrung/als/office/pruefung")
        begun = httpx.get(f"{here.url}{chosen.headers['location']}")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/amt/anmelden")
    assert begun.headers["location"].startswith(f"{here.idp}/amt/authorize?")
