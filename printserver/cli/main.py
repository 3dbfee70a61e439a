"""The command line. Each command reads the settings once and says in words what went wrong.

A command imports what it needs when it is called, so that no process loads what another one is for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from printserver.cli.account import account_app, service_app
from printserver.cli.archive import app as archive_app
from printserver.cli.archive_finding import catalogue, fetch, reindex, search
from printserver.cli.archive_keeping import COMMANDS as KEEPING_COMMANDS
from printserver.cli.archive_packages import COMMANDS as ARCHIVE_COMMANDS
from printserver.cli.archive_retention import disposal_app, holds_app, retention_app
from printserver.cli.document_classes import app as classes_app
from printserver.cli.document_templates import app as templates_app
from printserver.cli.identities import app as identities_app
from printserver.cli.keys import app as keys_app
from printserver.cli.media import app as media_app
from printserver.cli.papers import app as papers_app
from printserver.cli.people import app as people_app
from printserver.cli.people import branches_app, deputies_app, rights_app, roles_app
from printserver.cli.printers import app as printers_app
from printserver.cli.reconcile import reconciliation
from printserver.cli.request_batches import app as batches_app
from printserver.cli.requests import app as requests_app
from printserver.cli.returns import app as returns_app
from printserver.cli.root_pin import STATUS_WORDS
from printserver.cli.seal_verify import app as seal_app
from printserver.cli.seals import app as seals_app
from printserver.cli.speaking import spoken
from printserver.cli.spooler import check, install
from printserver.cli.statements import app as statements_app
from printserver.cli.verify import verify
from printserver.cli.webhooks import app as webhooks_app
from printserver.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Print-control server."
)
audit_app = typer.Typer(no_args_is_help=True, help="The log of every operation.")
app.add_typer(audit_app, name="audit")
register_app = typer.Typer(no_args_is_help=True, help="What the signer believes, from its own register.")
app.add_typer(register_app, name="register")
printers_app.command()(install)
printers_app.command()(check)
app.add_typer(printers_app, name="printers")
app.add_typer(seal_app, name="seal")
app.add_typer(seals_app, name="seals")
app.add_typer(statements_app, name="statements")
app.add_typer(account_app, name="account")
app.add_typer(service_app, name="service-accounts")
app.add_typer(people_app, name="people")
app.add_typer(branches_app, name="branches")
app.add_typer(roles_app, name="roles")
app.add_typer(rights_app, name="rights")
app.add_typer(deputies_app, name="deputies")
app.add_typer(keys_app, name="keys")
app.add_typer(media_app, name="media")
app.add_typer(identities_app, name="identities")
app.add_typer(webhooks_app, name="webhooks")
app.add_typer(requests_app, name="requests")
app.add_typer(papers_app, name="papers")
app.add_typer(classes_app, name="classes")
app.add_typer(templates_app, name="templates")
app.add_typer(batches_app, name="batches")
for each in (search, fetch, catalogue, reindex):
    archive_app.command()(each)
for name, command in {**ARCHIVE_COMMANDS, **KEEPING_COMMANDS}.items():
    archive_app.command(name)(command)
archive_app.add_typer(retention_app, name="retention")
archive_app.add_typer(holds_app, name="holds")
archive_app.add_typer(disposal_app, name="disposal")
app.add_typer(archive_app, name="archive")
app.add_typer(returns_app, name="returns")
app.command(epilog=STATUS_WORDS)(verify)
app.command()(reconciliation)


@app.command()
def init(
    plan: Annotated[Path | None, typer.Argument(help="The reviewed file of the first ceremony.")] = None,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Use the demonstration's own file.")] = False,
) -> None:
    """Make a first installation: keys, seals, organisation, people, printers."""
    from printserver.cli import init as installation
    from printserver.cli.attendance import attended
    from printserver.signer.ceremony_plan import read_plan

    if (plan is None) == (not demo):
        typer.echo("give the ceremony's file, or --demo", err=True)
        raise typer.Exit(2)
    with spoken() as settings:
        installation.require_vacant(settings)
        if plan is None:
            installation.install(settings, read_plan(installation.DEMO_PLAN), passwords_last=True)
        else:
            parsed = read_plan(plan)
            installation.install(settings, parsed, attended=attended(plan.read_text("utf-8"), parsed))
        typer.echo(f"Installed in {settings.home}.")
        typer.echo(f"First passwords, for you alone: {installation.credentials_file(settings)}")
        typer.echo(f"Take this folder away from the machine: {settings.offline_root}")


@app.command()
def run(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="The demonstration's installation, made if need be.")] = False,
) -> None:
    """Start and supervise everything on this machine."""
    from printserver.cli import supervisor
    from printserver.cli.demo.server import demo_settings
    from printserver.cli.init import credentials_file, require_installed

    with spoken(demo_settings if demo else Settings) as settings:
        require_installed(settings)
        if demo:
            typer.echo(f"Passwords of the demonstration's people: {credentials_file(settings)}")
        supervisor.run(settings, lambda: typer.echo(f"Serving on {settings.public_url}"))


@app.command()
def demo(
    *,
    contract: Annotated[Path | None, typer.Option(help="A PDF of your own.", exists=True, dir_okay=False)] = None,
    oneshot: Annotated[bool, typer.Option("--oneshot", help="Stop the server at the end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Only stop the server that an earlier one left.")] = False,
) -> None:
    """Show one contract's way from application to archive, on this machine."""
    from printserver.cli.demo.server import DemoServer, demo_settings, known_demo_settings
    from printserver.cli.demo.story import Story

    with spoken(known_demo_settings if stop else demo_settings) as settings:
        server = DemoServer(settings)
        if stop:
            server.stop()
            return
        server.stop()  # an earlier one may run on older code
        try:
            server.start()
            Story(server, contract).tell()
        finally:
            if oneshot:
                server.stop()
        if not oneshot:
            typer.echo(f"The server goes on at {server.url}; `make stop` ends it.")


@audit_app.command("verify")
def audit_verify() -> None:
    """Prove the whole log; status 1 and the findings when it is not what was recorded."""
    from printserver.cli import audit

    with spoken() as settings:
        report = audit.verify(settings)
    audit.speak(report)
    if report.findings:
        raise typer.Exit(1)


@register_app.command("show")
def register_show() -> None:
    """Seats, seals, flows, passkeys and systems as the signer knows them, whatever the database says."""
    from printserver.cli import register

    with spoken() as settings:
        register.show(settings)


@register_app.command("verify")
def register_verify() -> None:
    """Judge every statement of the register again by its signed words; status 1 when one does not hold."""
    from printserver.cli import register

    with spoken() as settings:
        held = register.verify(settings)
    if not held:
        raise typer.Exit(1)


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
def queues() -> None:
    """Alone what keeps the private cupsd's queues and pins as the printer register has them; needs root."""
    from printserver.cli.init import require_installed
    from printserver.cli.supervisor import keep_queues

    with spoken() as settings:
        require_installed(settings)
        keep_queues(settings)


@app.command()
def signer() -> None:
    """The signer process alone."""
    from printserver.signer.daemon import run as sign

    with spoken() as settings:
        sign(settings)


if __name__ == "__main__":
    sys.exit(app())
