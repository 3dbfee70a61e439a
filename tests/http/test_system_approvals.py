"""Approvals of another system (OA) over HTTP: by a registered key, for one person's own step, once."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from printserver.approvals.models import Approval, StatementRow
from printserver.approvals.rules import custody_step
from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statement_states import StatementAction
from printserver.approvals.statements import confirm, move_statement, propose
from printserver.audit.log import By
from printserver.organisations.access import branch_path
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.signing.evidence import Decision, EvidenceClaims, sign_evidence, sign_system_evidence
from printserver.signing.p256 import spki_of
from printserver.signing.statements import StatementKind
from tests.http.api_client import ApiClient, code_of
from tests.world import World


def registered(world: World, kind: StatementKind, body: dict[str, Any]) -> UUID:
    """By two officers, as the worker leaves it once the signer has taken it up."""
    head, attestor = world.home.head, world.adapters.attestor
    with world.database.work() as work:
        statement_id = propose(work, world.actor(work, Role.KEY_OFFICER, head), attestor, kind, body)
        facts = statement_facts(work, statement_id)
        if facts.state == "proposed":
            second = world.actor(work, Role.SEAL_ADMINISTRATOR, head)
            confirm(work, second, attestor, statement_id, sha256=facts.sha256)
        move_statement(work, By(world.home.id, process="tests"), statement_id, StatementAction.REGISTER)
    return statement_id


@dataclass(frozen=True)
class Oa:
    """A system that is registered for the whole organisation."""

    api: ApiClient
    key: ec.EllipticCurvePrivateKey

    @property
    def world(self) -> World:
        return self.api.world

    def claims(self, request_id: UUID, **changes: Any) -> EvidenceClaims:
        """The approver's yes, but for what is changed."""
        made = EvidenceClaims(
            manifest_sha256=self.world.manifest_sha256(request_id),
            request_id=str(request_id),
            person_id=str(self.world.person(Role.APPROVER).id),
            step="approval",
            decision=Decision.APPROVED,
            decided_at=self.world.clock.now().replace(microsecond=0),
            organisation=self.world.home.number,
        )
        return replace(made, **changes)

    def send(self, request_id: UUID, claims: EvidenceClaims, system_id: str = "oa", **more: Any) -> httpx.Response:
        return self.send_text(request_id, sign_system_evidence(claims, self.key, system_id=system_id), **more)

    def send_text(self, request_id: UUID, evidence: str, **more: Any) -> httpx.Response:
        path = f"/print-requests/{request_id}/system-approvals"
        return self.api.submit(path, Role.CLERK, json={"evidence": evidence, **more})

    def refuses(self, answer: httpx.Response, status: int, code: str) -> None:
        assert (answer.status_code, code_of(answer)) == (status, code), answer.text
        with self.world.database.reading() as work:
            assert work.session.scalars(select(Approval)).all() == []


@pytest.fixture
def oa(api: ApiClient) -> Oa:
    world, key = api.world, ec.generate_private_key(ec.SECP256R1())
    with world.database.reading() as work:
        path = branch_path(work, world.home.head.branch_id)
    spki = base64.urlsafe_b64encode(spki_of(key.public_key())).rstrip(b"=").decode()
    registered(world, StatementKind.SYSTEM, {"system_id": "oa", "name": "OA", "spki": spki, "paths": [path]})
    return Oa(api, key)


def test_a_person_approves_in_the_other_system_and_the_signed_words_are_kept(oa: Oa):
    request_id = oa.world.pending()
    answer = oa.send(request_id, oa.claims(request_id), reason="OA-7")
    assert (answer.status_code, answer.json()["state"]) == (201, "pending-custody"), answer.text
    with oa.world.database.reading() as work:
        (kept,) = work.session.scalars(select(Approval)).all()
    assert (kept.kind, kept.person_id, kept.reason) == ("system", oa.world.person(Role.APPROVER).id, "OA-7")
    details = oa.api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()
    assert [each["kind"] for each in details["decisions"]] == ["system"]
    again = oa.send(request_id, oa.claims(request_id))
    assert again.status_code == 409


def test_a_refusal_in_the_other_system_ends_the_request(oa: Oa):
    request_id = oa.world.pending()
    answer = oa.send(request_id, oa.claims(request_id, decision=Decision.REFUSED), reason="too dear")
    assert (answer.status_code, answer.json()["state"]) == (201, "refused")
    assert "refused" in oa.api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["decisions"][0]["decision"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"manifest_sha256": "ab" * 32}, "manifest-changed"),
        ({"request_id": "01a205b7-0000-7000-8000-000000000000"}, "evidence-not-fitting"),
        ({"organisation": 2}, "evidence-not-fitting"),
        ({"step": "board"}, "evidence-not-fitting"),
        ({"person_id": "nobody"}, "evidence-not-fitting"),
    ],
)
def test_words_about_something_else_decide_nothing(oa: Oa, changes: dict[str, Any], code: str):
    request_id = oa.world.pending()
    oa.refuses(oa.send(request_id, replace(oa.claims(request_id), **changes)), 409, code)


@pytest.mark.parametrize("late", [timedelta(minutes=-11), timedelta(minutes=11)])
def test_words_of_long_ago_or_of_tomorrow_decide_nothing(oa: Oa, late: timedelta):
    request_id = oa.world.pending()
    claims = oa.claims(request_id)
    late_ones = replace(claims, decided_at=claims.decided_at + late)
    oa.refuses(oa.send(request_id, late_ones), 409, "evidence-not-fitting")


def test_the_other_system_says_nothing_for_custodians_applicants_or_strangers(oa: Oa):
    world, request_id = oa.world, oa.world.pending()
    custody = oa.claims(request_id, step=custody_step(world.home.north.seal_id))
    oa.refuses(oa.send(request_id, custody), 409, "evidence-not-fitting")
    clerk = oa.claims(request_id, person_id=str(world.person(Role.CLERK).id))
    assert oa.send(request_id, clerk).status_code in (404, 409)
    stranger = oa.claims(request_id, person_id=str(world.person(Role.APPROVER, world.foreign.north).id))
    assert oa.send(request_id, stranger).status_code in (404, 409)
    elsewhere = oa.claims(request_id, person_id=str(world.person(Role.APPROVER, world.home.south).id))
    oa.refuses(oa.send(request_id, elsewhere), 404, "not-found")


def test_only_a_registered_key_speaks_and_none_once_it_was_struck_off(oa: Oa):
    world, request_id = oa.world, oa.world.pending()
    other = replace(oa, key=ec.generate_private_key(ec.SECP256R1()))
    oa.refuses(other.send(request_id, oa.claims(request_id)), 409, "evidence-not-fitting")
    oa.refuses(oa.send(request_id, oa.claims(request_id), "erp"), 409, "evidence-not-fitting")
    attested = sign_evidence(oa.claims(request_id), world.adapters.attestor.key)
    for text in (attested, "a.b.c", "x" * 8_000):
        oa.refuses(oa.send_text(request_id, text), 409, "evidence-not-fitting")
    registered(world, StatementKind.UNSYSTEM, {"system_id": "oa"})
    oa.refuses(oa.send(request_id, oa.claims(request_id)), 409, "evidence-not-fitting")


def test_a_broken_row_of_a_system_silences_no_other(oa: Oa):
    """And the broken one itself is heard no longer; the signer has its own register."""
    world, request_id = oa.world, oa.world.pending()
    broken = registered(world, StatementKind.UNSYSTEM, {"system_id": "erp"})
    with world.database.work() as work:
        nonsense = update(StatementRow).where(StatementRow.id == broken)
        work.session.execute(nonsense.values(body={"system_id": ["oa"]}))
    assert oa.send(request_id, oa.claims(request_id)).status_code == 201


def test_rows_that_are_not_the_manifest_take_no_decision_and_show_nothing(oa: Oa):
    """Not by the other system, not by a person's program, and neither are shown the changed words."""
    world, request_id = oa.world, oa.world.pending()
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        work.session.execute(update(PrintRequest).where(PrintRequest.id == request_id).values(title="a birthday card"))
    oa.refuses(oa.send(request_id, oa.claims(request_id)), 409, "rows-differ")
    body = {"manifest_sha256": digest}
    oa.refuses(oa.api.submit(f"/print-requests/{request_id}/approvals", Role.APPROVER, json=body), 409, "rows-differ")
    shown = oa.api.fetch(f"/print-requests/{request_id}", Role.APPROVER)
    assert (shown.status_code, code_of(shown)) == (409, "rows-differ")
    assert "birthday" not in shown.text
    refused = {**body, "reason": "something is wrong here"}
    answer = oa.api.submit(f"/print-requests/{request_id}/refusals", Role.APPROVER, json=refused)
    assert answer.json()["state"] == "refused"
