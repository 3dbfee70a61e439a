"""Worlds on both databases, receivers of webhooks on the loopback interface, and a mail server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from printserver.notifications.addresses import AddressRules
from printserver.notifications.delivering import WebhookTools
from printserver.notifications.posting import Poster
from printserver.notifications.secret_box import SecretBox
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.world import World, any_world, world, world_template

__all__ = [
    "any_database",
    "any_world",
    "database_kit",
    "postgresql_supply",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]

LOOPBACK = AddressRules(plain_loopback=True)


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """answer: the status of HTTP for what came; None breaks the connection off without a word."""

    port: int = 0
    answer: Callable[[Received], int | None] = lambda received: 204
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came = Received(self.path, dict(self.headers.items()), body)
            receiver.received.append(came)
            status = receiver.answer(came)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def tools_of(world: World) -> WebhookTools:
    settings = world.adapters.settings
    for file in (settings.webhook_key, settings.webhook_public_key):
        file.parent.mkdir(parents=True, exist_ok=True)
    box = SecretBox.load_or_make(settings.webhook_key, settings.webhook_public_key)
    return WebhookTools(world.database, Poster(LOOPBACK, seconds=5), box)
