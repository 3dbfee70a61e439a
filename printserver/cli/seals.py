"""`printserver seals …`: the register of seals from the command line, by the API and with a person's own token."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import typer

from printserver.cli.client import ServerClient, server
from printserver.cli.json_files import read_object

app = typer.Typer(
    no_args_is_help=True, help="The register of seals. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)

_SHOWN: Final = (
    *("id", "name", "type", "registration_number", "origin", "state", "branch_id", "custodians", "owner_id"),
    *("valid_from", "valid_until", "classes", "evidence", "uses", "uses_limit", "code_id", "object_sha256"),
)
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})

SealId = Annotated[UUID, typer.Argument(help="The seal's id, as `seals list` shows it.", show_default=False)]
Reason = Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)]
File = Annotated[Path, typer.Argument(exists=True, show_default=False)]


@app.command("list")
def list_seals() -> None:
    """All seals within my rights, electronic and physical."""
    with server() as client:
        for line in client.get("/seal-ledger"):
            keepers = ", ".join(line["keepers"])
            typer.echo(
                f"{line['id']}  {line['state']:<10}  {line['kind']}  {line['name']}  {line['branch']}  {keepers}"
            )


@app.command()
def dormant(*, days: Annotated[int, typer.Option(min=30)] = 180) -> None:
    """Seals in use that nobody has used for so many days; `suspend` stops one."""
    with server() as client:
        for each in client.get("/dormant-seals", days=str(days)):
            typer.echo(f"{each['id']}  {each['name']}  {each['branch']}  last used: {each['last_used'] or 'never'}")


@app.command()
def ledger(file: Annotated[Path, typer.Argument(help="Where to put the table (CSV).", show_default=False)]) -> None:
    """Write the register as a table for a spreadsheet."""
    with server() as client:
        file.write_bytes(client.fetch("/seal-ledger.csv"))


@app.command()
def show(seal_id: SealId) -> None:
    """What the register holds of a seal, and its life so far."""
    with server() as client:
        _speak(client.get(f"/seals/{seal_id}"))
        for step in client.get(f"/seals/{seal_id}/steps"):
            at = step["done_at"] or step["at"]
            typer.echo(f"{at}  {step['action']}  {step['outcome']}  {step['after']}  {step['reason']}")


@app.command()
def apply(
    wish: Annotated[Path, typer.Argument(help="JSON, as the API takes it.", exists=True, show_default=False)],
    *,
    picture: Annotated[Path | None, typer.Option(help="Of the registered seal; without it the seal is drawn.")] = None,
) -> None:
    """Apply for a seal."""
    body = read_object(wish)
    with server() as client:
        if picture is not None:
            body["artwork_id"] = _hand_in(client, picture, body)["id"]
        _speak(client.post("/seals", body))


@app.command()
def propose(
    seal_id: SealId,
    action: Annotated[str, typer.Argument(help="approve, activate, resume, change, transfer, seal-up, revoke …")],
    *,
    reason: Annotated[str, typer.Option(help="For whoever signs it.")] = "",
    form: Annotated[str, typer.Option(help="The step's own fields, as JSON.")] = "{}",
) -> None:
    """Propose a step that two officers decide; an officer's own word counts at once."""
    with server() as client:
        made = client.post(f"/seals/{seal_id}/steps", {"action": action, "reason": reason, "form": read_object(form)})
        typer.echo(f"statement: {made['statement_id']}")


@app.command()
def suspend(seal_id: SealId, *, reason: Reason) -> None:
    """Stop a seal at once; also: report it lost."""
    _end(seal_id, "suspensions", reason)


@app.command()
def refuse(seal_id: SealId, *, reason: Reason) -> None:
    """Refuse an application for a seal."""
    _end(seal_id, "refusals", reason)


@app.command()
def withdraw(seal_id: SealId, *, reason: Reason) -> None:
    """Withdraw my application for a seal."""
    _end(seal_id, "withdrawals", reason)


@app.command()
def uses(seal_id: SealId) -> None:
    """The log of a seal's uses, newest first."""
    with server() as client:
        following: Mapping[str, str] = {}
        while True:
            page = client.get(f"/seals/{seal_id}/uses", **following)
            for use in page["items"]:
                copies = ", ".join(f"{copy['serial']} {copy['state']}" for copy in use["copies"])
                typer.echo(f"{use['asked_at']}  {use['state']}  {use['title']}  {use['applicant']}  {copies}")
            if page["next"] is None:
                return
            following = {"before": page["next"]}


@app.command("import")
def look_at(
    source: Annotated[Path, typer.Argument(help="A folder with seals.csv and pictures, or a zip.", exists=True)],
    *,
    apply_for_all: Annotated[bool, typer.Option("--apply", help="Apply for every seal when no line is wrong.")] = False,
) -> None:
    """Look at a file of registered seals, line by line; with --apply also apply for them, as they were seen."""
    data = source.read_bytes() if source.is_file() else _zipped(source)
    with server() as client:
        files = [("table", (f"{source.name}.zip" if source.is_dir() else source.name, data))]
        seen = client.send("/seal-imports", {}, files, key=uuid4().hex)
        for line in seen["lines"]:
            typer.echo(f"line {line['number']}: {line['name']}: {line['problem'] or 'well'}")
        if seen["wrong"]:
            typer.echo(f"{seen['wrong']} lines cannot be used; nothing was applied for", err=True)
            raise typer.Exit(1)
        if apply_for_all:
            made = client.post(f"/seal-imports/{seen['id']}/applications", {"sha256": seen["file_sha256"]})
            typer.echo(f"{len(made['seal_ids'])} seals are applied for; two officers decide on each")


@app.command("file")
def file_object(
    source: File,
    *,
    branch: Annotated[UUID, typer.Option(help="The branch's id.", show_default=False)],
    custodian: Annotated[UUID, typer.Option(help="The person's id.", show_default=False)],
    type_name: Annotated[str, typer.Option("--type", help="company, contract, finance …")] = "company",
) -> None:
    """File the seal object (.esl) of another maker that this server trusts."""
    form = {"branch_id": str(branch), "custodian_id": str(custodian), "type": type_name}
    with server() as client:
        made = client.send("/seal-filings", form, [("file", (source.name, source.read_bytes()))], key=uuid4().hex)
        typer.echo(f"seal: {made['seal_id']}")


@app.command()
def enter(
    name: Annotated[str, typer.Argument(help="What the seal says.", show_default=False)],
    *,
    branch: Annotated[UUID, typer.Option(help="The branch's id.", show_default=False)],
    keeper: Annotated[UUID, typer.Option(help="The person's id.", show_default=False)],
    place: Annotated[str, typer.Option(help="Where it lies.", show_default=False)],
    type_name: Annotated[str, typer.Option("--type", help="company, contract, finance …")] = "company",
) -> None:
    """Enter a physical seal into the register."""
    body = {"branch_id": str(branch), "keeper_id": str(keeper), "place": place, "name": name, "type": type_name}
    with server() as client:
        typer.echo(f"physical seal: {client.post('/physical-seals', body)['id']}")


@app.command()
def move(
    seal_id: SealId,
    action: Annotated[str, typer.Argument(help="hand-over, report-lost, find, seal-up, unseal or destroy.")],
    *,
    reason: Reason,
    keeper: Annotated[UUID | None, typer.Option(help="Who keeps it from now on.")] = None,
    place: Annotated[str | None, typer.Option(help="Where it lies from now on.")] = None,
    witness: Annotated[UUID | None, typer.Option(help="Who saw it, for hand-over and destroy.")] = None,
) -> None:
    """Record what became of a physical seal."""
    given = {"keeper_id": keeper, "place": place, "witness_id": witness}
    body = {name: str(value) for name, value in given.items() if value is not None}
    with server() as client:
        seal = client.post(f"/physical-seals/{seal_id}/steps", {"action": action, "reason": reason, **body})
        typer.echo(f"state: {seal['state']}")


def _hand_in(client: ServerClient, picture: Path, wish: Mapping[str, Any]) -> Mapping[str, Any]:
    size = {name: str(wish.get(name) or 40) for name in ("width_mm", "height_mm")}
    sent: Mapping[str, Any] = client.send(
        "/seals/artworks", size, [("picture", (picture.name, picture.read_bytes()))], key=uuid4().hex
    )
    typer.echo(f"picture: {sent['dpi']} dots per inch, its red {sent['artwork_sha256'][:16]}…")
    return sent


def _zipped(folder: Path) -> bytes:
    """The table and the pictures, nothing else of the folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for each in sorted(folder.iterdir()):
            if each.is_file() and (each.name == "seals.csv" or each.suffix.lower() in _PICTURES):
                file.write(each, each.name)
    return packed.getvalue()


def _end(seal_id: UUID, how: str, reason: str) -> None:
    with server() as client:
        typer.echo(f"state: {client.post(f'/seals/{seal_id}/{how}', {'reason': reason})['state']}")


def _speak(seal: Mapping[str, Any]) -> None:
    for name in _SHOWN:
        typer.echo(f"{name}: {_plain(seal[name])}")


def _plain(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "–"
    return "–" if value is None or value == "" else str(value)
