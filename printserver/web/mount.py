"""Put the pages into an application."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from printserver.web import assets
from printserver.web.pages import public_verification

_PAGES: Final = (public_verification,)


def mount(app: FastAPI) -> None:
    app.include_router(assets.router)
    for page in _PAGES:
        app.include_router(page.router)
