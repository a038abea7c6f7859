"""`aktenlauf demo advance`: tell the running installation to move its clock."""

import httpx
import typer

from aktenlauf.kit.settings import Settings

TIMEOUT_SECONDS = 10
FAILED = 1


def advance(settings: Settings, days: int) -> int:
    """0 and the new time, or FAILED and what to do."""
    address = f"http://127.0.0.1:{settings.port}/vorfuehrung/uhr"
    try:
        answer = httpx.post(
            address, data={"tage": str(days)}, headers={"Accept": "application/json"}, timeout=TIMEOUT_SECONDS
        )
    except httpx.HTTPError:
        typer.echo(f"Nothing answers on port {settings.port}. Start it first: aktenlauf run", err=True)
        return FAILED
    if answer.status_code == httpx.codes.NOT_FOUND:
        typer.echo("What runs there is no demonstration: its clock is not moved.", err=True)
        return FAILED
    if answer.status_code != httpx.codes.OK:
        typer.echo(f"The clock was not moved: {_reason(answer)}", err=True)
        return FAILED
    typer.echo(f"It is now {answer.json()['now']}")
    return 0


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail") or answer.status_code)
    except ValueError:
        return str(answer.status_code)
