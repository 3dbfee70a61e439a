"""`printserver archive search`, `fetch`, `catalogue` and `reindex`, by the API and with a person's own token."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from printserver.cli.client import server

SECONDS_BETWEEN_LOOKS: Final = 2.0
PARTS: Final = {"searchable": "searchable.pdf", "issued": "issued.pdf", "scan": "scan"}

Text = Annotated[str, typer.Option(show_default=False)]
Day = Annotated[str, typer.Option(help="2026-11-23; for archiving also a moment, in ISO 8601.", show_default=False)]
Amount = Annotated[str, typer.Option(help="Such as 12,345.60.", show_default=False)]


def search(
    words: Annotated[str, typer.Argument(help="All of which stand on the paper.")] = "",
    *,
    query: Annotated[str, typer.Option(help="In title, own reference, number or serial.", show_default=False)] = "",
    title: Text = "",
    own_reference: Text = "",
    number: Annotated[str, typer.Option(help="The archive number, or its beginning.", show_default=False)] = "",
    serial: Text = "",
    party: Annotated[str, typer.Option(help="Part of a name, or a whole number.", show_default=False)] = "",
    class_code: Annotated[str, typer.Option("--class", help="The class's code.", show_default=False)] = "",
    catalogue: Annotated[str, typer.Option(help="A year, or year/class.", show_default=False)] = "",
    retention_class: Text = "",
    branch: Annotated[str, typer.Option(help="The branch's id, see `branches list`.", show_default=False)] = "",
    least: Amount = "",
    most: Amount = "",
    currency: Annotated[str, typer.Option(help="Of the amounts; CNY when not given.", show_default=False)] = "",
    since: Day = "",
    until: Day = "",
    ends_since: Day = "",
    ends_until: Day = "",
    held: Annotated[str, typer.Option(help="By a legal hold: yes or no.", show_default=False)] = "",
    before: Annotated[str, typer.Option(help="A record's id: only older ones.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """Records, the newest first: id, archive number, day, title."""
    asked = {name: str(value) for name, value in locals().items() if value}
    with server() as client:
        for each in client.get("/archive", **asked)["items"]:
            typer.echo(f"{each['id']}  {each['number']}  {each['created_at'][:10]}  {each['title']}")


def fetch(
    record: Annotated[str, typer.Argument(help="The record's id, as `archive search` shows it.", show_default=False)],
    to: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    part: Annotated[str, typer.Option(help="searchable, issued or scan (of page 1).")] = "searchable",
) -> None:
    """Write a file of a record; that it was fetched is recorded."""
    if part not in PARTS:
        typer.echo(f"part: one of {', '.join(PARTS)}", err=True)
        raise typer.Exit(2)
    with server() as client:
        to.write_bytes(client.fetch(f"/archive/{record}/{PARTS[part]}"))


def catalogue(
    to: Annotated[Path, typer.Argument(help="The CSV file to write.", show_default=False)],
    *,
    part: Annotated[str, typer.Option(help="A year, or year/class; all when not given.", show_default=False)] = "",
) -> None:
    """Write the catalogue as a table; that it was taken out is recorded."""
    with server() as client:
        given = {"catalogue": part} if part else {}
        to.write_bytes(client.fetch("/archive-catalogue/table.csv", **given))


def reindex(
    *,
    watch_only: Annotated[bool, typer.Option("--watch", help="Ask for nothing; show how far it is.")] = False,
    wait: Annotated[bool, typer.Option(help="Show how it goes on until it is done.")] = True,
) -> None:
    """Have the words of all archived texts written down anew, from the files that the archive keeps.

    The worker does it while the archive is used, and goes on after a restart; to end this command does not end it.
    """
    with server() as client:
        if not watch_only:
            typer.echo(f"{client.post('/archive-index', {})['texts']} texts are read anew.")
        while True:
            index = client.get("/archive-index")
            typer.echo(f"{index['texts'] - index['waiting']} of {index['texts']} texts are written down.")
            if not (wait and index["waiting"]):
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
