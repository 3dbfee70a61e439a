"""Verification requests a second beside an empty endpoint: the public page of a genuine and a forged code, a serial.

Processor time of one thread, through the whole application by ASGI, on SQLite; the empty endpoint is a bare FastAPI
route that answers nothing, asked in the same way.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from printserver.app import create_app
from printserver.bootstrap import Adapters
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.limits import AttemptLimits
from printserver.organisations.secrets import Secrets
from printserver.settings import Settings
from tests.databases import FakeClock, create_every_table
from tests.paper_books import PUBLIC_URL, Books, make_issuer, open_books

CALLS: Final = 300
ROUNDS: Final = 3


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; `limit` is the empty endpoint's rate."""
    with tempfile.TemporaryDirectory(prefix="psb-") as folder:
        books = _books(Path(folder))
        copy = books.copy()
        genuine = f"/q/{books.text(copy).rpartition('/')[2]}"
        altered = f"/q/{int(genuine[3:]) ^ 1:0321d}"
        with TestClient(_app(books, Path(folder)), base_url=PUBLIC_URL) as client, TestClient(_empty()) as empty:
            limit = _rate(lambda: empty.get("/"))
            asked = {
                "page of a genuine code": lambda: client.get(genuine),
                "page of an altered code": lambda: client.get(altered),
                "serial, by program": lambda: client.post("/api/v1/code-checks", json={"text": str(copy.serial)}),
            }
            return [_row(name, _rate(ask), limit) for name, ask in asked.items()]


def _books(folder: Path) -> Books:
    url = f"sqlite:///{folder / 'books.sqlite'}"
    create_every_table(url)
    return open_books(Database(open_engines(url), RecordedJobs(), FakeClock()), make_issuer(), folder)


def _app(books: Books, folder: Path) -> FastAPI:
    chosen = Settings(home=folder / "home", public_url=PUBLIC_URL)
    for place in (chosen.key_list, chosen.web_secret):
        place.parent.mkdir(parents=True)
    chosen.key_list.write_bytes(books.issuer.key_list_bytes())
    chosen.root_fingerprint.write_text(books.issuer.root.fingerprint)
    Secrets.make(chosen.web_secret)
    app = create_app(Adapters(chosen, books.database, books.objects, books.objects.vaults))
    object.__setattr__(app.state.edge, "limits", _Unlimited())
    return app


class _Unlimited(AttemptLimits):
    """One address asks all the time here."""

    def count(self, kind: str, address: str) -> None:
        del kind, address


def _empty() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def nothing() -> Response:
        return Response()

    return app


def _rate(ask: Callable[[], object]) -> float:
    """Calls a CPU second, the best of some rounds."""
    ask()
    return max(CALLS / _processor_seconds(ask) for _ in range(ROUNDS))


def _processor_seconds(ask: Callable[[], object]) -> float:
    before = _used()
    for _ in range(CALLS):
        ask()
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row(name: str, value: float, limit: float) -> dict[str, object]:
    ratio = value / limit
    return {
        "name": f"verification: {name}",
        "value": value,
        "limit": limit,
        "ratio": ratio,
        "unit": "requests per CPU s",
    }


if __name__ == "__main__":
    for row in measure():
        print(row)
