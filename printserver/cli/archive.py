"""`printserver archive …`: evidence packages of many records out, those of other installations in; by the API.

A package holds one record, so that each can be verified, taken in or handed on alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from printserver.cli.client import server

app = typer.Typer(no_args_is_help=True, help="The archive. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.")


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="The folder to write to, made when it is not there.", show_default=False)],
    *,
    catalogue: Annotated[str, typer.Option(help="Of a year, or year/class; all when not given.")] = "",
) -> None:
    """Write the evidence package of every record that you may read. What is there already is not fetched again."""
    to.mkdir(parents=True, exist_ok=True)
    with server() as client:
        asked = {"limit": "200", **({"catalogue": catalogue} if catalogue else {})}
        page = client.get("/archive", **asked)
        while page["items"]:
            for each in page["items"]:
                file = to / f"evidence-{each['id']}.zip"
                if not file.exists():
                    part = file.with_suffix(".part")
                    part.write_bytes(client.fetch(f"/archive/{each['id']}/evidence.zip"))
                    part.rename(file)
                typer.echo(f"{each['number']}  {file.name}")
            if page["next"] is None:
                return
            page = client.get("/archive", **asked, before=page["next"])


@app.command("import")
def take_in(
    folder: Annotated[Path, typer.Argument(help="With packages.", exists=True, file_okay=False, show_default=False)],
    *,
    source: Annotated[UUID, typer.Option(help="The installation that they come from.", show_default=False)],
    branch: Annotated[UUID, typer.Option(help="Whose people shall read them.", show_default=False)],
) -> None:
    """Take in every package of a folder; one that is here already changes nothing."""
    with server() as client:
        for file in sorted(folder.glob("*.zip")):
            package = ("package", (file.name, file.read_bytes()))
            made = client.send(
                f"/archive-sources/{source}/records", {"branch_id": str(branch)}, [package], key=str(uuid4())
            )
            typer.echo(f"{made['number']}  {'known' if made['known'] else 'taken in'}  {file.name}")


@app.command()
def fixity(
    *, everything: Annotated[bool, typer.Option("--all", help="Every record now, not those that are due.")] = False
) -> None:
    """Read again, on the server itself, what the archive keeps. Status 1: damage; 2: store or signer away."""
    from printserver.bootstrap import build
    from printserver.cli.speaking import spoken
    from printserver.foundation.job_queue import RecordedJobs
    from printserver.worker.archive_watch import check_archive

    with spoken() as settings:
        done = check_archive(build(settings, jobs=RecordedJobs()), everything=everything)
    typer.echo(f"{done.records} records, {done.objects} files, {done.bytes} bytes read again")
    for each in done.damaged:
        typer.echo(f"✗ {each}")
    if done.store_away:
        typer.echo("the store or the signer did not answer; the round ended early", err=True)
        raise typer.Exit(2)
    if done.damaged:
        raise typer.Exit(1)
