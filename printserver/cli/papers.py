"""`printserver papers …`: owed papers, holders and signings by hand, by the API and with a person's own token."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from printserver.cli.client import server

app = typer.Typer(
    no_args_is_help=True,
    help="Signed papers: owed, held, signed by hand. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.",
)

CopyId = Annotated[UUID, typer.Argument(help="The copy's id, as `papers owed` shows it.", show_default=False)]
Reason = Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)]
Moment = Annotated[datetime | None, typer.Option(help="UTC, such as 2026-11-22T09:00:00; now without it.")]


@app.command()
def owed(
    *,
    shown: Annotated[str, typer.Option(help="owed, overdue or left.")] = "owed",
    text: Annotated[str, typer.Option(help="In the title or the own reference.")] = "",
    table: Annotated[Path | None, typer.Option(help="Write them to this file instead (CSV).")] = None,
) -> None:
    """Signed papers that are owed, the longest overdue first."""
    with server() as client:
        if table is not None:
            table.write_bytes(client.fetch("/owed-returns.csv", shown=shown))
            return
        skip: int | None = 0
        while skip is not None:
            page = client.get("/owed-returns", shown=shown, text=text, skip=str(skip), limit="200")
            for each in page["items"]:
                late = f"{each['days']} days overdue" if each["days"] else each["standing"]
                which = f"{each['number']}/{each['copies']}"
                typer.echo(f"{each['id']}  {each['due_at'][:10]}  {late}  {each['branch']}  {each['title']} {which}")
            skip = page["next"]


@app.command("move-due-date")
def move_due_date(
    copy_id: CopyId,
    due: Annotated[datetime, typer.Argument(help="UTC, such as 2026-12-31T16:00:00.", show_default=False)],
    *,
    reason: Reason,
) -> None:
    """Move the due date of an owed paper; the one before is kept."""
    with server() as client:
        client.post(f"/copies/{copy_id}/due-dates", {"due_at": _moment(due), "reason": reason})


@app.command("write-off")
def write_off(
    copy_id: CopyId,
    *,
    kept: Annotated[bool, typer.Option("--kept/--never", help="It stays with us, or will never come.")],
    reason: Reason,
) -> None:
    """Take a paper off the list."""
    with server() as client:
        body = {"written_off_as": "kept" if kept else "never", "reason": reason}
        client.post(f"/copies/{copy_id}/write-offs", body)


@app.command()
def holders(text: Annotated[str, typer.Argument(help="Holder, who signed, or courier's number.")]) -> None:
    """What somebody holds."""
    with server() as client:
        for each in client.get("/held-copies", text=text):
            which = f"{each['title']} {each['number']}/{each['copies']}"
            typer.echo(f"{each['copy_id']}  {_link(each['holder'])}  {which}")


@app.command()
def chain(copy_id: CopyId) -> None:
    """Who holds a copy, and who held it, the latest first."""
    with server() as client:
        for each in client.get(f"/copies/{copy_id}/hand-overs"):
            mark = "" if each["present"] and not each["cancelled"] else "  (corrected)"
            typer.echo(f"{each['position']}  {each['id']}  {_link(each)}{mark}")


@app.command("hand-over")
def hand_over(
    copy_ids: Annotated[list[UUID], typer.Argument(help="The copies' ids.", show_default=False)],
    *,
    holder: Annotated[str, typer.Option(help="Who holds them now; empty when they came back to us.")] = "",
    signed_by: Annotated[str, typer.Option(help="Who signed for them.")] = "",
    courier: Annotated[str, typer.Option(help="The courier's number, when nobody signed here.")] = "",
    at: Moment = None,
) -> None:
    """Record that copies were handed over, or came back."""
    body = {
        "copy_ids": [str(each) for each in copy_ids],
        "holder_kind": "party" if holder else "us",
        "holder": holder,
        "means": "courier" if courier else "signature",
        "receiver": signed_by,
        "courier_number": courier,
        "handed_at": _moment(at or datetime.now(UTC)),
    }
    with server() as client:
        client.post("/hand-overs", body)


@app.command("signings")
def signings(copy_id: CopyId) -> None:
    """Who signed a copy by hand."""
    with server() as client:
        for each in client.get(f"/copies/{copy_id}/signing-records"):
            signers = ", ".join(f"{one['name']} ({one['check']})" for one in each["signers"])
            marks = "".join((" late" if each["late"] else "", "" if each["present"] else " (corrected)"))
            state = each["decision"] or "waits"
            typer.echo(f"{each['record_id']}  {each['revision']}  {each['signed_at']}  {state}{marks}  {signers}")


@app.command("record-signing")
def record_signing(
    copy_id: CopyId,
    *,
    signer: Annotated[str, typer.Option(help="Who signed; one person a record.", show_default=False)],
    check: Annotated[str, typer.Option(help="identity-card, passport, driving-licence, known-personally, none …")],
    place: Annotated[str, typer.Option(help="Where.", show_default=False)],
    number_end: Annotated[str, typer.Option(help="Last four characters of the paper's number.")] = "",
    at: Moment = None,
) -> None:
    """Record that a copy was signed by hand; a second person confirms it."""
    body = {
        "capture_id": str(uuid4()),
        "copy_id": str(copy_id),
        "signers": [{"name": signer, "check": check, "number_end": number_end[-4:]}],
        "place": place,
        "signed_at": _moment(at or datetime.now(UTC)),
    }
    with server() as client:
        typer.echo(client.post("/signing-records", body)["record_id"])


@app.command("confirm-signing")
def confirm_signing(
    signing_id: Annotated[UUID, typer.Argument(help="The record's id, as `signings` shows it.")],
    revision: Annotated[int, typer.Argument(help="The one that I looked at.")],
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="It was not so.")] = False,
    remark: Annotated[str, typer.Option(help="How I know.")] = "",
) -> None:
    """Confirm a record of a signing, as a second person."""
    body = {"revision": revision, "decision": "refused" if refuse else "confirmed", "remark": remark}
    with server() as client:
        client.post(f"/signing-records/{signing_id}/decisions", body)


@app.command()
def exceptions() -> None:
    """Branches that may hand in although they owe too much."""
    with server() as client:
        for each in client.get("/block-exceptions"):
            state = "open" if each["open"] else "over"
            used = f"{each['uses']}/{each['most_uses']}"
            typer.echo(f"{each['id']}  {state}  {each['branch']}  {each['valid_until']}  {used}  {each['reason']}")


@app.command("grant-exception")
def grant_exception(
    branch_id: Annotated[UUID, typer.Argument(help="The branch's id.", show_default=False)],
    until: Annotated[datetime, typer.Argument(help="UTC, at most 31 days from now.", show_default=False)],
    *,
    reason: Reason,
    requests: Annotated[int, typer.Option(min=1, max=100, help="For so many requests.")] = 1,
) -> None:
    """Let a branch hand in for a time, whatever it owes."""
    body = {"branch_id": str(branch_id), "valid_until": _moment(until), "most_uses": requests, "reason": reason}
    with server() as client:
        typer.echo(client.post("/block-exceptions", body)["id"])


def _moment(at: datetime) -> str:
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).isoformat()


def _link(said: dict[str, Any]) -> str:
    how = said["courier_number"] or said["receiver"]
    return f"{said['handed_at']}  {said['holder'] or said['holder_kind']}  {said['means']} {how}"
