"""The web process: the application behind uvicorn."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Final

import uvicorn

from printserver.app import create_app
from printserver.bootstrap import build
from printserver.http_edge.edge import Application
from printserver.http_edge.live import LiveStreams
from printserver.settings import Settings

START_FAILED: Final = 3
"""Exit status, as uvicorn's own."""


class WebServer(uvicorn.Server):
    """Ends the streams to open pages before it waits for the answers that are under way: those would never end."""

    def __init__(self, app: Application, settings: Settings) -> None:
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            server_header=False,
            proxy_headers=False,
        )
        super().__init__(config)
        self._live: LiveStreams = app.state.edge.live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT.   Raises: SecretsDamaged, before anybody is answered."""
    adapters = build(settings)
    _ = adapters.secrets
    server = WebServer(create_app(adapters), settings)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(START_FAILED)
