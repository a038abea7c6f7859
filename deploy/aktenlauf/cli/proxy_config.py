"""`aktenlauf proxy-config`: the configuration of a real reverse proxy, nginx, made from the site map.

Three doors: people of the public, people of the office, each under a host of their own, and machines on a port of
their own that is not published to people. The people's doors lead to each other; machines' paths are 404 there, and
`/metrics` is 404 at each door.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from aktenlauf.cli.serve_proxy import parse_targets
from aktenlauf.contracts.site import PREFIXES, SERVICES, Prefix, Side
from aktenlauf.kit.settings import Settings, WrongSetting

DRIFT = 1
"""Exit code where a checked-in configuration is another one."""
PORT, MACHINES_PORT = 8080, 8081
"""Where it listens, for people and for machines: ports that a process without rights may take."""
COMPOSE_TARGETS = tuple(f"{service}=http://{service}:8000" for service in SERVICES)
"""The services as compose.yaml names them."""
_NOT_OUTSIDE = frozenset({"/metrics"})

_HEAD = """\
# Made by `aktenlauf proxy-config` from the site map (contracts/site.py), not by hand: `make check` compares.
# nginx 1.27.3 or newer where names of replicas are looked up while it runs (`resolve`).
worker_processes auto;
pid /tmp/nginx.pid;
# Less severe lines quote addresses and paths of people.
error_log stderr crit;

events {
    worker_connections 4096;
}

http {
    # Who asked for what, and from where, is personal data; the services log what is needed.
    access_log off;
    server_tokens off;
    absolute_redirect off;

    # What people send and get never touches a disk here, and an upload streams through.
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    # Twice the largest file: up to there the service says politely that it is too large.
    client_max_body_size %d;

    # Slow lines take what time they need; who sends nothing lets go. An office may stand behind one address.
    client_header_timeout 10s;
    client_body_timeout 20s;
    send_timeout 30s;
    limit_conn_zone $binary_remote_addr zone=from:10m;
    limit_conn from 100;
    limit_conn_status 429;

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    # Not added to what the client claims: here is the first machine that we trust.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;

    # The next replica gets what could not be sent to this one. A POST that was sent, and any body that was begun,
    # is never sent twice; after these seconds nothing is, as whoever asked is still waiting.
    proxy_connect_timeout 2s;
    proxy_read_timeout 60s;
    proxy_next_upstream error timeout;
    proxy_next_upstream_timeout 10s;
"""
_DEFAULT = """\
    # No other name is ours.
    server {
        listen %d default_server;
        location = /livez {
            return 200 "ok\\n";
        }
        location / {
            return 421;
        }
    }
"""
_AWAY = """\
        error_page 502 504 =503 @away;
        location @away {
            add_header Retry-After 2 always;
            return 503;
        }
"""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where people come in: base URLs, of two hosts."""

    public: str
    office: str

    def host(self, side: Side) -> str:
        """The name in the URL of a side."""
        return urlsplit(self.public if side == "public" else self.office).hostname or ""

    def other(self, side: Side) -> str:
        """The URL of the other side's door, for whoever came to the wrong one."""
        return self.office if side == "public" else self.public


def proxy_config(check: Path | None, targets: Sequence[str], doors: Doors, resolver: str) -> int:
    """Print the configuration, or compare the file `check` with it. DRIFT if that is another. Raises WrongSetting."""
    if not doors.host("public") or doors.host("public") == doors.host("office"):
        raise WrongSetting("--public and --office: need two URLs with different hosts, as cookies know no ports")
    text = nginx_config(parse_targets(targets), doors, resolver)
    if check is None:
        typer.echo(text, nl=False)
        return 0
    if check.read_text("utf-8") == text:
        return 0
    typer.echo(f"{check} is not what the site map says: aktenlauf proxy-config > {check}", err=True)
    return DRIFT


def nginx_config(targets: Mapping[str, Sequence[str]], doors: Doors, resolver: str = "") -> str:
    """The whole file. `targets`: service -> base URLs of its replicas.

    `resolver`: address of a name server that is asked again and again for the replicas behind a name; empty: names
    are looked up once, at the start. source: nginx's documentation, ngx_http_upstream_module, `resolve`.
    """
    upload_bytes_max: int = Settings.model_fields["upload_bytes_max"].default
    groups = {name: list(urls) for name, urls in targets.items()}
    groups["kit"] = [url for name, urls in targets.items() if name != "demo" for url in urls]
    parts = [_HEAD % (2 * upload_bytes_max)]
    if resolver:
        parts.append(f"    resolver {resolver} valid=5s ipv6=off;\n")
    parts += [_upstream(name, urls, bool(resolver)) for name, urls in groups.items()]
    parts.append(_DEFAULT % PORT)
    for side in ("public", "office"):
        parts.append(_server(f"listen {PORT};\n        server_name {doors.host(side)};", side, doors, groups))
    parts.append(_server(f"listen {MACHINES_PORT};", "machine", doors, groups))
    return "\n".join(parts) + "}\n"


def _upstream(name: str, urls: Sequence[str], resolve: bool) -> str:
    more = " resolve" if resolve else ""
    servers = "".join(f"        server {urlsplit(url).netloc}{more};\n" for url in urls)
    return f"    upstream {name} {{\n        zone {name} 64k;\n{servers}        keepalive 32;\n    }}\n"


def _server(head: str, side: Side, doors: Doors, groups: Mapping[str, Sequence[str]]) -> str:
    locations = "".join(_locations(side, doors, groups))
    return f"    server {{\n        {head}\n{_AWAY}{locations}    }}\n"


def _locations(side: Side, doors: Doors, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """nginx takes the longest prefix itself, but by letters: whole segments are a path, and what is below it."""
    if side == "office":
        yield "        location = / { return 302 /amt; }\n"
    for prefix in PREFIXES:
        action = _action(prefix, side, doors, groups)
        if prefix.path != "/":
            yield f"        location = {prefix.path} {{ {action} }}\n"
        yield f"        location {prefix.path.rstrip('/')}/ {{ {action} }}\n"


def _action(prefix: Prefix, side: Side, doors: Doors, groups: Mapping[str, Sequence[str]]) -> str:
    if prefix.path in _NOT_OUTSIDE or prefix.service not in groups:
        return "return 404;"
    if prefix.side in (side, "kit"):
        return f"proxy_pass http://{prefix.service};"
    if {prefix.side, side} == {"public", "office"}:
        return f"return 302 {doors.other(side)}$request_uri;"
    return "return 404;"
