"""One page per rule for docs/rules, made from its docstring, its norms and its table of cases.

`python -m aktenlauf.review.rules.pages [FOLDER]` writes them (default docs/rules); a test fails when the
pages checked in differ from what this module would write.
"""

import inspect
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aktenlauf.review.rules.cases import RULES, Case, CaseTable, Rule, labels, run, table
from aktenlauf.review.rules.data import rules_data
from aktenlauf.review.rules.days import BERLIN
from aktenlauf.review.rules.finding import Finding, Norm

HEAD = (
    "<!-- Erzeugt mit `python -m aktenlauf.review.rules.pages`; nicht von Hand ändern: "
    "Fälle stehen in rules/cases, Tage und Prüfdaten in rules/data.yaml. -->"
)


def pages() -> dict[str, str]:
    """Return file name -> markdown text of every page, with an index."""
    rendered = {f"{rule.__name__}.md": _page(rule, table(rule.__name__)) for rule in RULES}
    return {"README.md": _index(), **rendered}


def _index() -> str:
    lines = [HEAD, "# Rechtsregeln", ""]
    lines += ["Jede Regel ist eine Funktion ohne Uhr und ohne Zugriff auf Daten; ihr Ergebnis nennt Norm,"]
    lines += [
        "verwendete Tatsachen und was ein Mensch prüfen muss. Die Tabellen sind zugleich die Tests.",
        "",
    ]
    lines += [f"- [{table(rule.__name__).title}]({rule.__name__}.md)" for rule in RULES]
    return "\n".join(lines) + "\n"


def _page(rule: Rule, cases: CaseTable) -> str:
    results = [run(rule, case) for case in cases.cases]
    parts = [
        f"{HEAD}\n# {cases.title}",
        cases.explanation.strip(),
        "## Normen\n" + "\n".join(_norm_lines(results)),
        "## Fälle\n" + "\n".join(_case_lines(cases.cases)),
        "## Was zu prüfen bleibt\n" + "\n".join(_check_lines(results)),
        f"## Vertrag der Funktion `{rule.__name__}`\n```text\n{inspect.getdoc(rule)}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _norm_lines(results: list[Finding]) -> list[str]:
    norms = {result.norm.citation: result.norm for result in results}
    rows = [f"| {citation} | {norm.title} | {_checked(norm)} |" for citation, norm in sorted(norms.items())]
    return ["| Norm | Gegenstand | Wortlaut verglichen |", "| --- | --- | --- |", *rows]


def _checked(norm: Norm) -> str:
    when = f"am {_show(norm.wording_checked_on)}" if norm.wording_checked_on else "**noch nicht**"
    return f"{when} ({norm.checked_against})" if norm.checked_against else when


def _case_lines(cases: tuple[Case, ...]) -> list[str]:
    rows = [f"| {case.text} | {_pairs(case.given)} | {_pairs(case.expect)} |" for case in cases]
    return ["| Fall | Angaben | Ergebnis |", "| --- | --- | --- |", *rows]


def _check_lines(results: list[Finding]) -> list[str]:
    keys = sorted({key for result in results for key in result.checks})
    return [f"- **{key}**: {rules_data().checks[key]}" for key in keys] or ["Nichts."]


def _pairs(values: dict[str, Any]) -> str:
    return "<br>".join(f"{labels().fields[name]}: {_word(name, value)}" for name, value in values.items())


def _word(name: str, value: Any) -> str:
    """Prefer the word for a code in this field: "none" is another word for a title than for an effect."""
    return labels().values.get(f"{name}.{value}") or _show(value)


def _show(value: Any) -> str:
    """Write a value of a case as a German reader expects it; raises KeyError for a code without a label."""
    match value:
        case None:
            return "–"
        case bool():
            return "ja" if value else "nein"
        case datetime():
            return f"{value.astimezone(BERLIN):%d.%m.%Y, %H:%M:%S} Uhr in Berlin"
        case date():
            return f"{value:%d.%m.%Y}"
        case list():
            return "; ".join(_show(item) for item in value) or "–"
        case dict():
            return ", ".join(_show(item) for item in value.values())
        case str():
            return labels().values.get(value) or _known_text(value)
        case _:
            return str(value)


def _known_text(value: str) -> str:
    if value in rules_data().checks:
        return f"**{value}**"
    if value in rules_data().texts.values() or value.startswith("§"):
        return value
    raise KeyError(f"cases/labels.yaml has no German word for {value!r}")


def differences(folder: Path) -> list[str]:
    """Return the names of pages in `folder` that are missing or differ from what would be written."""
    wanted = pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(folder: str = "docs/rules") -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (target / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
