"""The web application: it mounts what it serves, nothing else."""

from __future__ import annotations

from printserver.api import mount as api
from printserver.bootstrap import Adapters
from printserver.http_edge.edge import Application
from printserver.http_edge.routes import check_routes
from printserver.web import mount as web


def create_app(adapters: Adapters) -> Application:
    """Raises: UndeclaredEndpoint when some route does not say who may call it."""
    app = Application(adapters)
    api.mount(app)
    web.mount(app)
    check_routes(app)
    return app
