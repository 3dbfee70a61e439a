"""`printserver account …`, `printserver service-accounts …`: one's own sign-in and accounts of programs, by the API.

`account password` needs no token: who must change a first password has none yet.
"""

from __future__ import annotations

import os
from typing import Annotated, Final
from uuid import UUID

import typer

from printserver.cli.client import (
    STEP_UP_VARIABLE,
    URL_VARIABLE,
    ServerClient,
    ask_at_terminal,
    server,
    speaking,
)
from printserver.settings import Settings

account_app = typer.Typer(no_args_is_help=True, help="My password, second factor and sessions.")
service_app = typer.Typer(no_args_is_help=True, help="Accounts of programs, and their tokens.")
_TOKEN_HINT: Final = "This is the token; it is shown this once."  # noqa: S105 -- words

AccountId = Annotated[UUID, typer.Argument(help="As `service-accounts list` shows it.", show_default=False)]
Login = Annotated[str, typer.Argument(help="My name for signing in.", show_default=False)]


@account_app.command()
def password(login: Login) -> None:
    """Choose a new password; every session of mine ends."""
    with speaking():
        client = ServerClient(os.environ.get(URL_VARIABLE) or Settings().public_url, "none")
        wish = {
            "login": login,
            "password": str(typer.prompt("The password of now", hide_input=True, err=True)),
            "code": str(typer.prompt("Code of the second factor, if any", default="", show_default=False, err=True)),
            "new_password": str(typer.prompt("The new password", hide_input=True, confirmation_prompt=True, err=True)),
        }
        client.run("/passwords", wish)
    typer.echo("The password is changed.")


@account_app.command("step-up")
def step_up() -> None:
    """Show again who I am, and print what commands of the next minutes take from PRINTSERVER_STEP_UP."""
    with server() as client:
        kinds = client.get("/me/second-factor")["kinds"]
        needs = "second-factor" if kinds else "password"
        shown = client.post("/step-ups", {"code" if kinds else "password": ask_at_terminal(needs)})
    typer.echo(shown["step_up"])
    typer.echo(f"export {STEP_UP_VARIABLE}=… until {shown['expires_at']}", err=True)


@account_app.command()
def sessions() -> None:
    """Where I am signed in with a browser."""
    with server() as client:
        for each in client.get("/me/sessions"):
            typer.echo(f"{each['id']}  {each['last_seen_at']}  {each['address']}  {each['device']}")


@account_app.command("sign-out")
def sign_out(
    session_id: Annotated[UUID | None, typer.Argument(help="As `sessions` shows it; none: everywhere.")] = None,
) -> None:
    """Sign out of one browser, or of all."""
    with server() as client:
        client.delete("/me/sessions" if session_id is None else f"/me/sessions/{session_id}")


@account_app.command()
def passkeys() -> None:
    """My passkeys, and since when their signatures count as decisions. They are added on the page."""
    with server() as client:
        for each in client.get("/passkeys"):
            typer.echo(f"{each['id']}  {each['evidence_since'] or '-'}  {each['name']}")


@account_app.command("remove-passkey")
def remove_passkey(
    passkey_id: Annotated[UUID, typer.Argument(help="As `account passkeys` shows it.", show_default=False)],
) -> None:
    """Remove a passkey of mine; the signer is told to believe it no more."""
    with server() as client:
        client.delete(f"/passkeys/{passkey_id}")


@account_app.command("second-factor")
def second_factor() -> None:
    """Set up an app for one-time codes, and print its recovery codes."""
    with server() as client:
        begun = client.post("/me/second-factor/seeds", {})
        typer.echo(f"Type this key into the app: {begun['seed']}")
        code = str(typer.prompt("The code that it shows now", err=True))
        done = client.post("/me/second-factor/confirmations", {"code": code})
    typer.echo("Recovery codes, shown this once:")
    typer.echo("\n".join(done["recovery_codes"]))


@account_app.command("recovery-codes")
def recovery_codes() -> None:
    """Ten new ones; the former ones are worth nothing from then on."""
    with server() as client:
        typer.echo("\n".join(client.post("/me/recovery-codes", {})["recovery_codes"]))


@account_app.command()
def reset(
    person_id: Annotated[UUID, typer.Argument(help="As `people list` shows it.", show_default=False)],
    *,
    reason: Annotated[str, typer.Option(help="It goes into the log.", show_default=False)],
    second_factor_too: Annotated[bool, typer.Option("--second-factor-too", help="Phone or passkey is lost.")] = False,
) -> None:
    """A new first password for somebody; for who can help to seal, its first half."""
    wish = {"person_id": str(person_id), "reason": reason, "second_factor_too": second_factor_too}
    with server() as client:
        ordered = client.post("/access-resets", wish)
    typer.echo(ordered["password"])
    if ordered["waits"]:
        typer.echo("This is the first half; another person completes it with `account complete-reset`.", err=True)


@account_app.command("resets")
def resets() -> None:
    """New first passwords that wait for a second person."""
    with server() as client:
        for each in client.get("/access-resets"):
            typer.echo(f"{each['id']}  {each['person']} ({each['staff_number']})  {each['reason']}")


@account_app.command("complete-reset")
def complete_reset(
    reset_id: Annotated[UUID, typer.Argument(help="As `resets` shows it.", show_default=False)],
) -> None:
    """Print the second half of a new first password."""
    with server() as client:
        typer.echo(client.post(f"/access-resets/{reset_id}/completions", {})["password"])


@service_app.command("list")
def list_accounts() -> None:
    """Those that I administer."""
    with server() as client:
        for each in client.get("/service-accounts"):
            state = "closed" if each["closed"] else f"{sum(not token['revoked'] for token in each['tokens'])} tokens"
            typer.echo(f"{each['id']}  {each['name']}  {each['branch']}  {state}")


@service_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Of the program.", show_default=False)],
    *,
    branch: Annotated[UUID, typer.Option(help="At which branch, and below.", show_default=False)],
    role: Annotated[list[str], typer.Option(help="Such as clerk; may be repeated.", show_default=False)],
) -> None:
    """An account for a program."""
    with server() as client:
        made = client.post("/service-accounts", {"name": name, "branch_id": str(branch), "roles": role})
    typer.echo(made["id"])


@service_app.command()
def token(
    account_id: AccountId,
    *,
    scope: Annotated[list[str], typer.Option(help="A permission; may be repeated.", show_default=False)],
    network: Annotated[list[str] | None, typer.Option(help="An address or 192.0.2.0/24; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365)] = 90,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Give a program a token."""
    wish = {"name": name, "days": days, "scopes": scope, "networks": network or []}
    with server() as client:
        made = client.post(f"/service-accounts/{account_id}/tokens", wish)
    typer.echo(made["token"])
    typer.echo(_TOKEN_HINT, err=True)


@service_app.command()
def revoke(
    account_id: AccountId,
    token_id: Annotated[UUID, typer.Argument(help="As the API shows it.", show_default=False)],
) -> None:
    """Revoke a program's token."""
    with server() as client:
        client.delete(f"/service-accounts/{account_id}/tokens/{token_id}")


@service_app.command()
def close(account_id: AccountId) -> None:
    """Close an account for good."""
    with server() as client:
        client.delete(f"/service-accounts/{account_id}")
