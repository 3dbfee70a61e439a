"""What belongs to other branches and companies is found by nobody; a server with a forgotten route does not start."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter

from printserver.app import create_app
from printserver.http_edge.declarations import Declaration, Lane, UndeclaredEndpoint, declaration_of, public, requires
from printserver.http_edge.problems import MACHINE_PATHS
from printserver.http_edge.routes import check_routes, declared_routes, edge_router
from printserver.organisations.permissions import GRANTS, Permission, Role
from tests.http.api_client import ApiClient, wish_at
from tests.http.archive_visits import ARCHIVE_VISITS
from tests.http.document_visits import DOCUMENT_VISITS
from tests.http.evidence_visits import EVIDENCE_VISITS
from tests.http.identity_visits import IDENTITY_VISITS
from tests.http.intake_visits import INTAKE_VISITS
from tests.http.paper_visits import PAPER_VISITS
from tests.http.passkey_visits import PASSKEY_VISITS
from tests.http.people_visits import PEOPLE_VISITS
from tests.http.request_visits import REQUEST_VISITS
from tests.http.retention_visits import RETENTION_VISITS
from tests.http.return_visits import RETURN_VISITS
from tests.http.scene import Scene
from tests.http.seal_visits import SEAL_VISITS
from tests.http.statement_visits import STATEMENT_VISITS
from tests.http.verification_visits import PUBLIC_CHECKS
from tests.http.visit import NOT_THERE_YET, Options, Visit, concerns_all, takes_away
from tests.world import World
from tests.world_building import PASSWORD

DIGEST: Final = "0" * 64


def _json(**body: Any) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _application(scene: Scene) -> Options:
    return {
        "headers": {"Idempotency-Key": uuid4().hex},
        "data": {"application": json.dumps(wish_at(scene.world.home.north))},
        "files": {"document": ("c.pdf", b"%PDF-1.7", "application/pdf")},
    }


def _printer(scene: Scene) -> UUID:
    return scene.world.home.north.printer_id


def _enrolment(scene: Scene) -> Options:
    named = {"name": "new", "location": "here", "branch_id": str(scene.world.home.north.branch_id)}
    return {"json": {"uri": NO_PRINTER, "fingerprint": DIGEST, **named}}


def _webhook(scene: Scene) -> Options:
    branch_id = str(scene.world.home.north.branch_id)
    return {"json": {"branch_id": branch_id, "name": "ERP", "url": "https://erp.example/", "types": ["copy.void"]}}


R: Final = "/print-requests/{request_id}"
P: Final = "/printers/{printer_id}"
NO_PRINTER: Final = "ipps://localhost:1/ipp/print"
DECISION: Final = _json(manifest_sha256=DIGEST, reason="because")
VISITS: Final = (
    Visit("GET", "/tokens", lambda s: "/tokens", names_object=False),
    Visit("DELETE", "/tokens/{token_id}", lambda s: f"/tokens/{s.token}"),
    Visit("GET", "/me/sessions", lambda s: "/me/sessions", names_object=False),
    Visit("DELETE", "/me/sessions/{session_id}", lambda s: f"/me/sessions/{s.session}"),
    Visit("DELETE", "/me/sessions", lambda s: "/me/sessions", names_object=False),
    Visit("GET", "/me/second-factor", lambda s: "/me/second-factor", names_object=False),
    Visit("POST", "/me/second-factor/seeds", lambda s: "/me/second-factor/seeds", names_object=False),
    Visit(
        "POST",
        "/me/second-factor/confirmations",
        lambda s: "/me/second-factor/confirmations",
        _json(code="000000"),
        names_object=False,
    ),
    Visit("DELETE", "/me/second-factor", lambda s: "/me/second-factor", names_object=False),
    Visit("POST", "/me/recovery-codes", lambda s: "/me/recovery-codes", names_object=False),
    Visit("POST", "/step-ups", lambda s: "/step-ups", _json(password=PASSWORD), names_object=False),
    Visit("GET", "/service-accounts", lambda s: "/service-accounts", names_object=False),
    Visit(
        "POST",
        "/service-accounts",
        lambda s: "/service-accounts",
        lambda s: {"json": {"name": "ERP", "branch_id": str(s.world.home.north.branch_id), "roles": ["clerk"]}},
    ),
    Visit("GET", "/service-accounts/{account_id}", lambda s: f"/service-accounts/{s.service_account}"),
    Visit(
        "POST",
        "/service-accounts/{account_id}/tokens",
        lambda s: f"/service-accounts/{s.service_account}/tokens",
        _json(scopes=["read-requests"]),
    ),
    Visit(
        "DELETE",
        "/service-accounts/{account_id}/tokens/{token_id}",
        lambda s: f"/service-accounts/{s.service_account}/tokens/{s.service_token}",
    ),
    Visit("DELETE", "/service-accounts/{account_id}", lambda s: f"/service-accounts/{s.service_account}"),
    Visit("GET", "/access-resets", lambda s: "/access-resets", names_object=False),
    Visit(
        "POST",
        "/access-resets",
        lambda s: "/access-resets",
        lambda s: {"json": {"person_id": str(s.world.person(Role.ARCHIVIST).id), "reason": "forgotten"}},
    ),
    Visit(
        "POST",
        "/access-resets/{reset_id}/completions",
        lambda s: f"/access-resets/{s.access_reset}/completions",
    ),
    Visit("GET", "/me", lambda s: "/me", names_object=False),
    Visit("GET", "/seals", lambda s: "/seals", names_object=False),
    Visit("GET", "/printers", lambda s: "/printers", names_object=False),
    Visit(
        "POST", "/printers/certificates", lambda s: "/printers/certificates", _json(uri=NO_PRINTER), names_object=False
    ),
    Visit("POST", "/printers", lambda s: "/printers", _enrolment),
    Visit("GET", P, lambda s: f"/printers/{_printer(s)}"),
    Visit("PATCH", P, lambda s: f"/printers/{_printer(s)}", _json(location="third floor")),
    Visit("POST", f"{P}/pins", lambda s: f"/printers/{_printer(s)}/pins", _json(fingerprint=DIGEST, reason="new")),
    Visit("POST", f"{P}/retirements", lambda s: f"/printers/{_printer(s)}/retirements", _json(reason="worn out")),
    Visit("POST", f"{P}/capabilities", lambda s: f"/printers/{_printer(s)}/capabilities"),
    Visit("GET", f"{P}/calibration", lambda s: f"/printers/{_printer(s)}/calibration"),
    Visit("PUT", f"{P}/calibration", lambda s: f"/printers/{_printer(s)}/calibration", _json(cell="A3")),
    Visit("GET", f"{P}/calibration-sheet.pdf", lambda s: f"/printers/{_printer(s)}/calibration-sheet.pdf"),
    Visit("GET", f"{P}/status", lambda s: f"/printers/{_printer(s)}/status"),
    Visit("GET", f"{P}/counter-readings", lambda s: f"/printers/{_printer(s)}/counter-readings"),
    Visit(
        "POST",
        f"{P}/counter-readings",
        lambda s: f"/printers/{_printer(s)}/counter-readings",
        _json(impressions=1000),
    ),
    Visit(
        "POST",
        "/printers/{printer_id}/pauses",
        lambda s: f"/printers/{s.world.home.north.printer_id}/pauses",
        _json(paused=True, reason="toner"),
    ),
    Visit("POST", "/print-requests", lambda s: "/print-requests", _application),
    Visit("GET", "/print-requests", lambda s: "/print-requests", names_object=False),
    Visit("GET", R, lambda s: f"/print-requests/{s.pending_request}"),
    Visit("GET", f"{R}/process-sheet.pdf", lambda s: f"/print-requests/{s.pending_request}/process-sheet.pdf"),
    Visit("GET", f"{R}/manifest", lambda s: f"/print-requests/{s.pending_request}/manifest"),
    Visit(
        "GET",
        f"{R}/copies/{{number}}/pages/{{page}}/image",
        lambda s: f"/print-requests/{s.pending_request}/copies/1/pages/1/image",
    ),
    Visit(
        "GET",
        "/printers/{printer_id}/release-queue",
        lambda s: f"/printers/{s.world.home.north.printer_id}/release-queue",
    ),
    Visit("POST", f"{R}/release-codes", lambda s: f"/print-requests/{s.issued_request}/release-codes"),
    Visit("POST", f"{R}/releases", lambda s: f"/print-requests/{s.issued_request}/releases", _json()),
    Visit("POST", "/releases", lambda s: "/releases", lambda s: {"json": {"copy_ids": [str(s.issued_copy)]}}),
    Visit("GET", "/approvals/waiting", lambda s: "/approvals/waiting", names_object=False),
    Visit("POST", f"{R}/approvals", lambda s: f"/print-requests/{s.pending_request}/approvals", DECISION),
    Visit(
        "POST",
        f"{R}/seal-use-confirmations",
        lambda s: f"/print-requests/{s.request_in_custody}/seal-use-confirmations",
        DECISION,
    ),
    Visit("POST", f"{R}/refusals", lambda s: f"/print-requests/{s.pending_request}/refusals", DECISION),
    Visit("POST", f"{R}/withdrawals", lambda s: f"/print-requests/{s.pending_request}/withdrawals", _json()),
    Visit("GET", "/copies", lambda s: "/copies", names_object=False),
    Visit("GET", "/copies/{copy_id}", lambda s: f"/copies/{s.issued_copy}"),
    Visit(
        "POST",
        "/copies/{copy_id}/settlements",
        lambda s: f"/copies/{s.unknown_copy}/settlements",
        _json(settlement="seen", reason="it lies here"),
    ),
    Visit(
        "POST", "/copies/{copy_id}/voidings", lambda s: f"/copies/{s.issued_copy}/voidings", _json(reason="wrong paper")
    ),
    Visit(
        "POST",
        "/copies/{copy_id}/loss-confirmations",
        lambda s: f"/copies/{s.void_copy}/loss-confirmations",
        _json(reason="I saw the shreds"),
    ),
    Visit("POST", "/copies/{copy_id}/give-ups", lambda s: f"/copies/{s.issued_copy}/give-ups", _json(reason="burnt")),
    Visit("POST", "/copies/{copy_id}/recalls", lambda s: f"/copies/{s.issued_copy}/recalls", _json(reason="too soon")),
    Visit("GET", "/copies/{copy_id}/notices", lambda s: f"/copies/{s.void_copy}/notices"),
    Visit(
        "POST",
        "/copies/{copy_id}/notices",
        lambda s: f"/copies/{s.void_copy}/notices",
        _json(kind="void", holder="the other party", channel="phone", delivered_at="2026-11-22T09:00:00Z"),
    ),
    Visit("GET", "/copies/{copy_id}/seals", lambda s: f"/copies/{s.issued_copy}/seals"),
    Visit(
        "GET", "/copies/{copy_id}/seals/{position}/signature", lambda s: f"/copies/{s.issued_copy}/seals/1/signature"
    ),
    Visit("GET", "/copies/{copy_id}/notice.pdf", lambda s: f"/copies/{s.void_copy}/notice.pdf"),
    Visit("POST", "/copies/{copy_id}/replacements", lambda s: f"/copies/{s.void_copy}/replacements"),
    Visit("GET", "/reconciliation", lambda s: f"/reconciliation?printer_id={s.world.home.north.printer_id}"),
    Visit("GET", "/reconciliation.csv", lambda s: f"/reconciliation.csv?printer_id={s.world.home.north.printer_id}"),
    Visit("GET", "/count-alarms", lambda s: f"/count-alarms?printer_id={s.world.home.north.printer_id}"),
    Visit(
        "POST",
        "/count-alarms/{alarm_id}/closings",
        lambda s: f"/count-alarms/{s.count_alarm}/closings",
        _json(reason="a test page"),
    ),
    Visit("GET", "/archive", lambda s: "/archive", names_object=False),
    Visit("GET", "/archive/{record_id}", lambda s: f"/archive/{s.archive_record}"),
    Visit("GET", "/archive/{record_id}/issued.pdf", lambda s: f"/archive/{s.archive_record}/issued.pdf"),
    Visit("GET", "/archive/{record_id}/scan", lambda s: f"/archive/{s.archive_record}/scan"),
    Visit("GET", "/archive/{record_id}/pages/{page}/image", lambda s: f"/archive/{s.archive_record}/pages/1/image"),
    Visit(
        "GET",
        "/archive/{record_id}/pages/{page}/issued-image",
        lambda s: f"/archive/{s.archive_record}/pages/1/issued-image",
    ),
    Visit("GET", "/keys", lambda s: "/keys", names_object=False),
    Visit("GET", "/audit/entries", lambda s: "/audit/entries", names_object=False),
    Visit("GET", "/audit/entries/{entry_id}", lambda s: f"/audit/entries/{s.entry}"),
    Visit("GET", "/audit/entries/{entry_id}/proof", lambda s: f"/audit/entries/{s.entry}/proof"),
    *PASSKEY_VISITS,
    *PEOPLE_VISITS,
    *EVIDENCE_VISITS,
    *RETENTION_VISITS,
    *IDENTITY_VISITS,
    *INTAKE_VISITS,
    *RETURN_VISITS,
    *ARCHIVE_VISITS,
    *PAPER_VISITS,
    *STATEMENT_VISITS,
    *SEAL_VISITS,
    *REQUEST_VISITS,
    *DOCUMENT_VISITS,
    Visit("GET", "/webhooks/event-types", lambda s: "/webhooks/event-types", names_object=False),
    Visit("GET", "/webhooks", lambda s: "/webhooks", names_object=False),
    Visit("POST", "/webhooks", lambda s: "/webhooks", _webhook),
    Visit("GET", "/webhooks/{webhook_id}", lambda s: f"/webhooks/{s.webhook}"),
    Visit("PATCH", "/webhooks/{webhook_id}", lambda s: f"/webhooks/{s.webhook}", _json(name="new")),
    Visit("DELETE", "/webhooks/{webhook_id}", lambda s: f"/webhooks/{s.webhook}"),
    Visit("POST", "/webhooks/{webhook_id}/secrets", lambda s: f"/webhooks/{s.webhook}/secrets"),
    Visit("POST", "/webhooks/{webhook_id}/tests", lambda s: f"/webhooks/{s.webhook}/tests"),
    Visit("GET", "/webhooks/{webhook_id}/deliveries", lambda s: f"/webhooks/{s.webhook}/deliveries"),
    Visit("GET", "/webhook-deliveries/{delivery_id}", lambda s: f"/webhook-deliveries/{s.delivery}"),
    Visit(
        "POST",
        "/webhook-deliveries/{delivery_id}/repetitions",
        lambda s: f"/webhook-deliveries/{s.delivery}/repetitions",
    ),
    Visit("GET", "/me/notifications", lambda s: "/me/notifications", names_object=False),
    Visit(
        "PUT",
        "/me/notifications",
        lambda s: "/me/notifications",
        _json(email="", language="zh", unwanted=[]),
        names_object=False,
    ),
)
PUBLIC: Final = {
    ("POST", "/api/v1/tokens"),
    ("POST", "/api/v1/passwords"),
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/openapi.json"),
    *PUBLIC_CHECKS,
    ("GET", "/.well-known/print-root.crl"),
    ("POST", "/tsa"),
}


def _declarations(world: World) -> dict[tuple[str, str], Declaration]:
    """Of what serves programs; pages have tests of their own."""
    routes = declared_routes(create_app(world.adapters))
    return {
        (method, path): declaration
        for path, methods, declaration in routes
        for method in methods
        if path.startswith(MACHINE_PATHS)
    }


def _roles_with(declaration: Declaration) -> list[Role]:
    return [role for role in Role if not declaration.permissions or GRANTS[role] & set(declaration.permissions)]


def test_every_route_that_names_something_is_visited_and_the_public_ones_are_these(world: World):
    """Strangers and wrong roles ask for all the others, too: test_matrix.py."""
    declarations = _declarations(world)
    assert {route for route, declaration in declarations.items() if declaration.public} == PUBLIC
    visited = {(visit.method, f"/api/v1{visit.route}") for visit in VISITS}
    assert visited <= set(declarations) - PUBLIC
    assert {(method, path) for method, path in set(declarations) - PUBLIC if "{" in path} <= visited


@pytest.mark.parametrize("elsewhere", ["another branch", "another company"])
def test_what_belongs_elsewhere_is_not_found_and_stays_as_it_is(scene_api: ApiClient, scene: Scene, elsewhere: str):
    world = scene.world
    declarations, asked = _declarations(world), 0
    before = world.row_counts(), world.object_count()
    for visit in (each for each in VISITS if each.names_object):
        for role in _roles_with(declarations[visit.method, f"/api/v1{visit.route}"]):
            audit = visit.route.startswith("/audit")
            # The log is one for a company: below its head nobody may read it, whatever the entry.
            office = world.home.south if elsewhere == "another branch" else world.foreign.north
            office = world.foreign.head if audit and elsewhere == "another company" else office
            answer = scene_api.ask(visit.method, visit.address(scene), role, office, **visit.options(scene))
            expected = 403 if audit and elsewhere == "another branch" else 404
            assert answer.status_code == expected, (visit, role, answer.text)
            asked += 1
    assert asked > 40
    assert (world.row_counts(), world.object_count()) == before


def test_lists_show_nothing_of_other_branches_or_companies(scene_api: ApiClient, scene: Scene):
    world = scene.world
    lists = {
        "/print-requests": Role.CLERK,
        "/approvals/waiting": Role.APPROVER,
        "/copies": Role.CLERK,
        "/returns": Role.ARCHIVIST,
        "/returns/doubtful": Role.ARCHIVIST,
        "/quarantined-scans": Role.ARCHIVIST,
        "/intake-channels": Role.ARCHIVIST,
        "/archive": Role.ARCHIVIST,
    }
    for address, role in lists.items():
        for office, some in ((world.home.north, True), (world.home.south, False), (world.foreign.head, False)):
            listed = scene_api.fetch(address, role, office).json()
            assert bool(listed["items"] if isinstance(listed, dict) else listed) is some, (address, office)
    for address in ("/seals", "/printers"):
        own, foreign = (
            {each["id"] for each in scene_api.fetch(address, Role.CLERK, office).json()}
            for office in (world.home.head, world.foreign.head)
        )
        assert len(own) == len(foreign) == 3
        assert own & foreign == set()


def test_the_auditor_of_a_company_reads_its_log_and_no_other(scene_api: ApiClient, scene: Scene):
    world = scene.world
    for company in (world.home, world.foreign):
        entries = scene_api.fetch("/audit/entries?limit=200", Role.AUDITOR, company.head).json()["items"]
        assert {entry["organisation_id"] for entry in entries} == {str(company.id)}
    assert scene_api.fetch("/audit/entries", Role.AUDITOR, world.home.north).status_code == 403


def test_a_server_with_a_forgotten_route_does_not_start(world: World):
    app = create_app(world.adapters)
    bare = APIRouter()
    bare.get("/forgotten")(lambda: "open to the world")
    app.include_router(bare)
    with pytest.raises(UndeclaredEndpoint, match="/forgotten"):
        check_routes(app)


def test_an_endpoint_that_declares_nothing_is_no_route():
    with pytest.raises(UndeclaredEndpoint):
        edge_router("/x", "x").get("")(lambda: "nothing")
    with pytest.raises(UndeclaredEndpoint):
        public("  ")
    with pytest.raises(UndeclaredEndpoint):
        public("a picture for anybody", lane=Lane.DRAWING)


def test_a_declaration_admits_any_of_its_permissions():
    @requires(Permission.READ_AUDIT, Permission.READ_SEALS)
    def endpoint() -> None: ...

    assert declaration_of(endpoint).permissions == (Permission.READ_AUDIT, Permission.READ_SEALS)


def test_the_right_people_are_admitted_to_every_one_of_these_addresses(scene_api: ApiClient, scene: Scene):
    """So that a 404 above is about whose it is, never about a wrong address."""
    declarations = _declarations(scene.world)
    for visit in sorted(VISITS, key=takes_away):
        roles = _roles_with(declarations[visit.method, f"/api/v1{visit.route}"])
        office = scene.world.home.head if concerns_all(visit) else scene.world.home.north
        answers = [
            scene_api.ask(visit.method, visit.address(scene), role, office, **visit.options(scene)) for role in roles
        ]
        codes = {answer.json()["code"] for answer in answers if not answer.is_success}
        admitted = [answer for answer in answers if answer.status_code not in (401, 403, 404)]
        assert admitted or codes in NOT_THERE_YET, (visit, codes)
