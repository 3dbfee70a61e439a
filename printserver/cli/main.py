"""The command line. Each command reads the settings once and says in words what went wrong.

A command imports what it needs when it is called, so that no process loads what another one is for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from printserver.foundation.errors import PrintServerError
from printserver.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Print-control server.")
audit_app = typer.Typer(no_args_is_help=True, help="The log of every operation.")
app.add_typer(audit_app, name="audit")


@contextmanager
def spoken() -> Iterator[Settings]:
    """The settings; a refusal ends the command with status 2 and its own words."""
    try:
        yield Settings()
    except ValidationError as problem:
        for each in problem.errors():
            typer.echo(f"setting {'.'.join(str(part) for part in each['loc'])}: {each['msg']}", err=True)
        raise typer.Exit(2) from None
    except PrintServerError as problem:
        typer.echo(f"{problem.code}: {problem}", err=True)
        raise typer.Exit(2) from None


@app.command()
def init(
    plan: Annotated[Path | None, typer.Argument(help="The reviewed file of the first ceremony.")] = None,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Use the demonstration's own file.")] = False,
) -> None:
    """Make a first installation: keys, seals, organisation, people, printers."""
    from printserver.cli import init as installation

    if (plan is None) == (not demo):
        typer.echo("give the ceremony's file, or --demo", err=True)
        raise typer.Exit(2)
    with spoken() as settings:
        installation.install(settings, plan or installation.DEMO_PLAN)
        typer.echo(f"Installed in {settings.home}.")
        typer.echo(f"First passwords, for you alone: {installation.credentials_file(settings)}")
        typer.echo(f"Take this folder away from the machine: {settings.offline_root}")


@app.command()
def run() -> None:
    """Start and supervise everything on this machine."""
    from printserver.cli import supervisor

    with spoken() as settings:
        supervisor.run(settings, lambda: typer.echo(f"Serving on {settings.public_url}"))


@app.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    from printserver.migrations.upgrade import upgrade

    with spoken() as settings:
        upgrade(settings.database)


@app.command()
def web() -> None:
    """The web process alone."""
    from printserver.cli.web import serve

    with spoken() as settings:
        serve(settings)


@app.command()
def worker() -> None:
    """The worker process alone."""
    from printserver.worker.main import run as work

    with spoken() as settings:
        work(settings)


@app.command()
def signer() -> None:
    """The signer process alone."""
    from printserver.signer.daemon import run as sign

    with spoken() as settings:
        sign(settings)


if __name__ == "__main__":
    sys.exit(app())
