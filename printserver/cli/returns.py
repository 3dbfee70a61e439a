"""`printserver returns …`: scans from the command line: handed in by the API, tried without a server, in quarantine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from printserver.cli.client import server
from printserver.cli.speaking import spoken

app = typer.Typer(no_args_is_help=True, help="Returned scans. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Scans that no gate let in.")
app.add_typer(quarantine_app, name="quarantine")

ScanId = Annotated[UUID, typer.Argument(help="As `returns quarantine list` shows it.", show_default=False)]


@app.command("try")
def try_folder(
    folder: Annotated[Path, typer.Argument(help="Any folder of scans.", exists=True, file_okay=False)],
) -> None:
    """Read every page of a folder's scans and record nothing: file, page, text or “unread”, how or why, milliseconds.

    The columns are parted by tabs. Needs no server, no token and no database.
    """
    from printserver.returns import try_folder as trying  # readers of pictures, for this command alone

    pages = read = 0
    for page in trying.try_folder(folder):
        text = " ".join(page.texts) or "unread"
        columns = (page.file, str(page.page), text, page.reason, f"{page.milliseconds:.0f}")
        typer.echo("\t".join(_plain(column) for column in columns))
        pages, read = pages + 1, read + page.read
    typer.echo(f"{read} of {pages} pages read", err=True)


@app.command("hand-in")
def hand_in(
    files: Annotated[
        list[Path], typer.Argument(help="PDF, TIFF, JPEG or PNG.", exists=True, dir_okay=False, show_default=False)
    ],
) -> None:
    """Hand in scans, each a return of its own; status 1 when one of them was refused."""
    refused = False
    with server() as client:
        for file in files:
            part = ("scans", (file.name, file.read_bytes()))
            (done,) = client.send("/return-uploads", {}, [part], key=uuid4().hex)
            problem = done["problem"]
            said = f"{problem['code']}: {problem['detail']}" if problem else done["return_id"]
            typer.echo(f"{done['fate']}  {_plain(file.name)}  {said}")
            refused = refused or problem is not None
    if refused:
        raise typer.Exit(1)


@app.command("channels")
def channels() -> None:
    """How this installation's folders, mail addresses and SFTP users do; status 1 when one of them does not work.

    Asks the settings and the database of this machine: for whoever administers it.
    """
    from printserver.cli.intake_channels import standings

    with spoken() as settings:
        found = standings(settings)
    for one in found:
        typer.echo(f"{'✓' if one.works else '✗'} {one.channel}  {_plain(one.name)}  {one.account}  {_plain(one.said)}")
    if not found:
        typer.echo("the settings name no channel")
    if not all(one.works for one in found):
        raise typer.Exit(1)


@quarantine_app.command("list")
def list_quarantined(
    *, settled: Annotated[bool, typer.Option("--settled", help="Those that no longer wait.")] = False
) -> None:
    """Newest first."""
    with server() as client:
        for one in client.get("/quarantined-scans", **({"settled": "true"} if settled else {}))["items"]:
            said = one["outcome"] or one["problem"]
            typer.echo(f"{one['id']}  {said}  {one['channel']}  {one['branch']}  {_plain(one['filename'])}")


@quarantine_app.command("download")
def download(
    scan_id: ScanId, target: Annotated[Path, typer.Argument(help="Where to write it.", show_default=False)]
) -> None:
    """The refused file as it came; that it was read is recorded. Nothing has looked into it."""
    with server() as client:
        target.write_bytes(client.fetch(f"/quarantined-scans/{scan_id}/file"))
        typer.echo(target)


@quarantine_app.command("try-again")
def try_again(scan_id: ScanId) -> None:
    """Show a scan to the gate once more; the id of its return when it passes."""
    with server() as client:
        typer.echo(client.post(f"/quarantined-scans/{scan_id}/tries", {})["return_id"])


@quarantine_app.command("discard")
def discard(
    scan_id: ScanId,
    *,
    reason: Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)],
) -> None:
    """Say that nothing is lost with it. Its bytes stay stored."""
    with server() as client:
        client.post(f"/quarantined-scans/{scan_id}/discards", {"reason": reason})
        typer.echo("discarded")


def _plain(text: str) -> str:
    """What others named, so that it cannot command the terminal."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return shown.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8")
