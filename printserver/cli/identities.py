"""`printserver identities …`: proofs of identity from the command line, by the API and with a person's own token.

Numbers and pictures are looked at on the page alone, and so is a check, which needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.cli.client import server

app = typer.Typer(
    no_args_is_help=True,
    help="Proofs of identity, without numbers and pictures. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.",
)

_SHOWN: Final = (
    *("id", "subject", "name", "legal_representative", "document", "number_masked", "valid_until", "state", "counts"),
    *("submitted_at", "checked_at", "method", "recheck_on", "ended_at", "erasure_asked_by"),
)

ProofId = Annotated[UUID, typer.Argument(help="As `identities list` shows it.", show_default=False)]


@app.command("list")
def list_proofs(
    *,
    state: Annotated[str, typer.Option(help="submitted, verified, due, expired, refused, withdrawn or erased.")] = "",
    text: Annotated[str, typer.Option(help="Part of a name.")] = "",
) -> None:
    """My own, and those that I look after; `--state due` are those to be checked again."""
    wanted = {name: value for name, value in (("state", state), ("text", text)) if value}
    with server() as client:
        following: Mapping[str, str] = {}
        while True:
            page = client.get("/identity-proofs", **wanted, **following)
            for each in page["items"]:
                again = each["recheck_on"] or "–"
                typer.echo(f"{each['id']}  {each['state']:<9}  {again:<10}  {each['document']:<16}  {each['subject']}")
            if page["next"] is None:
                return
            following = {"before": page["next"]}


@app.command()
def show(proof_id: ProofId) -> None:
    """How a proof stands, what belongs to it, and who did what."""
    with server() as client:
        _speak(client.get(f"/identity-proofs/{proof_id}"))


@app.command("ask-erasure")
def ask_erasure(proof_id: ProofId) -> None:
    """As the first of two administrators, once its time is over."""
    with server() as client:
        _speak(client.post(f"/identity-proofs/{proof_id}/erasure-wishes", {}))


@app.command("drop-erasure")
def drop_erasure(proof_id: ProofId) -> None:
    """It is not erased after all."""
    with server() as client:
        client.delete(f"/identity-proofs/{proof_id}/erasure-wishes")


@app.command()
def erase(proof_id: ProofId) -> None:
    """As the second of two administrators. Nobody can undo this."""
    with server() as client:
        _speak(client.post(f"/identity-proofs/{proof_id}/erasures", {}))


def _speak(details: Mapping[str, Any]) -> None:
    proof = details["proof"]
    for name in _SHOWN:
        if proof[name] not in (None, ""):
            typer.echo(f"{name}: {proof[name]}")
    for each in details["evidence"]:
        typer.echo(f"evidence: {each['pages']} pages  {each['filename'] if each['readable'] else 'erased'}")
    for each in details["steps"]:
        typer.echo(f"{each['at']}  {each['action']}  {each['after']}  {each['remark']}")
