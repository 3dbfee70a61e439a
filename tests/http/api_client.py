"""Callers of the application: programs with tokens, browsers with sessions, strangers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from printserver.foundation.errors import Unauthenticated
from printserver.http_edge.actors import cookie_name
from printserver.http_edge.step_up import HEADER, step_up_token
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import NewSession, open_session
from printserver.organisations.tokens import program_of_token
from tests.world import World
from tests.world_building import SITE, Office, contract

with warnings.catch_warnings():
    # It asks for the successor of httpx, which nothing else here needs.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


class ApiClient(TestClient):
    """Use it as a context manager: then all its requests, from any thread, run in one event loop."""

    def __init__(self, app: FastAPI, world: World) -> None:
        super().__init__(app, base_url=SITE)
        self.world = world
        self._programs: dict[str, tuple[UUID, UUID]] = {}

    def ask(
        self, method: str, path: str, role: Role | None = None, office: Office | None = None, **options: Any
    ) -> httpx.Response:
        """path: below /api/v1.   role: whose token is sent, at the home's north without `office`; None: nobody's.

        Each person has just shown who they are, unless `stepped_up=False` is given.
        """
        headers, stepped_up = dict(options.pop("headers", {})), options.pop("stepped_up", True)
        if role is not None:
            headers["Authorization"] = f"Bearer {self.world.person(role, office).token}"
            headers |= {HEADER: self.step_up(role, office)} if stepped_up else {}
        return self.request(method, f"/api/v1{path}", headers=headers, **options)

    def step_up(self, role: Role, office: Office | None = None) -> str:
        """What a step-up of that person's token would answer now."""
        world, token = self.world, self.world.person(role, office).token
        if token not in self._programs:
            with world.database.reading() as work:
                try:
                    program = program_of_token(work, world.secrets, token)
                except Unauthenticated:
                    return ""
            self._programs[token] = program.actor.id, program.token_id
        return step_up_token(world.secrets, *self._programs[token], world.clock.now())

    def fetch(self, path: str, role: Role, office: Office | None = None, **options: Any) -> httpx.Response:
        return self.ask("GET", path, role, office, **options)

    def submit(self, path: str, role: Role, office: Office | None = None, **options: Any) -> httpx.Response:
        return self.ask("POST", path, role, office, **options)

    def apply(
        self,
        key: str | bytes,
        pdf: bytes | None = None,
        office: Office | None = None,
        application: Mapping[str, Any] | str | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Hand in a print request as the clerk."""
        wish = wish_at(office or self.world.home.north, **fields) if application is None else application
        return self.submit(
            "/print-requests",
            Role.CLERK,
            office,
            headers={"Idempotency-Key": key},
            data={"application": wish if isinstance(wish, str) else json.dumps(wish)},
            files={"document": ("contract.pdf", contract() if pdf is None else pdf, "application/pdf")},
        )

    def browser(self, role: Role, office: Office | None = None) -> tuple[NewSession, dict[str, str]]:
        """A session and the headers that a browser of it sends from one of our pages, CSRF token included."""
        with self.world.database.work() as work:
            session = open_session(work, self.world.secrets, self.world.actor(work, role, office), hours=1)
        cookie = f"{cookie_name(self.world.adapters.settings)}={session.secret}"
        return session, {"Cookie": cookie, "Origin": SITE, "X-CSRF-Token": session.csrf_token}


def wish_at(office: Office, **fields: Any) -> dict[str, Any]:
    """An application for the office's seal and printer, as JSON holds it."""
    return {
        "seal_id": str(office.seal_id),
        "printer_id": str(office.printer_id),
        "copies": 1,
        "title": "供货合同",
        "places": [{"page": 2, "x_um": 120_000, "y_um": 200_000}],
        **fields,
    }


def code_of(answer: httpx.Response) -> str:
    """The problem's code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["code"])


def id_of(answer: httpx.Response) -> UUID:
    assert answer.is_success, answer.text
    return UUID(answer.json()["id"])
