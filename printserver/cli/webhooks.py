"""`printserver webhooks …`: have other systems told what happens, by the API and with a person's own token."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import typer

from printserver.cli.client import server

app = typer.Typer(no_args_is_help=True, help="Webhooks. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.")

SHOWN_ONCE: Final = "This secret signs the messages. It is shown this once; give it to the system now:"

WebhookId = Annotated[UUID, typer.Argument(help="The webhook's id, as `webhooks list` shows it.", show_default=False)]
DeliveryId = Annotated[UUID, typer.Argument(help="The message's id.", show_default=False)]


@app.command("list")
def list_webhooks() -> None:
    """The webhooks that I may manage, and how many messages wait or were given up."""
    with server() as client:
        for hook in client.get("/webhooks"):
            counts = f"{hook['waiting']} waiting, {hook['given_up']} given up"
            typer.echo(f"{hook['id']}  {hook['state']}  {hook['name']}  {hook['url']}  {counts}")


@app.command("event-types")
def list_event_types() -> None:
    """What a webhook can be told of."""
    with server() as client:
        for each in client.get("/webhooks/event-types"):
            typer.echo(each)


@app.command()
def create(
    url: Annotated[str, typer.Argument(help="https only.", show_default=False)],
    *,
    name: Annotated[str, typer.Option(help="Which system it is.", show_default=False)],
    branch: Annotated[UUID, typer.Option(help="What happens there and below is told.", show_default=False)],
    event: Annotated[list[str], typer.Option(help="Of `event-types`; give it for each.", show_default=False)],
) -> None:
    """Have a system told what happens; shows the secret that signs the messages."""
    with server() as client:
        wish = {"branch_id": str(branch), "name": name, "url": url, "types": event}
        made = client.post("/webhooks", wish)
        typer.echo(made["webhook_id"])
        typer.echo(SHOWN_ONCE, err=True)
        typer.echo(made["secret"])


@app.command("renew-secret")
def renew_secret(webhook_id: WebhookId) -> None:
    """A new secret; the one before signs as well for a day."""
    with server() as client:
        made = client.post(f"/webhooks/{webhook_id}/secrets", {})
        typer.echo(SHOWN_ONCE, err=True)
        typer.echo(made["secret"])


@app.command()
def test(webhook_id: WebhookId) -> None:
    """Send a test message."""
    with server() as client:
        typer.echo(client.post(f"/webhooks/{webhook_id}/tests", {})["id"])


@app.command()
def deliveries(webhook_id: WebhookId) -> None:
    """The latest messages, and what became of them."""
    with server() as client:
        for each in client.get(f"/webhooks/{webhook_id}/deliveries")["items"]:
            last = each["last_problem"] or each["last_status"] or "-"
            typer.echo(f"{each['id']}  {each['state']}  {each['type']}  {each['attempts']}  {last}")


@app.command()
def again(delivery_id: DeliveryId) -> None:
    """Send a message once more."""
    with server() as client:
        typer.echo(client.post(f"/webhook-deliveries/{delivery_id}/repetitions", {})["state"])
