"""`printserver requests …`: print requests from the command line, by the API and with a person's own token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from printserver.cli.client import server
from printserver.cli.json_files import read_object

app = typer.Typer(no_args_is_help=True, help="Print requests. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.")
drafts_app = typer.Typer(no_args_is_help=True, help="Applications that are not handed in yet.")
app.add_typer(drafts_app, name="drafts")

RequestId = Annotated[UUID, typer.Argument(help="The request's id, as `requests list` shows it.", show_default=False)]
DraftId = Annotated[UUID, typer.Argument(help="As `requests drafts list` shows it.", show_default=False)]
Reason = Annotated[str, typer.Option(help="For whoever reads the request and the log.")]
Existing = typer.Argument(exists=True, dir_okay=False, show_default=False)
Attachments = Annotated[
    list[Path] | None, typer.Option("--attachment", help="A PDF or picture for the approvers.", exists=True)
]


@app.command("list")
def list_requests(
    *,
    state: Annotated[str, typer.Option(help="For example pending-approval.")] = "",
    title: Annotated[str, typer.Option(help="Part of it.")] = "",
    reference: Annotated[str, typer.Option(help="Your own number.")] = "",
    party: Annotated[str, typer.Option(help="Part of a name, or a whole number.")] = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what waits for my decision.")] = False,
) -> None:
    """Newest first."""
    asked = {"state": state, "title": title, "own_reference": reference, "party": party}
    query = {name: value for name, value in asked.items() if value}
    with server() as client:
        found = client.get("/approvals/waiting") if waiting else client.get("/print-requests", **query)["items"]
        for request in found:
            typer.echo(f"{request['id']}  {request['state']}  {request['title']}  {request['own_reference'] or '–'}")


@app.command()
def show(request_id: RequestId) -> None:
    """All that is known of a request, as JSON."""
    with server() as client:
        _speak(client.get(f"/print-requests/{request_id}"))


@app.command("process-sheet")
def process_sheet(
    request_id: RequestId, target: Annotated[Path, typer.Argument(help="Where to write the PDF.", show_default=False)]
) -> None:
    """The cover page of a request's file: parties, seals, decisions, copies. It is no copy; each taking is recorded."""
    with server() as client:
        target.write_bytes(client.fetch(f"/print-requests/{request_id}/process-sheet.pdf"))
        typer.echo(target)


@app.command("electronic-original")
def electronic_original(
    request_id: RequestId, target: Annotated[Path, typer.Argument(help="Where to write the PDF.", show_default=False)]
) -> None:
    """The signed file of a request that asked for one; a print of it is no copy. Each taking is recorded."""
    with server() as client:
        target.write_bytes(client.fetch(f"/print-requests/{request_id}/electronic-original.pdf"))
        typer.echo(target)


@app.command()
def submit(
    document: Annotated[Path, Existing],
    application: Annotated[Path, typer.Argument(help="JSON, as the API takes it.", exists=True, show_default=False)],
    *,
    attachment: Attachments = None,
) -> None:
    """Hand in a contract to be sealed and printed."""
    wish = application.read_text("utf-8")
    with server() as client:
        made = client.send("/print-requests", {"application": wish}, _files(document, attachment), key=uuid4().hex)
        typer.echo(f"{made['id']}  {made['state']}")


@app.command("place")
def place(
    document: Annotated[Path, Existing],
    application: Annotated[Path, typer.Argument(help="JSON, as the API takes it.", exists=True, show_default=False)],
) -> None:
    """Show where the seals of an application would stand, and what is wrong or unusual there."""
    wish = read_object(application)
    seals = wish.get("seals") or [{"seal_id": wish.get("seal_id"), "places": wish.get("places", [])}]
    fields = {"seals": json.dumps(seals), "sides": wish.get("sides", "one-sided")}
    fields["code_corner"] = wish.get("code_corner", "free")
    with server() as client:
        found = client.send("/print-requests/placements", fields, _files(document, None), key=uuid4().hex)
    for spot in found["spots"]:
        left, top, width, height = (spot["box"][side] / 1000 for side in ("x_um", "y_um", "width_um", "height_um"))
        said = f"seal {spot['seal']}  page {spot['page']}  {width:g} × {height:g} mm at {left:g} × {top:g} mm"
        typer.echo(said + ("  slice" if spot["sliced"] else ""))
    for kind in ("problems", "warnings"):
        for finding in found[kind]:
            typer.echo(f"{'✗' if kind == 'problems' else '!'} {finding['message']}")
    if found["problems"]:
        raise typer.Exit(1)


@app.command()
def approve(
    request_id: RequestId,
    *,
    manifest: Annotated[str, typer.Option(help="Digest of what you looked at.", show_default=False)],
    reason: Reason = "",
    to: Annotated[UUID | None, typer.Option(help="Somebody who must agree as well.")] = None,
) -> None:
    """Approve what the manifest says, in the step that waits."""
    body = {"manifest_sha256": manifest, "reason": reason, "to": None if to is None else str(to)}
    _decide(request_id, "approvals", body)


@app.command()
def forward(
    request_id: RequestId,
    *,
    manifest: Annotated[str, typer.Option(help="Digest of what you looked at.", show_default=False)],
    to: Annotated[UUID, typer.Option(help="Who decides instead.", show_default=False)],
    reason: Reason = "",
) -> None:
    """Hand your step to somebody else."""
    _decide(request_id, "forwardings", {"manifest_sha256": manifest, "reason": reason, "to": str(to)})


@app.command()
def refuse(
    request_id: RequestId,
    *,
    manifest: Annotated[str, typer.Option(help="Digest of what you looked at.", show_default=False)],
    reason: Annotated[str, typer.Option(show_default=False)],
) -> None:
    """Refuse, with a reason."""
    _decide(request_id, "refusals", {"manifest_sha256": manifest, "reason": reason})


@app.command("confirm-use")
def confirm_use(
    request_id: RequestId,
    *,
    manifest: Annotated[str, typer.Option(help="Digest of what you looked at.", show_default=False)],
    reason: Reason = "",
) -> None:
    """The custodian's last word on the use of the seal."""
    _decide(request_id, "seal-use-confirmations", {"manifest_sha256": manifest, "reason": reason})


@app.command("sealed-by-hand")
def sealed_by_hand(
    request_id: RequestId,
    *,
    papers: Annotated[int, typer.Option(help="How many were sealed.", show_default=False)],
    at: Annotated[str, typer.Option(help="When, such as 2026-11-22T15:00:00+08:00.", show_default=False)],
    note: Annotated[str, typer.Option()] = "",
) -> None:
    """Record a seal put on by hand."""
    _decide(request_id, "hand-sealings", {"papers": papers, "sealed_at": at, "note": note})


@app.command()
def withdraw(request_id: RequestId, *, reason: Reason = "") -> None:
    """Take back a request of your own for good."""
    _decide(request_id, "withdrawals", {"reason": reason})


@app.command()
def recall(request_id: RequestId) -> None:
    """Take back an undecided request of your own to a draft."""
    with server() as client:
        typer.echo(client.post(f"/print-requests/{request_id}/recalls", {})["draft_id"])


@app.command()
def again(request_id: RequestId) -> None:
    """Begin a draft from a request of your own that has ended."""
    with server() as client:
        typer.echo(client.post(f"/print-requests/{request_id}/drafts", {})["draft_id"])


@app.command()
def urge(request_id: RequestId) -> None:
    """Remind whoever has the step that waits, at most once an hour."""
    with server() as client:
        client.run(f"/print-requests/{request_id}/urgings")
        typer.echo("They are reminded.")


@drafts_app.command("list")
def list_drafts() -> None:
    """Your own, the one saved last first."""
    with server() as client:
        for draft in client.get("/request-drafts"):
            typer.echo(f"{draft['id']}  {draft['saved_at']}  {draft['title'] or '–'}")


@drafts_app.command("save")
def save_draft(
    document: Annotated[Path, Existing],
    fields: Annotated[Path, typer.Argument(help="JSON, as of an application.", exists=True, show_default=False)],
    *,
    attachment: Attachments = None,
) -> None:
    """Save an application without handing it in."""
    with server() as client:
        form = {"fields": fields.read_text("utf-8")}
        typer.echo(client.send("/request-drafts", form, _files(document, attachment), key=uuid4().hex)["id"])


@drafts_app.command("submit")
def submit_draft(draft_id: DraftId) -> None:
    """Hand a draft in."""
    with server() as client:
        made = client.post(f"/request-drafts/{draft_id}/submissions", {})
        typer.echo(f"{made['id']}  {made['state']}")


@drafts_app.command("discard")
def discard_draft(draft_id: DraftId) -> None:
    """Throw a draft away."""
    with server() as client:
        client.delete(f"/request-drafts/{draft_id}")


def _decide(request_id: UUID, what: str, body: Mapping[str, Any]) -> None:
    with server() as client:
        decided = client.post(f"/print-requests/{request_id}/{what}", body)
        typer.echo(f"{decided['id']}  {decided['state']}  {decided['step'] or '–'}")


def _files(document: Path, attachments: list[Path] | None) -> list[tuple[str, tuple[str, bytes]]]:
    named = [("document", document), *(("attachments", each) for each in attachments or ())]
    return [(name, (path.name, path.read_bytes())) for name, path in named]


def _speak(answer: object) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
