"""`printserver archive search`, `fetch` and `catalogue`, by the API and with a person's own token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from printserver.cli.client import server

PARTS: Final = {"searchable": "searchable.pdf", "issued": "issued.pdf", "scan": "scan"}

Text = Annotated[str, typer.Option(show_default=False)]


def search(
    words: Annotated[str, typer.Argument(help="All of which stand on the paper.")] = "",
    *,
    party: Text = "",
    title: Text = "",
    number: Text = "",
    catalogue: Annotated[str, typer.Option(help="A year, or year/class.", show_default=False)] = "",
    class_code: Annotated[str, typer.Option("--class", help="The class's code.", show_default=False)] = "",
    since: Annotated[str, typer.Option(help="Archived from that moment on, in ISO 8601.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="Archived before that moment.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """Records, the newest first: id, archive number, day, title."""
    asked = {
        "words": words,
        "party": party,
        "title": title,
        "number": number,
        "catalogue": catalogue,
        "class_code": class_code,
        "since": since,
        "until": until,
    }
    with server() as client:
        given = {name: value for name, value in asked.items() if value}
        for each in client.get("/archive", **given, limit=str(limit))["items"]:
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
