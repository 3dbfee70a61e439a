"""`printserver people …`: people, branches, roles and rights, by the API and with a person's own token."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from printserver.cli.client import server

app = typer.Typer(
    no_args_is_help=True, help="People and their rights. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE."
)
branches_app = typer.Typer(no_args_is_help=True, help="The tree of branches.")
roles_app = typer.Typer(no_args_is_help=True, help="Roles: built-in ones, and those of our own.")
rights_app = typer.Typer(no_args_is_help=True, help="Who holds which right, and its review each period.")
deputies_app = typer.Typer(no_args_is_help=True, help="Who takes the steps of whom.")

_PERSON: Final = ("id", "name", "staff_number", "login", "branch", "state", "frozen_reason", "last_seen", "left_at")

PersonId = Annotated[UUID, typer.Argument(help="As `people list` shows it.", show_default=False)]
BranchId = Annotated[UUID, typer.Option(help="As `branches list` shows it.", show_default=False)]
PlaceId = Annotated[UUID | None, typer.Argument(help="A branch, as `branches list` shows it.", show_default=False)]
WholeOrganisation = Annotated[bool, typer.Option("--organisation", help="The whole organisation.")]
Reason = Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)]
Table = Annotated[Path, typer.Argument(help="CSV in UTF-8 or GB18030.", exists=True, dir_okay=False)]
Missing = Annotated[bool, typer.Option("--freeze-missing", help="Also freeze whoever is not in the table.")]


@app.command("list")
def list_people(
    *,
    text: Annotated[str, typer.Option(help="Part of name, staff number or sign-in name.")] = "",
    state: Annotated[str | None, typer.Option(help="active, frozen or left.")] = None,
) -> None:
    """The people of my branches."""
    query = {"text": text, "limit": "200", **({"state": state} if state else {})}
    with server() as client:
        while True:
            page = client.get("/people", **query)
            for each in page["items"]:
                typer.echo(f"{each['id']}  {each['staff_number']}  {each['name']}  {each['branch']}  {each['state']}")
            if page["next"] is None:
                return
            query["before"] = page["next"]


@app.command()
def show(user_id: PersonId) -> None:
    """A person with all rights."""
    with server() as client:
        found = client.get(f"/people/{user_id}")
    for name in _PERSON:
        if found["person"][name]:
            typer.echo(f"{name}: {found['person'][name]}")
    for right in found["rights"]:
        dates = f"  {right['valid_from'] or ''} – {right['valid_until'] or ''}".rstrip(" –")
        typer.echo(f"right: {right['id']}  {right['role']} @ {right['branch']}{dates}")
    for account in found["accounts"]:
        typer.echo(f"same person: {account['id']}  {account['login']}")


@app.command()
def register(
    *,
    branch: BranchId,
    staff_number: Annotated[str, typer.Option(show_default=False)],
    name: Annotated[str, typer.Option(show_default=False)],
    login: Annotated[str, typer.Option(show_default=False)],
) -> None:
    """Register a person; the first password is shown this once."""
    wish = {"branch_id": str(branch), "staff_number": staff_number, "name": name, "login": login}
    with server() as client:
        made = client.post("/people", wish)
        typer.echo(f"{made['id']}  {made['login']}  first password: {made['password']}")


@app.command()
def move(user_id: PersonId, *, branch: BranchId, reason: Reason) -> None:
    """To another branch; all rights end."""
    with server() as client:
        _speak(client.post(f"/people/{user_id}/moves", {"branch_id": str(branch), "reason": reason}))


@app.command()
def freeze(user_id: PersonId, *, reason: Reason) -> None:
    """Let somebody in no more, at once."""
    with server() as client:
        _speak(client.post(f"/people/{user_id}/freezes", {"reason": reason}))


@app.command()
def unfreeze(user_id: PersonId, *, reason: Reason) -> None:
    """Let somebody in again; two officers do where it helps to seal."""
    with server() as client:
        _speak(client.post(f"/people/{user_id}/unfreezes", {"reason": reason}))


@app.command()
def leave(
    user_id: PersonId,
    *,
    reason: Annotated[str, typer.Option(help="Without one, only what would be left behind is shown.")] = "",
) -> None:
    """The person has left: everything ends at once, and what is to be handed over is listed."""
    with server() as client:
        if reason:
            gone = client.post(f"/people/{user_id}/departures", {"reason": reason})
            _speak(gone["outcome"])
            estate = gone["estate"]
        else:
            estate = client.get(f"/people/{user_id}/estate")
    for seal in estate["seals"]:
        typer.echo(
            f"seal: {seal['id']}  {seal['name']}  {'kept by nobody else' if seal['alone'] else 'others keep it'}"
        )
    for kind in ("requests", "decisions"):
        for each in estate[kind]:
            typer.echo(f"{kind}: {each['id']}  {each['title']}  {each['state']}")


@app.command()
def grant(
    user_id: PersonId,
    role: Annotated[str, typer.Argument(help="As `roles list` shows it.", show_default=False)],
    *,
    branch: BranchId,
    since: Annotated[str | None, typer.Option(help="2026-12-01T00:00:00+08:00")] = None,
    until: Annotated[str | None, typer.Option(help="2027-12-01T00:00:00+08:00")] = None,
    reason: Annotated[str, typer.Option(help="For whoever signs it.")] = "",
) -> None:
    """Give a role at a branch and below, or propose it to the officers."""
    wish = {"role": role, "branch_id": str(branch), "since": since, "until": until, "reason": reason}
    with server() as client:
        _speak(client.post(f"/people/{user_id}/rights", wish))


@app.command("end-right")
def end_right(
    right_id: Annotated[UUID, typer.Argument(help="As `people show` shows it.", show_default=False)], *, reason: Reason
) -> None:
    """End a right, at once."""
    with server() as client:
        _speak(client.post(f"/rights/{right_id}/endings", {"reason": reason}))


@app.command()
def dormant(
    *,
    days: Annotated[int, typer.Option(min=30)] = 90,
    freeze: Annotated[bool, typer.Option("--freeze", help="Freeze all of them but myself.")] = False,
    upcoming: Annotated[bool, typer.Option("--upcoming", help="Who will be frozen by themselves, and when.")] = False,
) -> None:
    """Who has not signed in for so many days."""
    if upcoming:
        with server() as client:
            for each in client.get("/dormant-people/upcoming"):
                when = "stays open: nobody else could let in again" if each["kept"] else f"on {each['freezes_at']}"
                typer.echo(f"{each['id']}  {each['name']}  {each['branch']}  last seen: {each['seen']}  {when}")
        return
    with server() as client:
        found = (
            client.post("/dormant-people/freezes", {"days": days})
            if freeze
            else client.get("/dormant-people", days=str(days))
        )
    for each in found:
        typer.echo(f"{each['id']}  {each['name']}  {each['branch']}  last seen: {each['last_seen'] or 'never'}")


@app.command("plan-import")
def plan_import(table: Table, *, freeze_missing: Missing = False) -> None:
    """What a table of staff would change; status 1 when it has errors."""
    with server() as client:
        plan = client.post("/staff-plans", _table(table, freeze_missing))
    for line in plan["lines"]:
        said = "; ".join(f"{each['column']}: {each['text']}" for each in line["problems"])
        typer.echo(f"{line['line']}  {line['action']}  {line['staff_number']}  {line['name']}  {said}".rstrip())
    typer.echo(f"errors: {plan['problems']}")
    typer.echo(f"plan: {plan['sha256']}")
    if plan["problems"]:
        raise typer.Exit(1)


@app.command("import")
def import_staff(
    table: Table,
    *,
    plan: Annotated[str, typer.Option(help="The plan's digest that `plan-import` showed.", show_default=False)],
    freeze_missing: Missing = False,
) -> None:
    """Carry out exactly that plan; first passwords are shown this once."""
    with server() as client:
        done = client.post("/staff-imports", {**_table(table, freeze_missing), "plan_sha256": plan})
    for each in done["made"]:
        typer.echo(f"{each['id']}  {each['login']}  first password: {each['password']}")
    typer.echo(f"statements for the officers: {len(done['statements'])}")


@branches_app.command("list")
def list_branches(*, closed: Annotated[bool, typer.Option("--closed", help="Also the closed ones.")] = False) -> None:
    """The branches that I may read of."""
    with server() as client:
        for each in client.get("/branches", closed=str(closed).lower()):
            typer.echo(f"{each['id']}  {'  ' * each['depth']}{each['name']}  {each['people']} people")


@branches_app.command("create")
def create_branch(
    name: str, *, parent: Annotated[UUID, typer.Option(help="Below which branch.", show_default=False)]
) -> None:
    """A new branch below another one."""
    with server() as client:
        typer.echo(client.post("/branches", {"parent_id": str(parent), "name": name})["id"])


@branches_app.command("move")
def move_branch(
    branch_id: UUID,
    *,
    parent: Annotated[UUID, typer.Option(help="Below which branch.", show_default=False)],
    reason: Reason,
) -> None:
    """Move a branch with all below it."""
    with server() as client:
        _speak(client.post(f"/branches/{branch_id}/moves", {"parent_id": str(parent), "reason": reason}))


@branches_app.command("frozen")
def list_frozen() -> None:
    """What is frozen: branches with all below them, or the whole organisation."""
    with server() as client:
        for each in client.get("/frozen-places"):
            place = f"{each['branch_id']}  {each['branch']}" if each["branch_id"] else "the whole organisation"
            typer.echo(f"{place}  since {each['frozen_at']}: {each['reason']}")


@branches_app.command("freeze")
def freeze_branch(branch_id: PlaceId = None, *, organisation: WholeOrganisation = False, reason: Reason) -> None:
    """At once: nobody of it comes in, and nothing is decided, released or signed there."""
    with server() as client:
        _speak(client.post("/frozen-places", _place(branch_id, reason, organisation=organisation)))


@branches_app.command("unfreeze")
def unfreeze_branch(branch_id: PlaceId = None, *, organisation: WholeOrganisation = False, reason: Reason) -> None:
    """Once two officers have signed; then everything is as it was before."""
    with server() as client:
        _speak(client.post("/frozen-places/endings", _place(branch_id, reason, organisation=organisation)))


def _place(branch_id: UUID | None, reason: str, *, organisation: bool) -> dict[str, Any]:
    if (branch_id is None) is not organisation:
        raise typer.BadParameter("name a branch, or say --organisation")
    return {"branch_id": None if branch_id is None else str(branch_id), "reason": reason}


@roles_app.command("list")
def list_roles() -> None:
    """Every role and what it may do."""
    with server() as client:
        for each in client.get("/roles"):
            officers = "  (two officers)" if each["officers"] else ""
            typer.echo(f"{each['code']}{officers}  {', '.join(each['permissions'])}")


@roles_app.command("create")
def create_role(
    code: str,
    *,
    name_zh: Annotated[str, typer.Option(show_default=False)],
    name_en: Annotated[str, typer.Option(show_default=False)],
    permission: Annotated[list[str], typer.Option(help="Several times.", show_default=False)],
) -> None:
    """A role of our own."""
    wish = {"code": code, "name_zh": name_zh, "name_en": name_en, "permissions": permission}
    with server() as client:
        typer.echo(client.post("/roles", wish)["id"])


@rights_app.command("list")
def list_rights() -> None:
    """Who holds which right."""
    with server() as client:
        for each in client.get("/rights"):
            typer.echo(f"{each['kind']}  {each['subject']}  {each['detail']}  {each['name']}  {each['staff_number']}")


@rights_app.command("table")
def rights_table(file: Annotated[Path, typer.Argument(help="Where to write the CSV.", show_default=False)]) -> None:
    """The same as a CSV file."""
    with server() as client:
        file.write_bytes(client.fetch("/rights.csv"))
        typer.echo(f"written: {file}")


@rights_app.command("reviews")
def list_reviews() -> None:
    """Reviews, newest first."""
    with server() as client:
        for each in client.get("/rights-reviews"):
            state = "signed off" if each["signed_off_at"] else "overdue" if each["overdue"] else "open"
            open_, all_ = each["undecided"], each["lines"]
            typer.echo(f"{each['id']}  {each['period']}  {state}  {open_}/{all_} open, {each['objected']} objected to")


@rights_app.command("review")
def open_review(
    period: str, *, days: Annotated[int, typer.Option(help="Until it is due.", min=1, max=366)] = 30
) -> None:
    """Open the review of a period."""
    with server() as client:
        typer.echo(client.post("/rights-reviews", {"period": period, "days": days})["id"])


@deputies_app.command("list")
def list_deputies() -> None:
    """My deputies, and whom I stand in for."""
    with server() as client:
        for each in client.get("/delegations"):
            dates = f"{each['valid_from']} – {each['valid_until']}"
            typer.echo(f"{each['id']}  {each['principal']} → {each['deputy']}  {each['role']}  {dates}")


@deputies_app.command("name")
def name_deputy(
    deputy: Annotated[UUID, typer.Argument(help="The person's id.", show_default=False)],
    role: Annotated[str, typer.Argument(help="A role of mine.", show_default=False)],
    *,
    since: Annotated[str, typer.Option(help="2026-12-01T00:00:00+08:00", show_default=False)],
    until: Annotated[str, typer.Option(help="2026-12-08T00:00:00+08:00", show_default=False)],
    reason: Annotated[str, typer.Option()] = "",
) -> None:
    """Name a deputy for some days."""
    wish = {"deputy_id": str(deputy), "role": role, "since": since, "until": until, "reason": reason}
    with server() as client:
        _speak(client.post("/delegations", wish))


@deputies_app.command("end")
def end_deputyship(delegation_id: UUID) -> None:
    """End a deputyship early."""
    with server() as client:
        _speak(client.post(f"/delegations/{delegation_id}/endings", {}))


def _table(file: Path, freeze_missing: bool) -> dict[str, Any]:
    return {"file": b64encode(file.read_bytes()).decode("ascii"), "freeze_missing": freeze_missing}


def _speak(outcome: dict[str, Any]) -> None:
    typer.echo("done" if outcome["done"] else "waits for the officers")
    for each in outcome["statements"]:
        typer.echo(f"statement: {each}")
