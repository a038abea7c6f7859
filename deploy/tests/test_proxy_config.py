"""The configuration of the reverse proxy says what the site map says."""

from pathlib import Path
from typing import Any

import crossplane
import pytest

from aktenlauf.cli.proxy_config import COMPOSE_TARGETS, DRIFT, Doors, nginx_config, proxy_config
from aktenlauf.cli.serve_proxy import parse_targets
from aktenlauf.contracts.site import PREFIXES, owner
from aktenlauf.kit.settings import Settings, WrongSetting

FILE = Path(__file__).parent.parent / "docker/nginx.conf"
DOORS = Doors("http://portal.localhost:8080", "http://amt.localhost:8080")
UPLOAD = Settings.model_fields["upload_bytes_max"].default
PATHS = sorted({path for p in PREFIXES for path in (p.path, p.path.rstrip("/") + "/x", p.path + "lich")} - {"/"})


def parsed(file: Path) -> list[dict[str, Any]]:
    """What stands in `http`. Raises AssertionError where nginx would not start."""
    found = crossplane.parse(str(file), strict=True, catch_errors=True)
    assert found["status"] == "ok", found["errors"]
    [http] = [block for block in found["config"][0]["parsed"] if block["directive"] == "http"]
    return http["block"]


def servers(file: Path) -> dict[str, dict[str, Any]]:
    """Side -> its server."""
    named: dict[str, dict[str, Any]] = {}
    for server in (block["block"] for block in parsed(file) if block["directive"] == "server"):
        told = {entry["directive"]: entry["args"] for entry in server}
        listening = told["listen"]
        name = told.get("server_name", ["machine" if listening == ["8081"] else "nobody"])[0]
        named[{"portal.localhost": "public", "amt.localhost": "office"}.get(name, name)] = server
    return named


def answer(server: dict[str, Any], path: str) -> list[str]:
    """What nginx does with a path: the exact location, else the one with the longest prefix.

    source: nginx's documentation, ngx_http_core_module, location.
    """
    locations = [(e["args"], e["block"][0]) for e in server if e["directive"] == "location" and e["args"][0] != "@away"]
    for arguments, action in locations:
        if arguments == ["=", path]:
            return [action["directive"], *action["args"]]
    below = [(args[0], action) for args, action in locations if len(args) == 1 and path.startswith(args[0])]
    _, action = max(below, key=lambda found: len(found[0]))
    return [action["directive"], *action["args"]]


def wanted(side: str, path: str) -> list[str]:
    prefix = owner(path)
    if prefix.path == "/metrics" or prefix.service == "demo":
        return ["return", "404"]
    if prefix.side in (side, "kit"):
        return ["proxy_pass", f"http://{prefix.service}"]
    if side == "office" and prefix.side == "public":
        return ["return", "302", f"{DOORS.public}$request_uri"]
    if side == "public" and prefix.side == "office":
        return ["return", "302", f"{DOORS.office}$request_uri"]
    return ["return", "404"]


@pytest.mark.parametrize("side", ["public", "office", "machine"])
def test_every_path_of_the_site_map_ends_at_its_service_and_at_its_own_door_only(side: str) -> None:
    server = servers(FILE)[side]
    assert {path: answer(server, path) for path in PATHS} == {path: wanted(side, path) for path in PATHS}


def test_the_root_is_the_portal_and_at_the_offices_door_the_worklist() -> None:
    doors = servers(FILE)
    assert answer(doors["public"], "/") == ["proxy_pass", "http://intake"]
    assert answer(doors["office"], "/") == ["return", "302", "/amt"]
    assert answer(doors["machine"], "/") == ["return", "404"]


def test_a_host_that_is_not_ours_gets_nothing() -> None:
    nobody = servers(FILE)["nobody"]
    assert answer(nobody, "/antrag") == ["return", "421"]


def test_every_upstream_has_all_replicas_and_the_kits_are_those_of_all_services() -> None:
    upstreams = {
        block["args"][0]: [entry["args"][0] for entry in block["block"] if entry["directive"] == "server"]
        for block in parsed(FILE)
        if block["directive"] == "upstream"
    }
    names = [target.partition("=")[0] for target in COMPOSE_TARGETS]
    assert upstreams == {name: [f"{name}:8000"] for name in names} | {"kit": [f"{name}:8000" for name in names]}


def test_uploads_stream_and_touch_no_disk_and_the_service_itself_refuses_a_file_that_is_too_large() -> None:
    told = {entry["directive"]: entry["args"] for entry in parsed(FILE) if not entry.get("block")}
    assert told["proxy_request_buffering"] == ["off"]
    assert told["proxy_max_temp_file_size"] == ["0"]
    assert int(told["client_max_body_size"][0]) > UPLOAD
    headers = {tuple(e["args"]) for e in parsed(FILE) if e["directive"] == "proxy_set_header"}
    assert {("Host", "$http_host"), ("X-Forwarded-For", "$remote_addr")} <= headers


def test_no_location_sets_headers_of_its_own_which_would_drop_all_the_others() -> None:
    inside = [e for server in servers(FILE).values() for e in server if e["directive"] == "location"]
    assert not [e for location in inside for e in location["block"] if e["directive"] == "proxy_set_header"]


def test_addresses_need_no_name_server_and_replicas_stand_side_by_side(tmp_path: Path) -> None:
    targets = parse_targets(["intake=http://10.0.0.1:8000", "intake=http://10.0.0.2:8000"])
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_config(targets, DOORS))
    told = parsed(file)
    assert not [entry for entry in told if entry["directive"] == "resolver"]
    [intake] = [entry["block"] for entry in told if entry["directive"] == "upstream" and entry["args"] == ["intake"]]
    assert [e["args"] for e in intake if e["directive"] == "server"] == [["10.0.0.1:8000"], ["10.0.0.2:8000"]]
    assert answer(servers(file)["public"], "/termin") == ["return", "404"]  # nobody is there who could answer


def test_drift_of_the_checked_in_file_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "nginx.conf"
    copy.write_text(FILE.read_text("utf-8"))
    assert proxy_config(copy, COMPOSE_TARGETS, DOORS, "127.0.0.11") == 0
    copy.write_text(FILE.read_text("utf-8").replace("http://review", "http://intake", 1))
    assert proxy_config(copy, COMPOSE_TARGETS, DOORS, "127.0.0.11") == DRIFT
    assert "aktenlauf proxy-config" in capsys.readouterr().err


def test_one_host_for_both_sides_is_refused() -> None:
    with pytest.raises(WrongSetting, match="different hosts"):
        proxy_config(None, COMPOSE_TARGETS, Doors("http://localhost:1", "http://localhost:2"), "")
