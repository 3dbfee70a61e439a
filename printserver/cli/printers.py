"""`printserver printers …`: the printer register from the command line, by the API and with a person's own token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.cli.client import ServerClient, server

app = typer.Typer(
    no_args_is_help=True, help="The printer register. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)

GROUP: Final = 4
_SHOWN: Final = (
    *("id", "name", "location", "model", "uri", "queue", "spooler", "colour", "two_sided", "document_format"),
    *("resolution_dpi", "counter", "release_rule", "paused", "paused_reason", "certificate_not_after", "retired_at"),
)

PrinterId = Annotated[UUID, typer.Argument(help="The printer's id, as `printers list` shows it.", show_default=False)]
Reason = Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)]
Address = Annotated[str, typer.Argument(help="ipps://host[:port]/path", show_default=False)]
Fingerprint = Annotated[
    str, typer.Option(help="SHA-256 of the certificate, read from the printer's own panel.", show_default=False)
]


@app.command("list")
def list_printers(
    *, retired: Annotated[bool, typer.Option("--retired", help="Also those out of service.")] = False
) -> None:
    """The printers within my rights, and what is wrong with them."""
    with server() as client:
        for printer in client.get("/printers", retired=str(retired).lower()):
            typer.echo(f"{printer['id']}  {printer['name']}  {printer['location']}  {_in_short(client, printer)}")


@app.command()
def show(printer_id: PrinterId) -> None:
    """All that the register holds of a printer, and how it is."""
    with server() as client:
        printer = client.get(f"/printers/{printer_id}")
        _speak(printer)
        status = client.get(f"/printers/{printer_id}/status") or {}
        for name in ("state", "problem", "asked_at", "impressions", "sheets"):
            typer.echo(f"{name}: {_plain(status.get(name))}")
        typer.echo(f"reasons: {', '.join(status.get('reasons', [])) or 'none'}")
        for supply in status.get("supplies", []):
            typer.echo(f"supply: {supply['name']} {_plain(supply['level'])} %")


@app.command()
def certificate(uri: Address) -> None:
    """The certificate that a printer shows now. It proves nothing before you have compared it with the panel."""
    with server() as client:
        found = client.post("/printers/certificates", {"uri": uri})
        typer.echo(f"fingerprint (SHA-256): {_grouped(found['sha256'])}")
        typer.echo(f"valid until: {found['not_after']}")
        typer.echo("Compare it with the fingerprint on the printer's own panel, then enrol the printer with that one.")


@app.command()
def enrol(
    uri: Address,
    *,
    fingerprint: Fingerprint,
    branch: Annotated[UUID, typer.Option(help="The branch's id.", show_default=False)],
    name: Annotated[str, typer.Option(show_default=False)],
    location: Annotated[str, typer.Option(help="Where it stands.", show_default=False)],
    queue: Annotated[str | None, typer.Option(help="Its name in CUPS.", show_default="chosen by the server")] = None,
    spooler: Annotated[str, typer.Option(help="The spooler that prints on it.")] = "local",
    release_rule: Annotated[str, typer.Option(help="person, second-person or code.")] = "person",
    counter: Annotated[
        str | None, typer.Option(help="ipp, panel or none.", show_default="by what the printer says")
    ] = None,
) -> None:
    """Take a printer into the register. It must be on, and show the certificate with that fingerprint."""
    wishes = {
        "uri": uri,
        "fingerprint": fingerprint,
        "branch_id": str(branch),
        "name": name,
        "location": location,
        "queue": queue,
        "spooler": spooler,
        "release_rule": release_rule,
        "counter": counter,
    }
    with server() as client:
        _speak(client.post("/printers", wishes))


@app.command("renew-pin")
def renew_pin(printer_id: PrinterId, *, fingerprint: Fingerprint, reason: Reason) -> None:
    """Trust a printer's new certificate. Requests approved for the old one are asked for anew."""
    with server() as client:
        _speak(client.post(f"/printers/{printer_id}/pins", {"fingerprint": fingerprint, "reason": reason}))


@app.command()
def capabilities(printer_id: PrinterId) -> None:
    """Ask a printer again what it can do."""
    with server() as client:
        _speak(client.post(f"/printers/{printer_id}/capabilities", {}))


@app.command("calibration-sheet")
def calibration_sheet(
    printer_id: PrinterId, target: Annotated[Path, typer.Argument(help="Where to write the PDF.", show_default=False)]
) -> None:
    """Take out the sheet from which the dots of the pantograph are chosen; each taking is recorded."""
    with server() as client:
        target.write_bytes(client.fetch(f"/printers/{printer_id}/calibration-sheet.pdf"))
        typer.echo(target)


@app.command()
def calibrate(
    printer_id: PrinterId,
    *,
    cell: Annotated[str, typer.Option(help="Of the sheet, such as A5; empty for the usual.", show_default=False)],
    microtext_um: Annotated[int, typer.Option(help="529, 706, 882 or 1058: 1.5, 2, 2.5 or 3 points.")] = 706,
) -> None:
    """Store what was chosen from the calibration sheet."""
    with server() as client:
        body = {"cell": cell, "microtext_um": microtext_um}
        for name, value in client.put(f"/printers/{printer_id}/calibration", body).items():
            typer.echo(f"{name}: {value}")


@app.command()
def change(
    printer_id: PrinterId,
    *,
    name: Annotated[str | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option()] = None,
    branch: Annotated[UUID | None, typer.Option(help="The branch's id.")] = None,
    release_rule: Annotated[str | None, typer.Option(help="person, second-person or code.")] = None,
    counter: Annotated[str | None, typer.Option(help="ipp, panel or none.")] = None,
) -> None:
    """Change what people decide of a printer; what is not given stays as it is."""
    given = {
        "name": name,
        "location": location,
        "branch_id": None if branch is None else str(branch),
        "release_rule": release_rule,
        "counter": counter,
    }
    with server() as client:
        body = {key: value for key, value in given.items() if value is not None}
        _speak(client.patch(f"/printers/{printer_id}", body))


@app.command()
def pause(printer_id: PrinterId, *, reason: Reason) -> None:
    """Let a printer take no new copies; what is on its way stays on its way."""
    _set_paused(printer_id, paused=True, reason=reason)


@app.command()
def resume(printer_id: PrinterId, *, reason: Reason) -> None:
    """Let a paused printer take copies again."""
    _set_paused(printer_id, paused=False, reason=reason)


@app.command()
def retire(printer_id: PrinterId, *, reason: Reason) -> None:
    """Take a printer out of service for good."""
    with server() as client:
        _speak(client.post(f"/printers/{printer_id}/retirements", {"reason": reason}))


@app.command()
def reading(
    printer_id: PrinterId,
    *,
    impressions: Annotated[int, typer.Option(help="Sides printed since the printer was made.", show_default=False)],
    sheets: Annotated[int | None, typer.Option()] = None,
) -> None:
    """Record the page counter that a printer's panel shows now."""
    with server() as client:
        taken = client.post(f"/printers/{printer_id}/counter-readings", {"impressions": impressions, "sheets": sheets})
        typer.echo(f"{taken['taken_at']}  {taken['impressions']}")


def _set_paused(printer_id: UUID, *, paused: bool, reason: str) -> None:
    with server() as client:
        _speak(client.post(f"/printers/{printer_id}/pauses", {"paused": paused, "reason": reason}))


def _in_short(client: ServerClient, printer: Mapping[str, Any]) -> str:
    if printer["retired_at"]:
        return "retired"
    status = client.get(f"/printers/{printer['id']}/status") or {}
    wrong: Sequence[str] = [status["problem"]] if status.get("problem") else status.get("reasons", [])
    paused = ["paused"] if printer["paused"] else []
    return ", ".join((*paused, *wrong)) or status.get("state") or "not asked yet"


def _speak(printer: Mapping[str, Any]) -> None:
    for name in _SHOWN:
        typer.echo(f"{name}: {_plain(printer[name])}")
    typer.echo(f"fingerprint (SHA-256): {_grouped(printer['certificate_sha256'])}")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None or value == "" else str(value)


def _grouped(digest: str) -> str:
    return " ".join(digest[at : at + GROUP] for at in range(0, len(digest), GROUP))
