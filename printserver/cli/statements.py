"""`printserver statements …`: what waits for officers, by the API and with a person's own token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.cli.client import server

app = typer.Typer(
    no_args_is_help=True,
    help="Statements to the signer's register. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.",
)

_SHOWN: Final = ("id", "kind", "state", "reason", "refusal", "made_at", "registered_at", "officers_needed", "sha256")
StatementId = Annotated[UUID, typer.Argument(help="As `statements list` shows it.", show_default=False)]


@app.command("list")
def list_statements(
    *, state: Annotated[str | None, typer.Option(help="proposed, confirmed, registered, refused, withdrawn.")] = None
) -> None:
    """Those that I may see, newest first."""
    with server() as client:
        for each in client.get("/statements", **({"state": state} if state else {})):
            signed = sum(signature["as_officer"] for signature in each["signatures"])
            typer.echo(f"{each['id']}  {each['state']}  {each['kind']}  {signed}/{each['officers_needed']} officers")


@app.command()
def show(statement_id: StatementId) -> None:
    """What it says, and who has signed."""
    with server() as client:
        _speak(client.get(f"/statements/{statement_id}"))


@app.command()
def propose(
    kind: Annotated[str, typer.Argument(help="system, unsystem or policy.", show_default=False)],
    body: Annotated[Path, typer.Argument(help="JSON file.", exists=True, dir_okay=False, show_default=False)],
    *,
    reason: Annotated[str, typer.Option(help="For whoever signs it.")] = "",
) -> None:
    """State that a system's key counts, or what officers sign with."""
    try:
        said = json.loads(body.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        typer.echo(f"{body} is no JSON: {problem}", err=True)
        raise typer.Exit(2) from None
    with server() as client:
        _speak(client.post("/statements", {"kind": kind, "body": said, "reason": reason}))


@app.command("device-policy")
def device_policy(
    *,
    officers: Annotated[str | None, typer.Option(help="What officers sign with: attested or passkey.")] = None,
    decisions: Annotated[
        str | None, typer.Option(help="What approving, confirming use and releasing take: attested or passkey.")
    ] = None,
    reason: Annotated[str, typer.Option(help="For whoever signs it.")] = "",
) -> None:
    """What takes an enrolled device, and who has none; with an option, a proposal for two officers."""
    with server() as client:
        found = client.get("/device-policy")
        if officers is None and decisions is None:
            typer.echo(f"officers: {found['policy']['officers']}")
            typer.echo(f"decisions: {found['policy']['decisions']}")
            for each in found["without_device"]:
                typer.echo(f"no device: {each['id']}  {each['name']}  {each['role']}")
            return
        now = found["policy"]
        wish = {"officers": officers or now["officers"], "decisions": decisions or now["decisions"], "reason": reason}
        typer.echo(f"statement: {client.post('/device-policy', wish)['statement_id']}")


@app.command()
def sign(
    statement_id: StatementId,
    *,
    sha256: Annotated[str, typer.Option(help="Digest of the statement as `show` gave it.", show_default=False)],
) -> None:
    """Sign as an officer what you have looked at."""
    with server() as client:
        _speak(client.post(f"/statements/{statement_id}/signatures", {"sha256": sha256}))


@app.command()
def refuse(statement_id: StatementId, *, reason: Annotated[str, typer.Option(show_default=False)]) -> None:
    """Refuse as an officer; it ends there."""
    with server() as client:
        _speak(client.post(f"/statements/{statement_id}/refusals", {"reason": reason}))


@app.command()
def withdraw(statement_id: StatementId) -> None:
    """Take back a statement of your own making."""
    with server() as client:
        _speak(client.post(f"/statements/{statement_id}/withdrawals", {}))


def _speak(statement: dict[str, Any]) -> None:
    for name in _SHOWN:
        if statement[name] not in (None, ""):
            typer.echo(f"{name}: {statement[name]}")
    typer.echo(f"says: {json.dumps(statement['body'], ensure_ascii=False)}")
    for signature in statement["signatures"]:
        officer = " (officer)" if signature["as_officer"] else ""
        typer.echo(f"signed: {signature['person_id']}{officer} at {signature['signed_at']}")
