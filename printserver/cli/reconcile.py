"""`printserver reconciliation`: the printers' counters against the books, by the API and with a person's own token."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.cli.client import server

DIFFERS: Final = 1
"""Status when an alarm is open."""


def reconciliation(
    *,
    first: Annotated[
        str | None, typer.Option("--from", help="First day, YYYY-MM-DD.", show_default="6 days ago")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD.", show_default="today")] = None,
    printer: Annotated[UUID | None, typer.Option(help="The printer's id.", show_default="all")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="The whole table, UTF-8 with a byte order mark.")] = False,
) -> None:
    """Each printer's day beside its own counter; status 1 when an alarm of these days is open."""
    named = {"from": _day(first, "--from"), "to": _day(last, "--to"), "printer_id": str(printer) if printer else ""}
    asked = {name: value for name, value in named.items() if value}
    with server() as client:
        if csv:
            sys.stdout.buffer.write(client.fetch("/reconciliation.csv", **asked))
            return
        days = client.get("/reconciliation", **asked)
    for day in days:
        typer.echo(_in_short(day))
    if any(_is_open(day) for day in days):
        raise typer.Exit(DIFFERS)


def _day(text: str | None, option: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        typer.echo(f"{option} is a day such as 2026-11-22", err=True)
        raise typer.Exit(2) from None


def _is_open(day: dict[str, Any]) -> bool:
    return day["alarm"] is not None and day["alarm"]["closed_at"] is None


def _in_short(day: dict[str, Any]) -> str:
    figures = day["figures"]
    counted = "not known" if figures["counted_impressions"] is None else str(figures["counted_impressions"])
    expected = sorted({figures["expected_impressions_least"], figures["expected_impressions_most"]})
    alarm = "" if day["alarm"] is None else "  ALARM" if _is_open(day) else f"  closed: {day['alarm']['reason']}"
    return (
        f"{day['day']}  {day['printer_name']}  {figures['finding']}  sent {figures['sent_impressions']}"
        f"  counted {counted}  expected {'–'.join(map(str, expected))}"
        f"  scanned back {figures['scanned_back_pages']}  papers owed {day['papers']['owed_copies']}{alarm}"
    )
