"""Each benchmark runs through and reports; how fast it was is no matter of tests."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from aktenlauf.cli.bench import (
    append,
    distributed,
    hear,
    on_servers,
    publish,
    smoke,
    start,
    storage,
    submit,
    tail,
    writers,
)
from aktenlauf.cli.bench.report import Figure, Result, to_json
from aktenlauf.cli.main import app

pytestmark = pytest.mark.long

SHORT = 0.4


def quiet(done: float, what: str) -> None:
    """No progress bar."""


def values(result: Result) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in result.figures}


def measured(result: Result, *names: str) -> bool:
    """Whether these figures are there, are numbers, and are not nothing."""
    found = values(result)
    return all(isinstance(value := found[name], int | float) and value > 0 for name in names)


async def test_append_compares_the_port_with_all_contestants(tmp_path: Path) -> None:
    result = await append.measure(tmp_path, SHORT, quiet)
    assert measured(result, "ratio_to_bare_driver", "ratio_to_eventsourcing", "ratio_64_to_1")
    assert 300 <= result.settings["event_bytes"] <= 400
    assert len({len(rates) for rates in result.series.values()}) == 1  # everybody had as many turns


async def test_append_says_so_and_leaves_the_ratio_open_where_eventsourcing_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append, "eventsourcing", lambda path: None)
    result = await append.measure(tmp_path, SHORT, quiet)
    assert values(result)["ratio_to_eventsourcing"] is None
    assert any("EVENTSOURCING" in note for note in result.notes)


async def test_tail_rebuilds_and_hears(tmp_path: Path) -> None:
    result = await tail.measure(tmp_path, SHORT, quiet, events=600)
    assert measured(
        result, "tail_events_per_second", "tail_scattered_events_per_second", "hear_and_apply_events_per_second"
    )


def test_mixed_cases_come_with_dense_versions() -> None:
    versions: dict[str, list[int]] = {}
    for record in tail.mixed(20, 500):
        content = orjson.loads(record)
        versions.setdefault(content["stream"], []).append(content["version"])
    assert len(versions) > 20
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_submit_hands_in_through_pages_and_ports_and_the_office_sees_it(tmp_path: Path) -> None:
    result = await submit.measure(tmp_path, 2 * SHORT, quiet, files=2, file_bytes=30_000)
    assert measured(result, "http_submissions_per_second", "ports_submissions_per_second")
    assert (values(result)["http_never_visible"], values(result)["ports_never_visible"]) == (0, 0)
    assert result.series["http_visible_after_seconds"]
    assert result.series["ports_visible_after_seconds"]


async def test_start_is_measured_on_an_empty_and_on_an_existing_folder(tmp_path: Path) -> None:
    result = await start.measure(tmp_path, 2 * SHORT, quiet)
    assert measured(result, "ready_on_empty_folder", "ready_on_existing_folder")


def test_the_file_has_figures_ratios_targets_hardware_and_settings(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    run = CliRunner().invoke(app, ["bench", "append", "--seconds", str(SHORT), "--json", str(file)])
    assert run.exit_code == 0, run.output
    content: dict[str, Any] = orjson.loads(file.read_bytes())
    assert {"cores", "python", "sqlite"} <= content["hardware"].keys()
    bench = content["benches"]["append"]
    assert {"figures", "ratios", "targets", "settings", "series"} <= bench.keys()
    assert bench["targets"]["ratio_to_bare_driver"]["target"] == 0.6
    assert math.isfinite(bench["ratios"]["ratio_to_bare_driver"])


def test_a_target_is_met_from_the_side_that_is_better() -> None:
    assert Figure("rate", 3.0, "1/s", 2.0).met
    assert not Figure("seconds", 3.0, "s", 2.0, "less").met
    assert Figure("unknown", None, "s", 2.0).met is None
    assert Figure("informative", 3.0, "s").met is None


def test_what_could_not_be_measured_is_null_in_the_file() -> None:
    result = Result("append")
    result.add("ratio_to_eventsourcing", None, "", 1.3)
    content = orjson.loads(to_json([result]))
    assert content["benches"]["append"]["ratios"] == {"ratio_to_eventsourcing": None}


async def test_what_a_case_leaves_is_counted_in_logs_views_and_objects(tmp_path: Path) -> None:
    result = await storage.measure(tmp_path, SHORT, quiet, files=2, file_bytes=30_000)
    assert measured(result, "intake_log_own", "review_log_heard", "review_log_file", "blobs", "blob_objects")
    assert values(result)["intake_log_own"] < values(result)["review_log_heard"]  # it hears that and more


async def test_without_servers_their_benchmarks_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AKTENLAUF_KAFKA", "AKTENLAUF_MONGO", "AKTENLAUF_TEST_MONGO", "PATH"):
        monkeypatch.setenv(name, "")  # without PATH there is no Java
    for bench in (hear, publish, writers, distributed):
        result = await bench.measure(tmp_path, SHORT, quiet)
        assert set(values(result).values()) == {None}
        assert any("NO SERVERS: not installed: java" in note for note in result.notes)


async def test_without_servers_the_embedded_half_of_the_smoke_run_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_MONGO", "")
    monkeypatch.setenv("PATH", "")
    result = await smoke.measure(tmp_path, SHORT, quiet)
    assert measured(result, "embedded_run", "embedded_resident")
    assert values(result)["distributed_run"] is None
    assert {len(both) for both in result.compared.values()} == {2}
    assert any("NOTHING DISTRIBUTED WAS MEASURED" in note for note in result.notes)


@pytest.mark.servers
async def test_hear_and_publish_compare_with_the_clients(
    servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_KAFKA", servers.kafka)
    heard = await hear.measure(tmp_path, SHORT, quiet, events=600)
    assert measured(heard, "hear_events_per_second", "commit_each_events_per_second", "ratio_to_commit_each")
    published = await publish.measure(tmp_path, SHORT, quiet, events=600)
    assert measured(published, "publish_events_per_second", "bare_client_events_per_second", "ratio_to_bare_client")


@pytest.mark.servers
async def test_writers_in_three_processes_leave_no_place_empty(
    servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_TEST_MONGO", servers.mongo)
    result = await writers.measure(tmp_path, SHORT, quiet)
    assert measured(result, "one_process_commits_per_second", "three_processes_commits_per_second")
    assert values(result)["positions_lacking"] == 0


@pytest.mark.servers
async def test_the_distributed_form_is_measured_beside_the_embedded_one(
    servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in servers.environment().items():
        monkeypatch.setenv(name, value)
    async with on_servers.fleet(Result("both"), tmp_path / "fleet", submit.UNLIMITED) as running:

        @asynccontextmanager
        async def the_same(*_: Any) -> AsyncIterator[Any]:
            yield running

        for bench in (smoke, distributed):
            monkeypatch.setattr(bench, "fleet", the_same)
        steps = await smoke.measure(tmp_path, SHORT, quiet)
        load = await distributed.measure(tmp_path, SHORT, quiet)
    assert measured(steps, "embedded_run", "distributed_run", "intake-1_resident", "documents-1_workers_resident")
    assert all(seconds for both in steps.compared.values() for seconds in both)
    assert measured(load, "submissions_per_second", "visible_after_p50", "visible_after_p99")
