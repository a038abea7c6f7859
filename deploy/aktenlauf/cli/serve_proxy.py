"""`aktenlauf proxy`: the process of the small reverse proxy."""

from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import typer
import uvloop

from aktenlauf.cli.proxy import proxy_app
from aktenlauf.cli.server import Server, leave, listen
from aktenlauf.kit.settings import Settings, WrongSetting

GRACEFUL_SECONDS = 20


def proxy_forever(settings: Settings, targets: Sequence[str]) -> NoReturn:
    """Serve until SIGTERM. `targets`: see `parse_targets`. Raises WrongSetting."""

    async def tell() -> None:
        typer.echo(f"The proxy is ready: http://{settings.host}:{settings.port}", err=True)

    with listen(settings) as listening:
        server = Server(proxy_app(parse_targets(targets)), GRACEFUL_SECONDS, tell)
        uvloop.run(server.serve(sockets=[listening]))
        leave()


def parse_targets(targets: Sequence[str]) -> dict[str, list[str]]:
    """`NAME=URL`, a name several times for its replicas -> URLs by name. Raises WrongSetting."""
    found: dict[str, list[str]] = {}
    for target in targets:
        name, _, url = target.partition("=")
        parts = urlsplit(url)
        if not name or parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongSetting(f"--to {target}: needs NAME=URL, for example intake=http://127.0.0.1:8101")
        found.setdefault(name, []).append(url.rstrip("/"))
    if not found:
        raise WrongSetting("--to: needs at least one NAME=URL")
    return found
