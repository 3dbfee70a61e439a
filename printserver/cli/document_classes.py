"""`printserver classes …`: classes of documents and their flows, by the API and with a person's own token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from printserver.cli.client import server
from printserver.cli.json_files import read_object

app = typer.Typer(
    no_args_is_help=True, help="Classes of documents. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)

Code = Annotated[str, typer.Argument(help="The class's code, as `classes list` shows it.", show_default=False)]
File = Annotated[Path, typer.Argument(help="JSON.", exists=True, dir_okay=False, show_default=False)]


@app.command("list")
def list_classes(*, retired: Annotated[bool, typer.Option("--retired", help="Also those out of use.")] = False) -> None:
    """The classes of your organisation, and how they are sealed."""
    with server() as client:
        for each in client.get("/document-classes", retired=str(retired).lower()):
            sealing = "by hand" if each["by_hand"] else "electronically"
            typer.echo(f"{each['code']}  {each['name_zh']}  {each['name_en']}  {sealing}")


@app.command()
def export(code: Code) -> None:
    """A class with its flow as JSON; what `import` reads."""
    with server() as client:
        typer.echo(json.dumps(client.get(f"/document-classes/{code}"), ensure_ascii=False, indent=2))


@app.command("import")
def import_class(file: File, *, reason: Annotated[str, typer.Option(help="Why, for the officers.")] = "") -> None:
    """Make or change a class, and propose its flow to two officers."""
    given = read_object(file, "code")
    known = ("name_zh", "name_en", "retention", "seal_types", "hints")
    said: dict[str, Any] = {name: given[name] for name in known if name in given}
    with server() as client:
        client.put(f"/document-classes/{given['code']}", {**said, "retired": bool(given.get("retired", False))})
        if given.get("flow") is None:
            return
        flow = {name: value for name, value in given["flow"].items() if name not in ("class", "version")}
        made = client.post(f"/document-classes/{given['code']}/flows", {"flow": flow, "reason": reason})
        typer.echo(f"statement: {made['statement_id'] or 'none, this is the present flow already'}")
