"""`aktenlauf contracts`: the published files about the event language."""

from rich.console import Console

from aktenlauf.contracts import published


def write_contracts() -> int:
    """Write schemas and AsyncAPI; 1 and nothing written if a published schema would break."""
    return _report(published.write(), f"{len(published.generated())} files written")


def check_contracts() -> int:
    """0 if the checked-in files are those of the models, nothing breaks and every example is read."""
    return _report(published.check(), f"{len(published.generated())} files are up to date, all examples are read")


def _report(faults: list[str], well: str) -> int:
    console = Console()
    for fault in faults:
        console.print(f"[red]{fault}[/red]", highlight=False)
    if not faults:
        console.print(well)
    return 1 if faults else 0
