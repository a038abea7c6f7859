"""`aktenlauf serve demo-idp`: the demonstration's providers as a process of their own, for native runs and tests.

It reads the same settings as the services that sign people in here: it is the issuers that they name, and knows them
by the ids and secrets that they use. Its keys lie in the data folder, so that tokens outlive a restart.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import orjson
import typer
import uvloop
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from aktenlauf.cli.demo import DEMO_USERS
from aktenlauf.cli.seed_people import OTHERS
from aktenlauf.cli.server import Server, leave, listen
from aktenlauf.kit.adapters.demo_idp import DemoProvider, new_key
from aktenlauf.kit.adapters.oidc_provider import Provider
from aktenlauf.kit.adapters.oidc_settings import configured_providers
from aktenlauf.kit.identity import Side
from aktenlauf.kit.settings import Settings, WrongSetting
from aktenlauf.kit.web.app import static_files

GRACEFUL_SECONDS = 5
FOLDER = "demo-idp"
_NAMES: Mapping[Side, str] = {"public": "APPLICANTS", "office": "OFFICE"}


def run_demo_idp(settings: Settings) -> NoReturn:
    """Serve until SIGTERM or Ctrl-C. Raises WrongSetting; SystemExit with a sentence when the port is taken."""
    providers = _providers(settings)
    app = demo_idp_app(providers, _keys(settings.data / FOLDER))

    async def tell() -> None:
        for provider in providers.values():
            typer.echo(f"People sign in without a password: {provider.issuer}", err=True)

    with listen(settings) as listening:
        server = Server(app, GRACEFUL_SECONDS, tell)
        uvloop.run(server.serve(sockets=[listening]))
        leave()


def demo_idp_app(providers: Mapping[Side, Provider], keys: Mapping[Side, ECKey]) -> Starlette:
    """Both issuers with everybody of the demonstration, what their pages look like, and health."""
    people = [*DEMO_USERS, *(one.user for one in OTHERS)]
    routes = DemoProvider(providers, people, keys).routes
    return Starlette(routes=[*routes, Route("/healthz", _healthy), Mount("/static", static_files())])


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


def _providers(settings: Settings) -> dict[Side, Provider]:
    providers = configured_providers(settings)
    for side, name in _NAMES.items():
        if not urlsplit(providers[side].issuer).path.strip("/"):
            raise WrongSetting(
                f"AKTENLAUF_OIDC_{name}_ISSUER: two issuers share this process; expected a path, for example "
                f"http://localhost:{settings.port}/demo-anmeldung/{side}"
            )
    return providers


def _keys(folder: Path) -> dict[Side, ECKey]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {side: _key(folder / f"{side}.jwk") for side in _NAMES}


def _key(file: Path) -> ECKey:
    if not file.exists():
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(orjson.dumps(new_key().as_dict(private=True)))
        part.replace(file)
    return ECKey.import_key(orjson.loads(file.read_bytes()))
