"""The web process: the application behind uvicorn."""

from __future__ import annotations

import uvicorn

from printserver.app import create_app
from printserver.bootstrap import build
from printserver.settings import Settings


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    uvicorn.run(
        create_app(build(settings)),
        host=settings.host,
        port=settings.port,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
