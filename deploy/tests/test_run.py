"""`aktenlauf run` as an operator meets it: a process with settings, an address and an end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from aktenlauf.cli.server import unknown_settings

pytestmark = pytest.mark.long

START_SECONDS = 60
END_SECONDS = 20
"""Bounds for a machine under load; measured is what the product promises."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(data: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AKTENLAUF_")}
    return {**kept, "AKTENLAUF_DATA": str(data), "AKTENLAUF_PORT": str(port), "PYTHONUNBUFFERED": "1", **more}


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "aktenlauf"), *arguments]


@contextmanager
def _running(data: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        _command("run"), env=_environment(data, port, **more), cwd=data, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _line(process: subprocess.Popen[str], words: str) -> str:
    """The first line of output with these words."""
    assert process.stdout is not None
    return next(line for line in process.stdout if words in line)


def test_ctrl_c_ends_cleanly_while_cases_are_made_and_connections_are_open(tmp_path: Path) -> None:
    port = _free_port()
    with _running(tmp_path, port) as process:
        assert f"http://localhost:{port}" in _line(process, "ready")
        assert "/vorfuehrung" in _line(process, "clock")
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        idle, half = socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port))
        idle.sendall(f"GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        half.sendall(f"POST /vorfuehrung/uhr HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 9\r\n\r\n".encode())
        process.send_signal(signal.SIGINT)
        assert process.wait(END_SECONDS) == 0
        idle.close()
        half.close()


def test_the_demonstration_advances_is_saved_and_starts_afresh_while_it_runs(tmp_path: Path) -> None:
    port = _free_port()
    data, saved = tmp_path / "data", tmp_path / "backup"
    data.mkdir()
    environment = _environment(data, port)
    with _running(data, port) as process:
        _line(process, "clock")
        advanced = subprocess.run(
            _command("demo", "advance", "--days", "30"), env=environment, capture_output=True, text=True
        )
        assert advanced.returncode == 0 and (data / "clock").read_text() == "2592000\n", advanced.stderr
        made = subprocess.run(_command("backup", str(saved)), env=environment, capture_output=True, text=True)
        assert made.returncode == 0 and (saved / "manifest.json").exists(), made.stderr
        parked = subprocess.run(_command("parked", "list"), env=environment, capture_output=True, text=True)
        assert parked.returncode == 0, parked.stderr
        kek = (data / "kek").read_bytes()
        assert httpx.post(f"http://127.0.0.1:{port}/vorfuehrung/zuruecksetzen").status_code == 200
        _line(process, "ready")
        assert (data / "kek").read_bytes() != kek and not (data / "clock").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(END_SECONDS) == 0
    restored = _environment(tmp_path / "again", port)
    done = subprocess.run(_command("restore", str(saved)), env=restored, capture_output=True, text=True)
    assert done.returncode == 0 and (tmp_path / "again" / "intake" / "log.db").exists(), done.stderr


def test_a_chosen_time_is_respected(tmp_path: Path) -> None:
    port = _free_port()
    with _running(tmp_path, port, AKTENLAUF_NOW="2031-03-09T09:00:00+01:00") as process:
        _line(process, "clock")
        page = httpx.get(f"http://127.0.0.1:{port}/vorfuehrung", headers={"Accept": "text/html"}).text
    assert "09.03.2031" in page


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AKTENLAUF_PORT", "high", "AKTENLAUF_PORT"),
        ("AKTENLAUF_NOW", "2031-03-09", "AKTENLAUF_NOW"),
        ("AKTENLAUF_HOST", "203.0.113.77", "AKTENLAUF_HOST"),
        ("AKTENLAUF_RATE_UPLOAD", "often", "AKTENLAUF_RATE_UPLOAD"),
    ],
)
def test_a_wrong_setting_is_a_sentence(tmp_path: Path, name: str, value: str, words: str) -> None:
    environment = _environment(tmp_path, _free_port(), **{name: value})
    ended = subprocess.run(
        _command("run"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=START_SECONDS
    )
    assert ended.returncode == 2 and words in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = _environment(tmp_path, port)
        ended = subprocess.run(
            _command("run"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=START_SECONDS
        )
    assert ended.returncode == 4 and f"Port {port} is in use" in ended.stderr


def test_data_of_a_newer_format_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "intake").mkdir()
    with sqlite3.connect(tmp_path / "intake" / "log.db") as db:
        db.execute("PRAGMA user_version = 99")
    environment = _environment(tmp_path, _free_port())
    ended = subprocess.run(
        _command("run"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=START_SECONDS
    )
    assert ended.returncode == 3 and "newer version" in ended.stderr and "Traceback" not in ended.stderr


def test_a_half_restored_folder_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "RESTORING").touch()
    environment = _environment(tmp_path, _free_port())
    ended = subprocess.run(
        _command("run"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=START_SECONDS
    )
    assert ended.returncode == 2 and "cut off" in ended.stderr


def test_a_variable_that_is_no_setting_is_named_with_the_one_that_was_meant() -> None:
    assert unknown_settings({"AKTENLAUF_PROT": "1", "AKTENLAUF_DATA": "x", "PATH": "y"}) == [
        "AKTENLAUF_PROT is no setting and does nothing. Is it AKTENLAUF_PORT?"
    ]


def test_advance_says_what_is_missing_where_nothing_runs(tmp_path: Path) -> None:
    environment = _environment(tmp_path, _free_port())
    ended = subprocess.run(
        _command("demo", "advance", "--days", "1"), env=environment, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1 and "aktenlauf run" in ended.stderr


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with _running(tmp_path, _free_port()) as process:
        _line(process, "clock")
        process.send_signal(signal.SIGSTOP)  # so that both wait when it goes on
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        assert process.wait(END_SECONDS) == 130
