"""A service that starts while the broker is away waits with its port closed, and ends when it is told to."""

import asyncio
import os
import signal
import socket
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

SETTINGS = {
    "AKTENLAUF_DEMO": "false",
    "AKTENLAUF_OIDC_APPLICANTS_ISSUER": "https://sso.test/realms/buerger",
    "AKTENLAUF_OIDC_APPLICANTS_CLIENT_ID": "portal",
    "AKTENLAUF_OIDC_OFFICE_ISSUER": "https://sso.test/realms/amt",
    "AKTENLAUF_OIDC_OFFICE_CLIENT_ID": "fachanwendung",
    "AKTENLAUF_KEK": b64encode(bytes(32)).decode(),
}


@pytest.fixture
def broker_away() -> Iterator[str]:
    """An address where nobody listens, and nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service `review`, its log lines on `stdout`; killed at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AKTENLAUF_")}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "aktenlauf",
        "serve",
        "review",
        env={**kept, **SETTINGS, **settings},
        cwd=folder,  # no .env file of whoever runs the tests
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_service_that_waits_for_the_broker_is_not_reached_and_ends_in_order_by_sigterm__adr_0022(
    tmp_path: Path, unused_tcp_port: int, broker_away: str
) -> None:
    places = {"AKTENLAUF_DATA": str(tmp_path / "data"), "AKTENLAUF_PORT": str(unused_tcp_port)}
    async with serving(tmp_path, **places, AKTENLAUF_KAFKA=broker_away) as process, asyncio.timeout(60):
        assert process.stdout is not None
        waits = 0
        while waits < 5:  # by now the next attempt may be seconds away, and the order must not wait for it
            line = await process.stdout.readline()
            assert line, "it ended"
            waits += b"hearing what it knew" in line
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            rest, _ = await process.communicate()
        assert (process.returncode, b"Traceback" in rest, b'"serving"' in rest) == (0, False, False)
