"""`printserver templates …`: templates of documents, by the API and with a person's own token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from printserver.cli.client import server
from printserver.cli.json_files import read_object

app = typer.Typer(
    no_args_is_help=True, help="Templates of documents. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)

Code = Annotated[str, typer.Argument(help="The template's name, as `templates list` shows it.", show_default=False)]
Language = Annotated[str, typer.Option(help="zh or en.")]


@app.command("list")
def list_templates(
    *, retired: Annotated[bool, typer.Option("--retired", help="Also those out of use.")] = False
) -> None:
    """The newest version of each."""
    with server() as client:
        for each in client.get("/document-templates", retired=str(retired).lower()):
            name = each["description"]["name"]
            origin = "built in" if each["built_in"] else "own"
            typer.echo(f"{each['code']}  v{each['version']}  {name['zh']}  {name['en']}  {origin}")


@app.command()
def show(code: Code) -> None:
    """A template with its fields and its sample, as JSON."""
    with server() as client:
        _speak(client.get(f"/document-templates/{code}"))


@app.command()
def add(
    code: Code,
    folder: Annotated[
        Path, typer.Argument(help="With template.json, and zh.typ or en.typ or both.", exists=True, file_okay=False)
    ],
) -> None:
    """Add a template, or a new version of one."""
    description = read_object(folder / "template.json", "languages")
    description.pop("version", None)
    files = {f"{each}.typ": (folder / f"{each}.typ").read_text("utf-8") for each in description["languages"]}
    with server() as client:
        made = client.put(f"/document-templates/{code}", {"description": description, "files": files})
        typer.echo(f"{made['code']} v{made['version']}")


@app.command()
def retire(code: Code) -> None:
    """Take a template of your own out of use."""
    with server() as client:
        client.delete(f"/document-templates/{code}")


@app.command()
def fill(
    code: Code,
    values: Annotated[Path, typer.Argument(help="JSON by the template's fields.", exists=True, dir_okay=False)],
    *,
    language: Language = "zh",
) -> None:
    """Make a document as the draft of an application, and show what was found in it."""
    given = {"language": language, "values": read_object(values)}
    with server() as client:
        _speak(client.post(f"/document-templates/{code}/documents", given))


def _speak(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
