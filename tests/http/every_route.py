"""Every route of the application with a request for it, made from what the route says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
from fastapi import FastAPI, params
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter
from sqlalchemy import select

from printserver.api.examples import example_of
from printserver.foundation.database import Base
from printserver.foundation.ids import new_id
from printserver.http_edge.csrf import SAFE_METHODS
from printserver.http_edge.declarations import Declaration
from printserver.http_edge.problems import MACHINE_PATHS
from printserver.http_edge.routes import EdgeRoute
from printserver.organisations.permissions import GRANTS, Role
from tests.http.evidence_things import EvidenceThings
from tests.http.scene import Scene
from tests.world import World

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_ALWAYS: Final[Mapping[str, str]] = {
    "number": "1",
    "page": "1",
    "position": "1",
    "code": "general",
    "token": "x" * 43,
    "engine": "pdfium",
    "sha256": EvidenceThings.unnamed,
}
_IN_THE_SCENE: Final[Mapping[str, Callable[[Scene], UUID]]] = {
    "request_id": lambda scene: scene.pending_request,
    "copy_id": lambda scene: scene.issued_copy,
    "printer_id": lambda scene: scene.world.home.north.printer_id,
    "seal_id": lambda scene: scene.world.home.north.seal_id,
    "branch_id": lambda scene: scene.world.home.north.branch_id,
    "user_id": lambda scene: scene.world.person(Role.CLERK).id,
    "return_id": lambda scene: scene.return_id,
    "page_id": lambda scene: scene.return_page,
    "record_id": lambda scene: scene.archive_record,
    "search_id": lambda scene: scene.saved_search,
    "entry_id": lambda scene: scene.entry,
    "alarm_id": lambda scene: scene.count_alarm,
    "webhook_id": lambda scene: scene.webhook,
    "delivery_id": lambda scene: scene.delivery,
    "account_id": lambda scene: scene.service_account,
    "passkey_id": lambda scene: scene.passkey,
    "session_id": lambda scene: scene.session,
    "reset_id": lambda scene: scene.access_reset,
    "token_id": lambda scene: scene.token,
    "proof_id": lambda scene: scene.identity.proof,
    "evidence_id": lambda scene: scene.identity.evidence,
    "medium_id": lambda scene: scene.identity.medium,
    "scan_id": lambda scene: scene.quarantined,
    "hand_over_id": lambda scene: scene.papers.hand_over,
    "exception_id": lambda scene: scene.papers.exception,
    "signing_id": lambda scene: scene.papers.signing,
    "order_id": lambda scene: scene.evidence.order,
    "source_id": lambda scene: scene.evidence.source,
    "imported_id": lambda scene: scene.evidence.imported,
}
_TABLES: Final[Mapping[str, str]] = {
    "statement_id": "statement",
    "delegation_id": "delegation",
    "review_id": "rights_review",
    "line_id": "rights_review_line",
    "right_id": "role_binding",
    "role_id": "custom_role",
    "import_id": "seal_import",
    "artwork_id": "seal_artwork",
    "step_id": "seal_step",
    "draft_id": "request_draft",
    "template_id": "request_template",
    "batch_id": "request_batch",
    "hold_id": "legal_hold",
    "change_id": "retention_change",
    "run_id": "disposal_run",
}
"""Where the newest row is of somebody's of the home, or of nobody's."""


@dataclass(frozen=True)
class Request:
    """`body`: JSON of an API's operation, or the fields of a form."""

    method: str
    path: str
    declaration: Declaration
    body: Any
    files: Mapping[str, tuple[str, bytes, str]] | None
    is_form: bool

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(MACHINE_PATHS)

    @property
    def is_unsafe(self) -> bool:
        return self.method not in SAFE_METHODS

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.path))

    @property
    def ids(self) -> tuple[str, ...]:
        """The parameters that name something."""
        return tuple(name for name in self.parameters if name not in _ALWAYS)

    @property
    def roles(self) -> tuple[Role, ...]:
        wanted = set(self.declaration.permissions)
        return tuple(role for role in Role if not wanted or GRANTS[role] & wanted)

    def address(self, values: Mapping[str, object]) -> str:
        """values: of `ids`; what is missing names nothing that there is."""
        return _PARAMETER.sub(lambda found: str(values.get(found[1], _ALWAYS.get(found[1], new_id()))), self.path)

    def send(self, api: httpx.Client, address: str, headers: Mapping[str, str], csrf_token: str = "") -> httpx.Response:
        options: dict[str, Any] = {"headers": {"Idempotency-Key": new_id().hex, **headers}}
        if self.is_page and self.is_unsafe:
            options |= {"data": {"csrf_token": csrf_token, **(self.body or {})}, "files": self.files}
        elif self.is_form:
            options |= {"data": self.body, "files": self.files}
        elif self.body is not None:
            options["json"] = self.body
        return api.request(self.method, address, follow_redirects=False, **options)


def every_request(app: FastAPI) -> tuple[Request, ...]:
    """Of every route that is not for everybody."""
    return tuple(request for request in _requests(app) if not request.declaration.public)


def things_of(scene: Scene) -> dict[str, UUID]:
    """Of the home's north, by the names of parameters."""
    found = {name: thing(scene) for name, thing in _IN_THE_SCENE.items()}
    for name, table in _TABLES.items():
        row = _newest(scene.world, table)
        if row is not None:
            found[name] = row
    return found


def known_parameters() -> set[str]:
    return set(_IN_THE_SCENE) | set(_TABLES) | set(_ALWAYS)


def _newest(world: World, table: str) -> UUID | None:
    rows = Base.metadata.tables[table]
    with world.database.reading() as work:
        return work.session.scalar(select(rows.c.id).order_by(rows.c.id.desc()).limit(1))


def _requests(app: FastAPI) -> Iterator[Request]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, EdgeRoute):
            for method in sorted(route.methods or ()):
                body, files = _body(route)
                is_form = route.body_field is not None and isinstance(route.body_field.field_info, params.Form)
                yield Request(method, route.path_format, route.declaration, body, files, is_form)


def _body(route: EdgeRoute) -> tuple[Any, Mapping[str, tuple[str, bytes, str]] | None]:
    """What the route takes, and the files among it."""
    if route.body_field is None:
        return None, None
    wanted: Any = route.body_field.field_info.annotation
    schema = TypeAdapter(wanted).json_schema()
    made = example_of(schema, schema.get("$defs", {}), whole=False)
    if not isinstance(route.body_field.field_info, params.Form):
        return made, None
    binary = {name for name, each in schema.get("properties", {}).items() if "contentMediaType" in json.dumps(each)}
    fields = {name: value if isinstance(value, str | list) else json.dumps(value) for name, value in made.items()}
    texts = {name: value for name, value in fields.items() if name not in binary}
    return texts, dict.fromkeys(binary, ("x.pdf", b"%PDF-1.7", "application/pdf")) or None
