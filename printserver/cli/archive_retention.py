"""`printserver archive retention|holds|disposal …`: how long records are kept, legal holds, disposal; by the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from printserver.cli.client import server

retention_app = typer.Typer(no_args_is_help=True, help="How long archive records are kept.")
holds_app = typer.Typer(no_args_is_help=True, help="Legal holds: set by one person, lifted by two.")
disposal_app = typer.Typer(
    no_args_is_help=True, help="Disposal of what is due: listed by one person, approved by another."
)

RecordId = Annotated[UUID, typer.Argument(help="As `archive search` shows it.", show_default=False)]
HoldId = Annotated[UUID, typer.Argument(help="As `archive holds list` shows it.", show_default=False)]
RunId = Annotated[UUID, typer.Argument(help="As `archive disposal list` shows it.", show_default=False)]
ChangeId = Annotated[UUID, typer.Argument(help="As `archive retention waiting` shows it.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="At most 500 characters; it stays on record.", show_default=False)]


@retention_app.command("show")
def show_retention(record_id: RecordId) -> None:
    """How long a record is kept, and what was said of it."""
    with server() as client:
        found = client.get(f"/retention/records/{record_id}")
    for name in ("number", "standing", "retention_class", "contract_end", "kept_until", "disposed_at"):
        typer.echo(f"{name}: {found[name] or '–'}")
    for each in found["holds"]:
        typer.echo(f"hold: {each['id']}  {each['state']}  {each['matter']}")
    for each in found["changes"]:
        typer.echo(_change(each))


@retention_app.command("set")
def set_retention(
    record_id: RecordId,
    retention_class: Annotated[str, typer.Argument(help="standard, 5-years, 10-years, 30-years or permanent.")],
    *,
    reason: Why,
    contract_end: Annotated[str | None, typer.Option(help="A day such as 2031-12-31; without it unknown.")] = None,
) -> None:
    """Longer is in force at once; shorter waits for a second person."""
    said = {"retention_class": retention_class, "contract_end": contract_end, "reason": reason}
    with server() as client:
        asked = client.post(f"/retention/records/{record_id}/changes", said)
    typer.echo(f"{asked['id']}  {'in force' if asked['in_force'] else 'waits for a second person'}")


@retention_app.command("waiting")
def list_waiting() -> None:
    """Shorter times that wait for a second person."""
    with server() as client:
        for each in client.get("/retention")["changes"]:
            typer.echo(_change(each))


@retention_app.command("confirm")
def confirm_change(change_id: ChangeId) -> None:
    """As the second person."""
    _act(f"/retention/changes/{change_id}/confirmations")


@retention_app.command("refuse")
def refuse_change(change_id: ChangeId, *, reason: Why) -> None:
    """As the second person, or take back what you asked for."""
    _act(f"/retention/changes/{change_id}/refusals", reason=reason)


@holds_app.command("list")
def list_holds(*, lifted: Annotated[bool, typer.Option(help="Those too that were lifted.")] = False) -> None:
    """Newest first."""
    with server() as client:
        for each in client.get("/retention/holds", **({"lifted": "true"} if lifted else {})):
            covers = "the branch" if each["scope"] == "branch" else f"{each['records']} records"
            typer.echo(f"{each['id']}  {each['state']}  {covers}  {each['matter']}")


@holds_app.command("set")
def set_hold(
    matter: Annotated[str, typer.Argument(help="Such as the number of a case.", show_default=False)],
    *,
    reason: Why,
    record: Annotated[UUID | None, typer.Option(help="One record.")] = None,
    branch: Annotated[UUID | None, typer.Option(help="A branch and all below it; your own without it.")] = None,
    text: Annotated[str, typer.Option(help="Only what this finds there now: title, reference, number, serial.")] = "",
    party: Annotated[str, typer.Option(help="Only what this finds there now: name of another party.")] = "",
) -> None:
    """It works at once; a second person confirms it."""
    said = {
        "matter": matter,
        "reason": reason,
        "record_id": None if record is None else str(record),
        "branch_id": None if branch is None else str(branch),
        "text": text,
        "party": party,
    }
    with server() as client:
        typer.echo(client.post("/retention/holds", said)["id"])


@holds_app.command("confirm")
def confirm_hold(hold_id: HoldId) -> None:
    """As the second person."""
    _act(f"/retention/holds/{hold_id}/confirmations")


@holds_app.command("ask-lift")
def ask_lift(hold_id: HoldId, *, reason: Why) -> None:
    """It works on until a second person agrees."""
    _act(f"/retention/holds/{hold_id}/lift-requests", reason=reason)


@holds_app.command("lift")
def lift_hold(hold_id: HoldId) -> None:
    """As the second person."""
    _act(f"/retention/holds/{hold_id}/liftings")


@holds_app.command("keep")
def keep_hold(hold_id: HoldId, *, reason: Why) -> None:
    """As the second person, do not let it be lifted."""
    _act(f"/retention/holds/{hold_id}/keepings", reason=reason)


@disposal_app.command("preview")
def preview(*, branch: Annotated[UUID | None, typer.Option(help="Your own without it.")] = None) -> None:
    """What is due, held and not due; changes nothing."""
    with server() as client:
        found = client.get("/retention/preview", **({"branch_id": str(branch)} if branch else {}))
    for each in found["due"]:
        listed = each["listed"]
        typer.echo(f"{listed['record_id']}  {listed['number']}  until {listed['kept_until']}  {each['title']}")
    for name in ("day", "all_due", "listed", "held", "not_due", "end_unknown", "permanent"):
        typer.echo(f"{name}: {found[name]}")


@disposal_app.command("propose")
def propose(
    branch: Annotated[UUID, typer.Argument(help="With all below it.", show_default=False)],
    *,
    reason: Why,
    leave_out: Annotated[list[UUID] | None, typer.Option(help="A record that shall stay; may be repeated.")] = None,
) -> None:
    """List what is due, for a second person to approve."""
    said = {"branch_id": str(branch), "reason": reason, "leave_out": [str(each) for each in leave_out or ()]}
    with server() as client:
        _speak(client.post("/retention/disposals", said))


@disposal_app.command("list")
def list_disposals() -> None:
    """Newest first."""
    with server() as client:
        for each in client.get("/retention/disposals"):
            typer.echo(f"{each['id']}  {each['number']}  {each['state']}  {each['records']} records")


@disposal_app.command("show")
def show_disposal(run_id: RunId) -> None:
    """The list, and what became of each record."""
    with server() as client:
        _speak(client.get(f"/retention/disposals/{run_id}"))


@disposal_app.command("approve")
def approve(
    run_id: RunId,
    *,
    list_sha256: Annotated[str, typer.Option(help="Digest of the list as `show` gave it.", show_default=False)],
) -> None:
    """As the second person; what is listed is erased for good."""
    _act(f"/retention/disposals/{run_id}/approvals", list_sha256=list_sha256)


@disposal_app.command("refuse")
def refuse(run_id: RunId, *, reason: Why) -> None:
    """As the second person."""
    _act(f"/retention/disposals/{run_id}/refusals", reason=reason)


@disposal_app.command("withdraw")
def withdraw(run_id: RunId) -> None:
    """Take back a list of your own."""
    _act(f"/retention/disposals/{run_id}/withdrawals")


@disposal_app.command("certificate")
def certificate(
    run_id: RunId, file: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False, show_default=False)]
) -> None:
    """Of a finished disposal: the list, both persons' signed words, and what was erased."""
    with server() as client:
        data = client.fetch(f"/retention/disposals/{run_id}/certificate")
    file.write_bytes(data)
    typer.echo(f"{file}: {len(json.loads(data)['outcomes'])} records")


def _act(path: str, **said: str) -> None:
    with server() as client:
        client.run(path, said)


def _change(each: dict[str, Any]) -> str:
    old, new = (f"{each[f'{when}_class']} {each[f'{when}_end'] or 'end unknown'}" for when in ("old", "new"))
    return f"{each['id']}  {each['state']}  {each['number']}  {old} → {new}"


def _speak(run: dict[str, Any]) -> None:
    for name in ("id", "number", "state", "day", "records", "reason", "list_sha256", "refusal", "finished_at"):
        if run[name] not in (None, ""):
            typer.echo(f"{name}: {run[name]}")
    for line in run["lines"]:
        listed = line["listed"]
        why = f"  {line['why']}" if line["why"] else ""
        typer.echo(f"{line['state']}  {listed['number']}  until {listed['kept_until']}  {line['title']}{why}")
