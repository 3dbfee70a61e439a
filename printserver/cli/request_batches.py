"""`printserver batches …`: many applications from a table, by the API and with a person's own token."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import typer

from printserver.cli.client import ServerClient, server

app = typer.Typer(
    no_args_is_help=True, help="Many applications from a table. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)

POLL_SECONDS: Final = 1.0
BatchId = Annotated[UUID, typer.Argument(help="As `batches list` shows it.", show_default=False)]
Table = Annotated[Path, typer.Argument(help="CSV, with a column `reference`.", exists=True, dir_okay=False)]
Template = Annotated[str, typer.Argument(help="As `templates list` shows it.", show_default=False)]
Language = Annotated[str, typer.Option(help="zh or en.")]


@app.command("list")
def list_batches() -> None:
    """Your own, newest first."""
    with server() as client:
        for each in client.get("/request-batches"):
            settled = each["counts"].get("made", 0) + each["counts"].get("failed", 0)
            typer.echo(f"{each['id']}  {each['state']}  {settled}/{each['rows']}  {each['filename']}")


@app.command()
def look(template: Template, table: Table, *, language: Language = "zh") -> None:
    """The dry run: every row that cannot be used, with its fields."""
    with server() as client:
        wrong = [line for line in _sent(client, template, table, language, dry_run=True)["lines"] if line["wrong"]]
    for line in wrong:
        typer.echo(f"line {line['number']}  {line['reference'] or '–'}  {', '.join(line['wrong'])}")
    if wrong:
        raise typer.Exit(1)
    typer.echo("every row is in order")


@app.command()
def make(
    template: Template,
    table: Table,
    *,
    language: Language = "zh",
    fields: Annotated[
        Path | None, typer.Option(help="JSON: what all applications have, as the API takes it.", exists=True)
    ] = None,
    hand_in: Annotated[bool, typer.Option("--hand-in", help="At once; else they become drafts.")] = False,
) -> None:
    """Make an application of each row, and follow it; stopping this command does not stop the server."""
    said = "{}" if fields is None else fields.read_text("utf-8")
    with server() as client:
        batch = _sent(client, template, table, language, fields=said, hand_in=hand_in)["batch_id"]
        client.run(f"/request-batches/{batch}/starts")
        _follow(client, UUID(batch))


@app.command()
def show(batch_id: BatchId) -> None:
    """What became of its rows, as JSON."""
    with server() as client:
        typer.echo(json.dumps(client.get(f"/request-batches/{batch_id}/rows"), ensure_ascii=False, indent=2))


@app.command()
def start(batch_id: BatchId) -> None:
    """Go on with what is left, or failed."""
    with server() as client:
        client.run(f"/request-batches/{batch_id}/starts")
        _follow(client, batch_id)


@app.command()
def stop(batch_id: BatchId) -> None:
    """Stop after the row that is under way."""
    with server() as client:
        client.run(f"/request-batches/{batch_id}/stops")


def _sent(client: ServerClient, template: str, table: Path, language: str, **said: Any) -> Any:
    dry_run = said.pop("dry_run", False)
    data = {"template": template, "language": language, **{name: _text(value) for name, value in said.items()}}
    files = [("table", (table.name, table.read_bytes()))]
    return client.send(f"/request-batches?dry_run={_text(dry_run)}", data, files, key=uuid4().hex)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _follow(client: ServerClient, batch_id: UUID) -> None:
    shown = -1
    while True:
        batch = client.get(f"/request-batches/{batch_id}")
        made, failed = (batch["counts"].get(state, 0) for state in ("made", "failed"))
        if made + failed != shown or batch["state"] != "running":
            shown = made + failed
            typer.echo(f"{batch['state']}  {made} made, {failed} failed, of {batch['rows']}")
        if batch["state"] != "running":
            break
        time.sleep(POLL_SECONDS)
    if failed:
        raise typer.Exit(1)
