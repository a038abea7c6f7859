"""The command `aktenlauf`. Each subcommand is a module; it is imported when it is called."""

from importlib.metadata import version
from typing import Annotated

import typer

from aktenlauf.cli.bench.app import app as bench_app

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


app.add_typer(bench_app, name="bench")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aktenlauf {version('aktenlauf-cli')}")
        raise typer.Exit


@app.callback()
def main(
    show: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """The run of an application through an immigration office."""


@app.command()
def run() -> None:
    """The whole system in one process, with demonstration data."""
    from aktenlauf.cli.run import run_forever

    run_forever()


@app.command()
def smoke(
    url: Annotated[str, typer.Option(help="Public address of the running installation.")],
    office_url: Annotated[str | None, typer.Option(help="Address of the office side; default: the same.")] = None,
    token_file: Annotated[str | None, typer.Option(help="File with the operator's bearer token.")] = None,
) -> None:
    """One application through a running installation, from sign-in to erasure: the check after a deployment."""
    from aktenlauf.cli.smoke import smoke as drive

    raise typer.Exit(drive(url, office_url or url, token_file))


@app.command()
def contracts(
    check: Annotated[bool, typer.Option(help="Only compare, and fail on drift or a breaking change.")] = False,
) -> None:
    """Write the generated schemas and AsyncAPI document, or check them."""
    from aktenlauf.cli.contracts import check_contracts, write_contracts

    raise typer.Exit(check_contracts() if check else write_contracts())


def command() -> None:
    """The console script: a wrong setting is a sentence, Ctrl-C ends cleanly."""
    from aktenlauf.kit.errors import Halt
    from aktenlauf.kit.settings import WrongSetting

    try:
        app()
    except WrongSetting as wrong:
        typer.echo(f"Wrong setting: {wrong}", err=True)
        raise SystemExit(2) from None
    except Halt as halt:
        typer.echo(f"Cannot go on: {halt}", err=True)
        raise SystemExit(3) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
