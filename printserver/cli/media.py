"""`printserver media …`: the register of key media from the command line, by the API and with a person's own token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import typer

from printserver.cli.client import server

app = typer.Typer(
    no_args_is_help=True,
    help="The register of key media: USB keys, cards, tokens. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.",
)

_SHOWN: Final = (
    *("id", "kind", "maker", "serial_number", "holder", "staff_number", "branch", "state", "purpose", "applied_at"),
    *("received_at", "replaces_id", "replaced_by_id", "certificate_subject", "certificate_serial"),
    *("certificate_sha256", "certificate_not_after", "certificate_stopped_at", "pending_action", "pending_remark"),
)

MediumId = Annotated[UUID, typer.Argument(help="The medium's id, as `media list` shows it.", show_default=False)]
Remark = Annotated[str, typer.Option(help="For whoever reads the log.")]
Which = Annotated[str, typer.Option("--show", help="all, expiring, lost, leavers or waiting.")]


@app.command("list")
def list_media(
    *, show: Which = "all", text: Annotated[str, typer.Option(help="Part of a name or number.")] = ""
) -> None:
    """My media, and those of the people whom I may read."""
    with server() as client:
        following: Mapping[str, str] = {}
        while True:
            page = client.get("/key-media", show=show, text=text, **following)
            for each in page["items"]:
                name = f"{each['maker']} {each['serial_number']}".strip() or "–"
                typer.echo(f"{each['id']}  {each['state']:<11}  {each['kind']:<13}  {name}  {each['holder']}")
            if page["next"] is None:
                return
            following = {"before": page["next"]}


@app.command()
def ledger(
    file: Annotated[Path, typer.Argument(help="Where to put the table (CSV).", show_default=False)],
    *,
    show: Which = "all",
) -> None:
    """Write the register as a table for a spreadsheet."""
    with server() as client:
        file.write_bytes(client.fetch("/key-media.csv", show=show))


@app.command()
def show(medium_id: MediumId) -> None:
    """What the register holds of a medium, its life so far, and what I may do now."""
    with server() as client:
        _speak(client.get(f"/key-media/{medium_id}"))


@app.command()
def apply(
    purpose: Annotated[str, typer.Argument(help="What for.", show_default=False)],
    *,
    kind: Annotated[str, typer.Option(help="usb-key, card, passkey-token or other.")] = "usb-key",
    holder: Annotated[UUID | None, typer.Option(help="The person's id; mine without it.")] = None,
    replaces: Annotated[UUID | None, typer.Option(help="The medium whose place it takes.")] = None,
) -> None:
    """Apply for a medium."""
    body: dict[str, Any] = {"kind": kind, "purpose": purpose}
    body |= {"holder_id": str(holder)} if holder else {}
    body |= {"replaces_id": str(replaces)} if replaces else {}
    with server() as client:
        _speak(client.post("/key-media", body))


@app.command()
def step(
    medium_id: MediumId,
    action: Annotated[str, typer.Argument(help="approve, refuse, withdraw, hand-out, receive, find, lock, unlock …")],
    *,
    remark: Remark = "",
    maker: Annotated[str, typer.Option(help="For hand-out.")] = "",
    serial: Annotated[str, typer.Option(help="For hand-out.")] = "",
) -> None:
    """Take a step; one that takes two persons is asked for."""
    body = {"action": action, "remark": remark, "maker": maker, "serial_number": serial}
    with server() as client:
        _speak(client.post(f"/key-media/{medium_id}/steps", body))


@app.command()
def lost(medium_id: MediumId, *, remark: Annotated[str, typer.Option(help="How.", show_default=False)]) -> None:
    """Report it lost: it is stopped at once, on one word."""
    with server() as client:
        _speak(client.post(f"/key-media/{medium_id}/losses", {"remark": remark}))


@app.command()
def confirm(
    medium_id: MediumId,
    action: Annotated[str, typer.Argument(help="What waits: unlock, wipe, destroy or write-off.", show_default=False)],
) -> None:
    """Say the second person's word."""
    with server() as client:
        _speak(client.post(f"/key-media/{medium_id}/confirmations", {"action": action}))


@app.command()
def drop(medium_id: MediumId) -> None:
    """Give up what waits for a second person."""
    with server() as client:
        client.delete(f"/key-media/{medium_id}/confirmations")


@app.command()
def certificate(
    medium_id: MediumId,
    file: Annotated[Path, typer.Argument(help="X.509, DER or PEM.", exists=True, show_default=False)],
) -> None:
    """Enter the certificate that it carries."""
    with server() as client:
        files = [("certificate", (file.name, file.read_bytes()))]
        _speak(client.send(f"/key-media/{medium_id}/certificates", {}, files, key=uuid4().hex))


def _speak(details: Mapping[str, Any]) -> None:
    medium = details["medium"]
    for name in _SHOWN:
        if medium[name] not in (None, ""):
            typer.echo(f"{name}: {medium[name]}")
    for each in details["steps"]:
        typer.echo(f"{each['at']}  {each['action']}  {each['after']}  {each['remark']}")
    typer.echo(f"open steps: {', '.join(details['open_steps']) or '–'}")
