"""What a benchmark found: figures with their targets, as a table for people and as JSON for comparisons."""

import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Tell = Callable[[float, str], None]
"""Takes progress (0 to 1) and what is being measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `value` None: it could not be measured here, a note of the result says why."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    better: Literal["more", "less"] = "more"

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or a value."""
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.better == "more" else self.value <= self.target


@dataclass(slots=True)
class Result:
    """All that one benchmark found. Figures named `ratio_...` compare within this run."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Sequence[float]] = field(default_factory=dict)
    """Values over time, by name with unit: `resident_mb`."""
    notes: list[str] = field(default_factory=list)
    columns: Sequence[str] = ()
    compared: dict[str, Sequence[float | None]] = field(default_factory=dict)
    """What was measured several ways: name -> seconds in each of `columns`."""

    def add(
        self, name: str, value: float | None, unit: str, target: float | None = None, *, less: bool = False
    ) -> None:
        """A figure; `less`: smaller is better."""
        self.figures.append(Figure(name, value, unit, target, "less" if less else "more"))

    def add_rates(self, ours: tuple[str, Sequence[float]], other: tuple[str, Sequence[float]], target: float) -> None:
        """Events a second of two ways that took turns, each with its name; the ratio is the median of the rounds'."""
        for name, rates in (ours, other):
            self.add(f"{name}_events_per_second", middle(rates), "1/s")
            self.series[name] = rates
        ratios = [one / two for one, two in zip(ours[1], other[1], strict=True)]
        self.add(f"ratio_to_{other[0]}", middle(ratios), "", target)


def middle(values: Sequence[float]) -> float | None:
    """The median; None where nothing was measured."""
    return median(values) if values else None


def hardware() -> dict[str, Any]:
    """What figures depend on that is no setting of ours."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "load_average": os.getloadavg()[0],
        "aktenlauf": version("aktenlauf-cli"),
    }


def busy() -> str | None:
    """A warning where others use this machine so much that absolute figures mean little."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    return f"THE MACHINE WAS BUSY before the start: load {load:.1f} on {cores} cores." if load > cores / 2 else None


def to_json(results: Sequence[Result]) -> bytes:
    """{taken_at, hardware, benches: {name: {figures, ratios, targets, settings, series, compared, notes}}}."""
    content = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "hardware": hardware(),
        "benches": {result.name: _content(result) for result in results},
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _content(result: Result) -> dict[str, Any]:
    figures = {figure.name: figure for figure in result.figures}
    return {
        "figures": {name: {"value": f.value, "unit": f.unit} for name, f in figures.items() if not _is_ratio(f)},
        "ratios": {name: figure.value for name, figure in figures.items() if _is_ratio(figure)},
        "targets": {
            name: {"target": figure.target, "better": figure.better, "met": figure.met}
            for name, figure in figures.items()
            if figure.target is not None
        },
        "settings": result.settings,
        "series": {name: list(values) for name, values in result.series.items()},
        "compared": {name: dict(zip(result.columns, values, strict=True)) for name, values in result.compared.items()},
        "notes": result.notes,
    }


def _is_ratio(figure: Figure) -> bool:
    return figure.name.startswith("ratio_")


def show(result: Result) -> None:
    """The table."""
    table = Table(title=f"bench {result.name}", title_justify="left")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("target", justify="right")
    table.add_column("")
    for figure in result.figures:
        target = (
            "" if figure.target is None else f"{'>=' if figure.better == 'more' else '<='} {_number(figure.target)}"
        )
        verdict = {True: "[green]met", False: "[red]missed", None: ""}[figure.met]
        table.add_row(figure.name, f"{_number(figure.value)} {figure.unit}".rstrip(), target, verdict)
    console = Console()
    console.print(table)
    if result.compared:
        console.print(_side_by_side(result))
    for note in result.notes:
        console.print(f"[yellow]Note:[/] {note}")


def _side_by_side(result: Result) -> Table:
    table = Table()
    table.add_column("seconds")
    for column in result.columns:
        table.add_column(column, justify="right")
    for name, values in result.compared.items():
        table.add_row(name, *map(_number, values))
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "not measured"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


@contextmanager
def watched(name: str) -> Iterator[Tell]:
    """A progress bar on standard error, for as long as the block runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=1.0)
        yield lambda done, what: progress.update(task, completed=min(done, 1.0), description=f"{name}: {what}")
