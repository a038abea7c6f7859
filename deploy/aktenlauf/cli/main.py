"""The command `aktenlauf`. Each subcommand is a module; it is imported when it is called."""

import asyncio
from collections.abc import Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from aktenlauf.cli.bench.app import app as bench_app

if TYPE_CHECKING:
    from aktenlauf.kit.settings import Settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


app.add_typer(bench_app, name="bench")


def _operate(doing: Coroutine[Any, Any, T], settings: "Settings") -> T:
    """What it returns, after letting go of the database."""
    from aktenlauf.kit.ports import disconnect

    async def done() -> T:
        try:
            return await doing
        finally:
            await disconnect(settings)

    return asyncio.run(done())


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
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()  # first: a wrong one is named before all the rest is loaded
    from aktenlauf.cli.run import run_forever

    run_forever(settings)


@app.command()
def serve(name: Annotated[str, typer.Argument(help="A service, or demo-idp.")]) -> None:
    """One service in a process of its own, as one of its replicas; or the demonstration's sign-in (demo-idp)."""
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    if name == "demo-idp":
        from aktenlauf.cli.serve_demo_idp import run_demo_idp

        run_demo_idp(settings)
    from aktenlauf.cli.serve import serve_forever

    serve_forever(settings, name)


@app.command()
def proxy(to: Annotated[list[str], typer.Option(help="NAME=URL; a name several times for its replicas.")]) -> None:
    """A small reverse proxy for services in processes of their own; for tests, and where no other is installed."""
    from aktenlauf.cli.serve_proxy import proxy_forever
    from aktenlauf.kit.settings import load_settings

    proxy_forever(load_settings(), to)


@app.command("proxy-config")
def proxy_config(
    to: Annotated[list[str] | None, typer.Option(help="As of `proxy`; default: as in compose.yaml.")] = None,
    public: Annotated[str, typer.Option(help="URL of the public side.")] = "http://portal.localhost:8080",
    office: Annotated[str, typer.Option(help="URL of the office side, of another host.")] = "http://amt.localhost:8080",
    resolver: Annotated[str, typer.Option(help="Name server asked while it runs; '' for none.")] = "127.0.0.11",
    check: Annotated[Path | None, typer.Option(help="Only compare this file, and fail on drift.")] = None,
) -> None:
    """The configuration of nginx, made from the site map."""
    from aktenlauf.cli import proxy_config as nginx

    doors = nginx.Doors(public.rstrip("/"), office.rstrip("/"))
    raise typer.Exit(nginx.proxy_config(check, to or nginx.COMPOSE_TARGETS, doors, resolver))


@app.command()
def smoke(
    url: Annotated[str, typer.Option(help="Public address of the running installation.")],
    office_url: Annotated[str | None, typer.Option(help="Address of the office side; default: the same.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="Access tokens of its people, lines ROLE=TOKEN.")] = None,
) -> None:
    """One application through a running installation, from sign-in to erasure: the check after a deployment."""
    from aktenlauf.cli.smoke import smoke as drive

    raise typer.Exit(drive(url, office_url or url, token_file))


parked = typer.Typer(no_args_is_help=True, help="What a handler could not handle, and what is to be done about it.")
app.add_typer(parked, name="parked")
demo = typer.Typer(no_args_is_help=True, help="For demonstrations.")
app.add_typer(demo, name="demo")
bus = typer.Typer(no_args_is_help=True, help="The topics on Kafka.")
app.add_typer(bus, name="bus")
blobs = typer.Typer(no_args_is_help=True, help="The bucket of an S3 server.")
app.add_typer(blobs, name="blobs")
keyring = typer.Typer(no_args_is_help=True, help="The keys of all cases.")
app.add_typer(keyring, name="keyring")

_Service = Annotated[str, typer.Argument(help="As `parked list` shows it.", metavar="SERVICE")]
_Handler = Annotated[str, typer.Argument(help="As `parked list` shows it.", metavar="HANDLER")]
_Case = Annotated[str, typer.Argument(help="As `parked list` shows it.", metavar="CASE")]


@parked.command("list")
def parked_list() -> None:
    """Every stopped case, and gaps in what was heard."""
    from aktenlauf.cli.parked import list_parked
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    raise typer.Exit(_operate(list_parked(settings), settings))


@parked.command("show")
def parked_show(service: _Service, handler: _Handler, case: _Case) -> None:
    """The envelopes of what stands aside for one case; never its content."""
    from aktenlauf.cli.parked import show
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    raise typer.Exit(_operate(show(settings, service, handler, case), settings))


@parked.command("replay")
def parked_replay(service: _Service, handler: _Handler, case: _Case) -> None:
    """Try the case again, from its first record on in order."""
    from aktenlauf.cli.parked import replay
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    raise typer.Exit(_operate(replay(settings, service, handler, case), settings))


@parked.command("skip")
def parked_skip(service: _Service, handler: _Handler, case: _Case) -> None:
    """Give up the case's first record for this handler, and go on with those behind it."""
    from aktenlauf.cli.parked import skip
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    raise typer.Exit(_operate(skip(settings, service, handler, case), settings))


@bus.command("topics")
def bus_topics() -> None:
    """Make the topics that lack."""
    from aktenlauf.cli.bus import topics
    from aktenlauf.kit.settings import load_settings

    raise typer.Exit(asyncio.run(topics(load_settings())))


@bus.command("republish")
def bus_republish(
    service: Annotated[str, typer.Argument(help="Whose records.", metavar="SERVICE")],
    case: Annotated[str | None, typer.Option(help="Only the records of this case.")] = None,
    start: Annotated[int, typer.Option("--from", min=1, help="First position of its log.", metavar="POSITION")] = 1,
) -> None:
    """Publish a service's own records again from its log: for a lost topic, or a gap in what somebody heard."""
    from aktenlauf.cli.bus import publish_again
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    raise typer.Exit(_operate(publish_again(settings, service, case, start), settings))


@blobs.command("prepare")
def blobs_prepare() -> None:
    """Make the bucket unless it is there."""
    from aktenlauf.cli.blobs import prepare
    from aktenlauf.kit.settings import load_settings

    raise typer.Exit(asyncio.run(prepare(load_settings())))


@keyring.command("rewrap")
def keyring_rewrap() -> None:
    """Wrap all keys with the first key-encryption key of AKTENLAUF_KEK; the others are needed no longer then."""
    from aktenlauf.cli.keyring import rewrap
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    _operate(rewrap(settings), settings)


@demo.command("advance")
def demo_advance(days: Annotated[int, typer.Option(min=1, help="How far; the clock never goes back.")]) -> None:
    """Move the clock of the running demonstration forward."""
    from aktenlauf.cli.advance import advance
    from aktenlauf.kit.settings import load_settings

    raise typer.Exit(advance(load_settings(), days))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")],
    with_kek: Annotated[bool, typer.Option("--with-kek", help="Save the key-encryption key too.")] = False,
) -> None:
    """A consistent copy of all data that cannot be made again, also while everything runs."""
    from aktenlauf.cli.backup import backup as save
    from aktenlauf.cli.elsewhere import BACKUP, refuse_what_is_elsewhere
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    refuse_what_is_elsewhere(settings, BACKUP, with_kek=with_kek)
    save(settings.data, folder, with_kek=with_kek)


@app.command()
def restore(folder: Annotated[Path, typer.Argument(help="A backup.", metavar="DIR")]) -> None:
    """Write a backup to the data folder (AKTENLAUF_DATA), which must be new or empty."""
    from aktenlauf.cli.elsewhere import RESTORE, refuse_what_is_elsewhere
    from aktenlauf.cli.restore import restore as write
    from aktenlauf.kit.settings import load_settings

    settings = load_settings()
    refuse_what_is_elsewhere(settings, RESTORE)
    write(folder, settings.data)


@app.command()
def contracts(
    check: Annotated[bool, typer.Option(help="Only compare, and fail on drift or a breaking change.")] = False,
) -> None:
    """Write the generated schemas and AsyncAPI document, or check them."""
    from aktenlauf.cli.contracts import check_contracts, write_contracts

    raise typer.Exit(check_contracts() if check else write_contracts())


def command() -> None:
    """The console script: a wrong setting, or a server that is away, is a sentence; Ctrl-C ends cleanly."""
    from aktenlauf.kit.errors import Halt, Unavailable
    from aktenlauf.kit.settings import WrongSetting

    try:
        app()
    except WrongSetting as wrong:
        typer.echo(f"Wrong setting: {wrong}", err=True)
        raise SystemExit(2) from None
    except Halt as halt:
        typer.echo(f"Cannot go on: {halt}", err=True)
        raise SystemExit(3) from None
    except Unavailable as away:
        typer.echo(f"Something does not answer ({away}). Try again once it does.", err=True)
        raise SystemExit(5) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
