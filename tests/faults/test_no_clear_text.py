"""No personal data in the clear in anything that the services or their servers wrote, in the distributed form.

After the marked journey the servers are stopped and every byte of their folders is searched: PostgreSQL's tables and
its write-ahead log, Kafka's segments, the object store with its metadata, and everybody's logs; beside them traces,
figures, addresses and cookies. Nothing is compressed there: Kafka's producers do not, and columns of PostgreSQL are
told not to. Not searched are the hand-over points. The same run with sealing switched off, afterwards on the same
servers, shows that the search finds each word, and in which of them.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from aktenlauf.cli.visitor import Visitor
from aktenlauf.kit.testing.waiting import until

from ..course import signed_in
from ..marked_journey import (
    ALL,
    ANSWERS,
    NOWHERE,
    PEOPLE,
    REFUSED,
    UPLOADED,
    Heard,
    hand_over_points,
    to_the_end,
    type_wrong,
)
from ..marks import files_below, mark, search

if TYPE_CHECKING:
    from native.fleet import Fleet
    from native.sets import ServerSet

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
UNCOMPRESSED = """
CREATE FUNCTION uncompressed() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record; part record;
BEGIN
  FOR made IN SELECT objid FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP
    FOR part IN SELECT attname FROM pg_attribute WHERE attrelid = made.objid AND attnum > 0 AND attstorage = 'x' LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', made.objid::regclass, part.attname);
    END LOOP;
  END LOOP;
END $$;
CREATE EVENT TRIGGER uncompressed ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION uncompressed();
"""
"""From now on PostgreSQL stores the long values of every new table as they are."""


@dataclass
class Collector:
    """Takes traces, and keeps what it was sent."""

    url: str = ""
    received: list[bytes] = field(default_factory=list)


@contextmanager
def collecting() -> Iterator[Collector]:
    """An OpenTelemetry collector that understands nothing."""
    collector = Collector()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield collector
        server.shutdown()


@dataclass
class Written:
    """What one run left: where which words were found, what was looked at, and what was handed over in the clear."""

    hits: dict[str, set[str]]
    told: dict[str, bytes]
    handed_over: set[str]

    def found(self, place: str) -> set[str]:
        """The words in the places whose names begin so."""
        return set().union(*(words for name, words in self.hits.items() if name.startswith(place)))


@dataclass
class Runs:
    """One after the other on the same servers."""

    sealed: Written
    clear: Written


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(server_set: "ServerSet", tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runs]:
    if "postgres" not in server_set.pids():
        pytest.skip("NOT SEARCHED: the folders of servers in containers cannot be read from here")
    from native.programs import sql

    sql(server_set.folder, UNCOMPRESSED)
    sealed = await _run(server_set, tmp_path_factory.mktemp("sealed"), "sealed")
    for server in server_set.servers:
        await asyncio.to_thread(server_set.start_again, server)
    yield Runs(sealed, await _run(server_set, tmp_path_factory.mktemp("clear"), "clear"))


async def _run(servers: "ServerSet", folder: Path, form: str) -> Written:
    """The marked journey on a fleet of its own; then all processes are stopped and everything is searched."""
    with collecting() as collector:
        async with _fleet(folder, servers, form, collector) as fleet:
            notes = await _journey(fleet, Path(fleet.settings()["data"]))
            figures = await _figures(fleet)
    for server in servers.servers:
        await asyncio.to_thread(servers.stop_one, server)
    told = {"logs": fleet.logs(), "traces": b"".join(collector.received), "figures": figures, "addresses": notes}
    return await asyncio.to_thread(_searched, servers.folder, folder, Path(fleet.settings()["data"]), told)


@asynccontextmanager
async def _fleet(folder: Path, servers: "ServerSet", form: str, collector: Collector) -> AsyncIterator["Fleet"]:
    from native.fleet import Fleet

    program = ("-m", f"{__package__}.marked_program", form)
    settings = {"PYTHONPATH": str(ROOT), "AKTENLAUF_OTLP": collector.url}
    fleet = Fleet(folder, servers.addresses(), form, environment=settings, program=program)
    await asyncio.to_thread(fleet.start)
    try:
        yield fleet
    finally:
        await asyncio.to_thread(fleet.stop)


async def _journey(fleet: "Fleet", data: Path) -> bytes:
    """All of it; the addresses that were asked for and the cookies that were set."""
    wires = [Heard(httpx.AsyncHTTPTransport()) for _ in PEOPLE]
    visitors = [Visitor(fleet.url, wire) for wire in wires]
    applicant, caseworker, approver = visitors
    subjects = PEOPLE[0].subject, PEOPLE[1].subject, PEOPLE[2].subject

    async def settled() -> None:
        await until(lambda: _caught_up(fleet), PATIENCE_SECONDS)

    try:
        j = await signed_in(applicant, caseworker, approver, subjects, ANSWERS, PATIENCE_SECONDS)
        await type_wrong(j)
        await to_the_end(j, data, settled)
    finally:
        for visitor in visitors:
            await visitor.close()
    return "\n".join(note for wire in wires for note in wire.notes).encode()


async def _caught_up(fleet: "Fleet") -> bool:
    """Whether no handler of any service is behind its log."""
    lines = (await _figures(fleet)).decode().splitlines()
    lags = [line for line in lines if line.startswith("aktenlauf_handler_lag{")]
    return bool(lags) and all(line.endswith(" 0.0") for line in lags)


async def _figures(fleet: "Fleet") -> bytes:
    """What every service tells who asks for its figures."""
    async with httpx.AsyncClient() as client:
        return b"".join([(await client.get(f"{fleet.address(name)}/metrics")).content for name in fleet.services])


def _searched(servers: Path, folder: Path, data: Path, told: dict[str, bytes]) -> Written:
    """Everything below both folders and everything told; a word of the hand-over points is no hit."""
    words, points = [*ALL, *NOWHERE], hand_over_points(data)
    places = (*files_below(servers), *files_below(folder, points), *told.items())
    handed_over = set().union(*(found for point in points for found in search(files_below(point), words).values()))
    return Written(search(places, words), told, handed_over)


async def test_no_word_of_anybody_is_found_in_anything_written(runs: Runs) -> None:
    assert runs.sealed.hits == {}
    assert {mark("familienname"), REFUSED} <= runs.sealed.handed_over


async def test_everything_that_was_searched_was_really_written(runs: Runs) -> None:
    told = runs.sealed.told
    assert b'"event": "serving"' in told["logs"]
    assert b"POST /antrag/{case}/pruefen" in told["traces"]
    assert b"aktenlauf_request_seconds_count" in told["figures"]
    assert b"/antrag/" in told["addresses"]


async def test_with_sealing_off_the_search_finds_every_word_in_the_servers_that_hold_it(runs: Runs) -> None:
    clear = runs.clear
    assert set(ALL) - clear.found("") == set()
    assert set(ALL) - set(UPLOADED) - clear.found("postgres/") == set()
    assert set(UPLOADED) - clear.found("s3/") == set()
    assert {mark("familienname"), mark("frage"), mark("antwort")} - clear.found("kafka/") == set()
