"""Pages: what belongs to other branches and companies is not found by anybody, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from printserver.app import create_app
from printserver.documents.handing_in import HandedIn
from printserver.http_edge.declarations import Declaration
from printserver.http_edge.problems import MACHINE_PATHS
from printserver.http_edge.routes import declared_routes
from printserver.organisations.permissions import GRANTS, Role
from printserver.web.drafts import keep_draft
from tests.http.api_client import ApiClient
from tests.http.archive_visits import ARCHIVE_STEPS
from tests.http.document_steps import DOCUMENT_STEPS
from tests.http.evidence_visits import EVIDENCE_STEPS
from tests.http.identity_steps import IDENTITY_STEPS
from tests.http.intake_visits import INTAKE_STEPS
from tests.http.page_visitor import Visitor
from tests.http.paper_visits import PAPER_STEPS
from tests.http.people_steps import PEOPLE_STEPS
from tests.http.request_steps import REQUEST_STEPS
from tests.http.retention_visits import RETENTION_STEPS
from tests.http.return_visits import RETURN_STEPS
from tests.http.scene import Scene
from tests.http.seal_steps import SEAL_STEPS
from tests.http.statement_steps import STATEMENT_STEPS
from tests.http.step import Step
from tests.http.verification_visits import PUBLIC_CHECK_PAGES
from tests.world import World
from tests.world_building import contract

DIGEST: Final = "0" * 64


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _draft(scene: Scene) -> str:
    """The clerk's at the home's north."""
    world = scene.world
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
    return keep_draft(world.adapters, clerk, HandedIn(world.taken.safe), "contract.pdf").token


DECISION: Final = _form(manifest_sha256=DIGEST, reason="because")
R: Final = "/requests/{request_id}"
P: Final = "/printers/{printer_id}"
NO_PRINTER: Final = "ipps://localhost:1/ipp/print"
STEPS: Final = (
    Step("GET", "/", lambda s: "/", names_object=False),
    Step("GET", "/live", lambda s: "/live", names_object=False),
    Step("POST", "/sign-out", lambda s: "/sign-out", names_object=False),
    Step("GET", "/account", lambda s: "/account", names_object=False),
    Step("GET", "/account/password", lambda s: "/account/password", names_object=False),
    Step("POST", "/account/password", lambda s: "/account/password", names_object=False),
    Step("GET", "/account/second-factor", lambda s: "/account/second-factor", names_object=False),
    Step("POST", "/account/second-factor/seeds", lambda s: "/account/second-factor/seeds", names_object=False),
    Step(
        "POST",
        "/account/second-factor/confirmations",
        lambda s: "/account/second-factor/confirmations",
        _form(code="000000"),
        names_object=False,
    ),
    Step("POST", "/account/second-factor/removals", lambda s: "/account/second-factor/removals", names_object=False),
    Step("POST", "/account/recovery-codes", lambda s: "/account/recovery-codes", names_object=False),
    Step("POST", "/account/sessions/revocations", lambda s: "/account/sessions/revocations", names_object=False),
    Step(
        "POST",
        "/account/sessions/{session_id}/revocations",
        lambda s: f"/account/sessions/{s.session}/revocations",
    ),
    Step("GET", "/step-up", lambda s: "/step-up", names_object=False),
    Step("POST", "/step-up", lambda s: "/step-up", names_object=False),
    Step("GET", "/access-resets", lambda s: "/access-resets", names_object=False),
    Step("POST", "/access-resets", lambda s: "/access-resets", _form(person="nobody", reason="x"), names_object=False),
    Step(
        "POST",
        "/access-resets/{reset_id}/completions",
        lambda s: f"/access-resets/{s.access_reset}/completions",
    ),
    Step("GET", "/service-accounts", lambda s: "/service-accounts", names_object=False),
    Step("POST", "/service-accounts", lambda s: "/service-accounts", _form(name="ERP"), names_object=False),
    Step("GET", "/service-accounts/{account_id}", lambda s: f"/service-accounts/{s.service_account}"),
    Step(
        "POST",
        "/service-accounts/{account_id}/tokens",
        lambda s: f"/service-accounts/{s.service_account}/tokens",
        _form(name="x", scopes="read-requests"),
    ),
    Step(
        "POST",
        "/service-accounts/{account_id}/tokens/{token_id}/revocations",
        lambda s: f"/service-accounts/{s.service_account}/tokens/{s.service_token}/revocations",
    ),
    Step(
        "POST",
        "/service-accounts/{account_id}/closings",
        lambda s: f"/service-accounts/{s.service_account}/closings",
    ),
    Step("GET", "/requests", lambda s: "/requests", names_object=False),
    Step("GET", "/requests/new", lambda s: "/requests/new", names_object=False),
    Step(
        "POST",
        "/requests/drafts",
        lambda s: "/requests/drafts",
        files=lambda: {"document": ("c.pdf", contract(), "application/pdf")},
        names_object=False,
    ),
    Step("POST", "/requests/drafts/{token}/placements", lambda s: f"/requests/drafts/{_draft(s)}/placements"),
    Step("GET", "/requests/drafts/{token}/findings", lambda s: f"/requests/drafts/{_draft(s)}/findings"),
    Step("POST", "/requests/drafts/{token}/confirmations", lambda s: f"/requests/drafts/{_draft(s)}/confirmations"),
    Step(
        "GET",
        "/requests/drafts/{token}/pages/{page}/engines/{engine}",
        lambda s: f"/requests/drafts/{_draft(s)}/pages/1/engines/poppler",
    ),
    Step("GET", "/requests/drafts/{token}/pages/{page}", lambda s: f"/requests/drafts/{_draft(s)}/pages/1"),
    Step(
        "GET", "/requests/new/checked", lambda s: f"/requests/new/checked?form={s.requests.draft}", names_object=False
    ),
    Step("POST", "/requests/forms", lambda s: "/requests/forms", names_object=False),
    Step("POST", "/requests", lambda s: "/requests", lambda s: {"draft": _draft(s), "action": "submit"}),
    Step("GET", R, lambda s: f"/requests/{s.pending_request}"),
    Step(
        "GET",
        f"{R}/copies/{{number}}/pages/{{page}}",
        lambda s: f"/requests/{s.pending_request}/copies/1/pages/1",
    ),
    Step("GET", f"{R}/document/pages/{{page}}", lambda s: f"/requests/{s.pending_request}/document/pages/1"),
    Step(
        "GET",
        f"{R}/electronic-original.pdf",
        lambda s: f"/requests/{s.requests.electronic}/electronic-original.pdf",
    ),
    Step("POST", f"{R}/approvals", lambda s: f"/requests/{s.pending_request}/approvals", DECISION),
    Step(
        "POST",
        f"{R}/seal-use-confirmations",
        lambda s: f"/requests/{s.request_in_custody}/seal-use-confirmations",
        DECISION,
    ),
    Step("POST", f"{R}/refusals", lambda s: f"/requests/{s.pending_request}/refusals", DECISION),
    Step("POST", f"{R}/withdrawals", lambda s: f"/requests/{s.pending_request}/withdrawals"),
    Step("POST", f"{R}/releases", lambda s: f"/requests/{s.issued_request}/releases", _form(which="all")),
    Step("POST", f"{R}/release-codes", lambda s: f"/requests/{s.issued_request}/release-codes"),
    Step("GET", "/release", lambda s: "/release", names_object=False),
    Step("GET", "/printers/{printer_id}/release", lambda s: f"/printers/{s.world.home.north.printer_id}/release"),
    Step(
        "POST",
        "/printers/{printer_id}/release",
        lambda s: f"/printers/{s.world.home.north.printer_id}/release",
        lambda s: {"what": f"copy:{s.issued_copy}"},
    ),
    Step("GET", "/approvals", lambda s: "/approvals", names_object=False),
    Step("GET", "/copies", lambda s: "/copies", names_object=False),
    Step("GET", "/copies/{copy_id}", lambda s: f"/copies/{s.issued_copy}"),
    Step(
        "POST",
        "/copies/{copy_id}/settlements",
        lambda s: f"/copies/{s.unknown_copy}/settlements",
        _form(settlement="seen", reason="it lies here"),
    ),
    Step("POST", "/copies/{copy_id}/voidings", lambda s: f"/copies/{s.issued_copy}/voidings", _form(reason="torn")),
    Step("POST", "/copies/{copy_id}/recalls", lambda s: f"/copies/{s.issued_copy}/recalls", _form(reason="too soon")),
    Step("POST", "/copies/{copy_id}/give-ups", lambda s: f"/copies/{s.issued_copy}/give-ups", _form(reason="burnt")),
    Step(
        "POST",
        "/copies/{copy_id}/loss-confirmations",
        lambda s: f"/copies/{s.void_copy}/loss-confirmations",
        _form(reason="I saw the shreds"),
    ),
    Step(
        "POST",
        "/copies/{copy_id}/notices",
        lambda s: f"/copies/{s.void_copy}/notices",
        _form(kind="void", holder="the other party", channel="phone", delivered_at="2026-11-22T17:00"),
    ),
    Step("POST", "/copies/{copy_id}/replacements", lambda s: f"/copies/{s.void_copy}/replacements"),
    Step("GET", "/printers", lambda s: "/printers", names_object=False),
    Step("GET", "/printers/enrolment", lambda s: "/printers/enrolment", names_object=False),
    Step(
        "POST", "/printers/certificates", lambda s: "/printers/certificates", _form(uri=NO_PRINTER), names_object=False
    ),
    Step(
        "POST",
        "/printers",
        lambda s: "/printers",
        lambda s: {
            "uri": NO_PRINTER,
            "fingerprint": DIGEST,
            "compared": "true",
            "name": "new",
            "location": "here",
            "branch_id": str(s.world.home.north.branch_id),
        },
    ),
    Step("GET", P, lambda s: f"/printers/{s.world.home.north.printer_id}"),
    Step(
        "POST",
        f"{P}/changes",
        lambda s: f"/printers/{s.world.home.north.printer_id}/changes",
        lambda s: {
            "name": "new",
            "location": "here",
            "release_rule": "person",
            "counter": "none",
            "branch_id": str(s.world.home.north.branch_id),
        },
    ),
    Step("GET", f"{P}/calibration", lambda s: f"/printers/{s.world.home.north.printer_id}/calibration"),
    Step(
        "POST", f"{P}/calibration", lambda s: f"/printers/{s.world.home.north.printer_id}/calibration", _form(cell="A3")
    ),
    Step("POST", f"{P}/capabilities", lambda s: f"/printers/{s.world.home.north.printer_id}/capabilities"),
    Step("POST", f"{P}/certificates", lambda s: f"/printers/{s.world.home.north.printer_id}/certificates"),
    Step(
        "POST",
        f"{P}/pins",
        lambda s: f"/printers/{s.world.home.north.printer_id}/pins",
        _form(fingerprint=DIGEST, reason="new board", compared="true"),
    ),
    Step(
        "POST",
        f"{P}/counter-readings",
        lambda s: f"/printers/{s.world.home.north.printer_id}/counter-readings",
        _form(impressions="7"),
    ),
    Step(
        "POST",
        f"{P}/retirements",
        lambda s: f"/printers/{s.world.home.north.printer_id}/retirements",
        _form(reason="worn out"),
    ),
    Step(
        "POST",
        "/printers/{printer_id}/pauses",
        lambda s: f"/printers/{s.world.home.north.printer_id}/pauses",
        _form(paused="true", reason="toner"),
    ),
    Step("GET", "/keys", lambda s: "/keys", names_object=False),
    Step("GET", "/reconciliation", lambda s: f"/reconciliation?printer_id={s.world.home.north.printer_id}"),
    Step("GET", "/reconciliation.csv", lambda s: f"/reconciliation.csv?printer_id={s.world.home.north.printer_id}"),
    Step(
        "POST",
        "/reconciliation/alarms/{alarm_id}/closings",
        lambda s: f"/reconciliation/alarms/{s.count_alarm}/closings",
        _form(reason="a test page"),
    ),
    Step("GET", "/audit", lambda s: "/audit", names_object=False),
    Step("GET", "/audit/{entry_id}", lambda s: f"/audit/{s.entry}"),
    Step("GET", "/tokens", lambda s: "/tokens", names_object=False),
    Step("POST", "/tokens", lambda s: "/tokens", _form(login="nobody", password="wrong"), names_object=False),
    Step("POST", "/tokens/{token_id}/revocations", lambda s: f"/tokens/{s.token}/revocations"),
    Step("GET", "/passkeys", lambda s: "/passkeys", names_object=False),
    Step("POST", "/passkeys/questions", lambda s: "/passkeys/questions", names_object=False),
    Step("POST", "/passkeys", lambda s: "/passkeys", _form(answer="{}", name="x"), names_object=False),
    Step("POST", "/passkeys/{passkey_id}/names", lambda s: f"/passkeys/{s.passkey}/names", _form(name="x")),
    Step("POST", "/passkeys/{passkey_id}/removals", lambda s: f"/passkeys/{s.passkey}/removals"),
    Step("POST", "/step-up/passkey-questions", lambda s: "/step-up/passkey-questions", names_object=False),
    Step(
        "POST",
        f"{R}/passkey-questions",
        lambda s: f"/requests/{s.pending_request}/passkey-questions?saying=approve",
        DECISION,
    ),
    Step(
        "POST",
        f"{R}/passkey-decisions",
        lambda s: f"/requests/{s.pending_request}/passkey-decisions?saying=approve",
        DECISION,
    ),
    Step("GET", "/notifications", lambda s: "/notifications", names_object=False),
    Step("POST", "/notifications", lambda s: "/notifications", _form(language="zh"), names_object=False),
    Step("GET", "/webhooks", lambda s: "/webhooks", names_object=False),
    Step(
        "POST",
        "/webhooks",
        lambda s: "/webhooks",
        lambda s: {
            "branch_id": str(s.world.home.north.branch_id),
            "name": "ERP",
            "url": "https://erp.example/",
            "types": "copy.void",
        },
    ),
    Step("GET", "/webhooks/{webhook_id}", lambda s: f"/webhooks/{s.webhook}"),
    Step(
        "POST",
        "/webhooks/{webhook_id}",
        lambda s: f"/webhooks/{s.webhook}",
        _form(name="new", url="https://erp.example/", types="copy.void"),
    ),
    Step("POST", "/webhooks/{webhook_id}/states", lambda s: f"/webhooks/{s.webhook}/states", _form(state="paused")),
    Step("POST", "/webhooks/{webhook_id}/secrets", lambda s: f"/webhooks/{s.webhook}/secrets"),
    Step("POST", "/webhooks/{webhook_id}/tests", lambda s: f"/webhooks/{s.webhook}/tests"),
    Step("GET", "/webhook-deliveries/{delivery_id}", lambda s: f"/webhook-deliveries/{s.delivery}"),
    Step(
        "POST",
        "/webhook-deliveries/{delivery_id}/repetitions",
        lambda s: f"/webhook-deliveries/{s.delivery}/repetitions",
    ),
    *PEOPLE_STEPS,
    *EVIDENCE_STEPS,
    *RETENTION_STEPS,
    *IDENTITY_STEPS,
    *INTAKE_STEPS,
    *RETURN_STEPS,
    *ARCHIVE_STEPS,
    *PAPER_STEPS,
    *SEAL_STEPS,
    *STATEMENT_STEPS,
    *REQUEST_STEPS,
    *DOCUMENT_STEPS,
)
PUBLIC: Final = {
    *PUBLIC_CHECK_PAGES,
    ("GET", "/static/{name}"),
    ("GET", "/signing-records/worker.js"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("POST", "/sign-in/passkey-questions"),
    ("POST", "/sign-in/passkeys"),
    ("POST", "/sign-in/code/passkey-questions"),
    ("GET", "/sign-in/single-sign-on"),
    ("GET", "/sign-in/single-sign-on/answer"),
}


def _declarations(world: World) -> dict[tuple[str, str], Declaration]:
    return {
        (method, path): declaration
        for path, methods, declaration in declared_routes(create_app(world.adapters))
        for method in methods
        if not path.startswith(MACHINE_PATHS)
    }


def _roles_with(declaration: Declaration) -> list[Role]:
    return [role for role in Role if not declaration.permissions or GRANTS[role] & set(declaration.permissions)]


def _state(scene: Scene) -> tuple[dict[str, int], int]:
    """Sessions are opened by the visitors of these tests themselves."""
    counts = {table: count for table, count in scene.world.row_counts().items() if table != "web_session"}
    return counts, scene.world.object_count()


def _take(visitor: Visitor, step: Step, scene: Scene) -> Any:
    address = step.address(scene)
    if step.method == "GET":
        return visitor.look(address)
    return visitor.send(address, files=step.files(), **step.form(scene))


def test_every_page_that_names_something_is_visited_and_the_public_ones_are_these(world: World):
    """Strangers and wrong roles ask for all the others, too: test_matrix.py."""
    declarations = _declarations(world)
    assert {route for route, declaration in declarations.items() if declaration.public} == PUBLIC
    visited = {(step.method, step.route) for step in STEPS}
    assert visited <= set(declarations) - PUBLIC
    assert {(method, path) for method, path in set(declarations) - PUBLIC if "{" in path} <= visited


@pytest.mark.parametrize("elsewhere", ["another branch", "another company"])
def test_what_belongs_elsewhere_has_a_page_that_says_not_found(scene_api: ApiClient, scene: Scene, elsewhere: str):
    world = scene.world
    _draft(scene)
    declarations, asked, before = _declarations(world), 0, _state(scene)
    for role in Role:
        for step in STEPS:
            if not step.names_object or role not in _roles_with(declarations[step.method, step.route]):
                continue
            # The log is one for a company: below its head nobody may read it, whatever the entry.
            audit = step.route.startswith("/audit")
            office = world.home.south if elsewhere == "another branch" else world.foreign.north
            office = world.foreign.head if audit and elsewhere == "another company" else office
            answer = _take(Visitor.of(scene_api, role, office), step, scene)
            assert answer.status_code == (403 if audit and elsewhere == "another branch" else 404), (step, role)
            asked += 1
    assert asked > 40
    assert _state(scene) == before
