"""Commands that look after what the archive keeps, on the server's machine: `archive fixity` and `archive sweep`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from printserver.cli.speaking import spoken
from printserver.foundation.clock import as_text

if TYPE_CHECKING:
    from printserver.archive.sweeping import Plan
    from printserver.bootstrap import Adapters


def fixity(
    *, everything: Annotated[bool, typer.Option("--all", help="Each record now, not one round.")] = False
) -> None:
    """Read again what the archive keeps, on the server's machine. Status 1: damage; 2: store or signer away."""
    from printserver.archive.fixity import next_due
    from printserver.worker.archive_watch import check_archive, fixity_rules

    with _adapters() as adapters:
        done = check_archive(adapters, everything=everything)
        with adapters.database.reading() as work:
            due = next_due(work, fixity_rules(adapters.settings))
    typer.echo(f"{done.records} records, {done.objects} files, {done.bytes} bytes read")
    if not done.records and not done.store_away:
        when = "none is there, or the settings say never" if due is None else f"the next one is due {as_text(due)}"
        typer.echo(f"no record was due: {when}; --all reads every record now")
    for number in done.damaged:
        typer.echo(f"damaged: {number}", err=True)
    if done.store_away:
        typer.echo("the object store or the signer does not answer; try again later", err=True)
        raise typer.Exit(2)
    if done.damaged:
        raise typer.Exit(1)


def sweep(
    *,
    preview: Annotated[bool, typer.Option("--preview", help="Say what a round would do, and do nothing.")] = False,
    however_many: Annotated[
        bool, typer.Option("--however-many", help="Also when so much is named by no row that rows may be missing.")
    ] = False,
) -> None:
    """Look for stored bytes that no row names, on the server's machine: set aside now, erased a week later."""
    from printserver.archive import sweeping

    with _adapters() as adapters:
        tools = adapters.sweep_tools
        plans = sweeping.plan_sweep(tools) if preview else sweeping.sweep(tools, however_many=however_many)
    for plan in plans:
        for digest in (*plan.set_aside, *plan.erase):
            typer.echo(f"{'erased' if digest in plan.erase else 'set aside'}: {digest}")
        for digest, since in sorted(plan.waits.items()):
            typer.echo(f"lies aside since {as_text(since)}: {digest}")
        typer.echo(_said(plan))
    if preview:
        typer.echo("nothing was changed; this is what a round would do")


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"fixity": fixity, "sweep": sweep}


@contextmanager
def _adapters() -> Iterator[Adapters]:
    from printserver.bootstrap import build
    from printserver.foundation.job_queue import RecordedJobs
    from printserver.migrations.upgrade import load_models

    with spoken() as settings:
        load_models()
        adapters = build(settings, jobs=RecordedJobs())
        try:
            yield adapters
        finally:
            adapters.database.engines.dispose()


def _said(plan: Plan) -> str:
    from printserver.archive.sweeping import GRACE

    return (
        f"organisation {plan.organisation_id}: {plan.stored} objects, {len(plan.set_aside)} set aside, "
        f"{len(plan.give_back)} given back, {len(plan.erase)} erased, {plan.waiting} in {GRACE.days} days of grace"
    )
