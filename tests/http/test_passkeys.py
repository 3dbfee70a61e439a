"""Passkeys over HTTP, by an authenticator in software: sign in, step up, decide; and what never works."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from printserver.approvals.device_policy import DevicePolicy, propose_policy
from printserver.approvals.models import Approval
from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statement_states import StatementAction
from printserver.approvals.statements import confirm, move_statement
from printserver.audit.log import By
from printserver.http_edge.step_up import HEADER
from printserver.organisations.models import Passkey as PasskeyRow
from printserver.organisations.models import User, WebSession
from printserver.organisations.permissions import Role
from printserver.organisations.vouched_passkeys import apply_key
from printserver.print_requests.models import PrintRequest
from printserver.seals.models import Seal
from printserver.signing.evidence import claims_json
from printserver.signing.passkey_evidence import verify_passkey_evidence
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.passkey import Passkey
from tests.world import World
from tests.world_building import PASSWORD, SITE

HOST = SITE.removeprefix("http://")
BY_WORKER = By(process="worker")


def passkey_of(number: int = 1) -> Passkey:
    return Passkey(credential_id=b"credential-%d" % number, rp_id=HOST, origin=SITE)


def added(api: ApiClient, role: Role, passkey: Passkey | None = None, *, vouched: bool = True) -> Passkey:
    """A passkey of that person, added on the page."""
    passkey = passkey or passkey_of()
    visitor = Visitor.of(api, role)
    question = visitor.send("/passkeys/questions").json()
    answer = visitor.send("/passkeys", answer=json.dumps(passkey.create(question)), name="phone")
    assert answer.is_success or answer.status_code == 303, answer.text
    if vouched:
        vouch(api.world, passkey)
    return passkey


def vouch(world: World, passkey: Passkey) -> None:
    """As the worker does once the signer has taken the statement up."""
    with world.database.work() as work:
        row = work.session.scalars(
            select(PasskeyRow).where(PasskeyRow.credential_id == passkey.get({"challenge": ""})["id"])
        ).one()
        apply_key(work, BY_WORKER, {"credential_id": row.credential_id})


def stranger(api: ApiClient, path: str, **fields: str) -> httpx.Response:
    answer = api.post(path, headers={"Origin": SITE}, data=fields, follow_redirects=False)
    api.cookies.clear()
    return answer


def sessions(world: World) -> int:
    with world.database.reading() as work:
        return len(work.session.scalars(select(WebSession)).all())


def signed(passkey: Passkey, question: Mapping[str, Any]) -> str:
    return json.dumps({"claims": question["claims"], "credential": passkey.get(question["public_key"])})


def test_a_passkey_is_added_listed_renamed_and_removed(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    question = clerk.send("/passkeys/questions").json()
    assert question["authenticatorSelection"]["userVerification"] == "required"
    page = clerk.send("/passkeys", answer=json.dumps(passkey_of().create(question)), name="my phone")
    codes = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page.text)
    assert page.status_code == 200
    assert len(codes) == 10, "the first second factor brings recovery codes"
    listed = clerk.page("/passkeys")
    assert "my phone" in listed
    assert "waits for two officers" in listed
    assert not re.search(codes[0], listed)
    (path,) = re.findall(r"/passkeys/[0-9a-f-]{36}(?=/names)", listed)
    assert went_to(clerk.send(f"{path}/names", name="key ring")).startswith("/passkeys?")
    assert "key ring" in clerk.page("/passkeys")
    assert went_to(clerk.send(f"{path}/removals")).startswith("/passkeys?")
    assert "You have no passkey yet." in clerk.page("/passkeys")
    assert api.world.events()[-2:] == ["PasskeyRemoved", "StatementMoved"]


def test_who_comes_by_another_address_is_told_where_passkeys_are(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    answer = api.get("/passkeys", headers={**clerk.headers, "Host": "127.0.0.1"})
    assert f'href="{SITE}/passkeys"' in answer.text


def test_a_passkey_signs_in_without_a_name_and_counts_as_a_step_up(api: ApiClient):
    passkey = added(api, Role.CLERK)
    before = sessions(api.world)
    question = stranger(api, "/sign-in/passkey-questions").json()
    assert question["allowCredentials"] == []
    answer = stranger(api, "/sign-in/passkeys", answer=json.dumps(passkey.get(question)), next="/requests")
    assert went_to(answer) == "/requests"
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert api.get("/", headers={"Cookie": cookie}, follow_redirects=False).status_code == 200
    api.cookies.clear()
    assert sessions(api.world) == before + 1
    with api.world.database.reading() as work:
        newest = work.session.scalars(select(WebSession).order_by(WebSession.id.desc())).first()
    assert newest is not None
    assert (newest.factor, newest.factor_shown_at) == ("passkey", api.world.clock.now())


@pytest.mark.parametrize("case", ["unknown", "frozen", "replayed", "old", "another site", "garbage"])
def test_a_passkey_that_does_not_hold_opens_no_session(api: ApiClient, case: str):
    world, passkey = api.world, added(api, Role.CLERK)
    question = stranger(api, "/sign-in/passkey-questions").json()
    answer = json.dumps((passkey_of(9) if case == "unknown" else passkey).get(question))
    if case == "frozen":
        with world.database.work() as work:
            work.session.execute(update(User).where(User.id == world.person(Role.CLERK).id).values(frozen=True))
    if case == "replayed":
        assert stranger(api, "/sign-in/passkeys", answer=answer).status_code == 303
    if case == "old":
        world.clock.advance(301)
    if case == "another site":
        answer = json.dumps(passkey.get(question, origin="https://evil.example"))
    if case == "garbage":
        answer = "{"
    before = sessions(world)
    shown_again(stranger(api, "/sign-in/passkeys", answer=answer), 401)
    assert sessions(world) == before


def test_a_password_alone_opens_nothing_once_there_is_a_passkey(api: ApiClient):
    passkey, login = added(api, Role.CLERK), api.world.person(Role.CLERK).login
    before = sessions(api.world)
    page = stranger(api, "/sign-in", login=login, password=PASSWORD)
    assert page.status_code == 200
    assert sessions(api.world) == before
    (pending,) = set(re.findall(r'name="pending" value="([^"]+)"', page.text))
    assert 'data-question="/sign-in/code/passkey-questions"' in page.text
    question = stranger(api, "/sign-in/code/passkey-questions", pending=pending).json()
    other = added(api, Role.APPROVER, passkey_of(2))
    shown_again(stranger(api, "/sign-in/code", pending=pending, code=json.dumps(other.get(question))), 401)
    question = stranger(api, "/sign-in/code/passkey-questions", pending=pending).json()
    done = stranger(api, "/sign-in/code", pending=pending, code=json.dumps(passkey.get(question)), next="/copies")
    assert went_to(done) == "/copies"
    assert stranger(api, "/sign-in/code/passkey-questions", pending="x~y~z").status_code == 401


def test_a_step_up_is_shown_by_passkey(api: ApiClient):
    passkey, lost = added(api, Role.APPROVER), added(api, Role.APPROVER, passkey_of(2), vouched=False)
    approver = Visitor.of(api, Role.APPROVER)
    (path,) = re.findall(r"/passkeys/[0-9a-f-]{36}/removals", approver.page("/passkeys"))[1:]
    api.world.clock.advance(400)
    assert 'data-answer="step_up_code"' in shown_again(approver.send(path), 403)
    question = approver.send("/step-up/passkey-questions").json()
    stolen = approver.send(path, step_up_code=json.dumps(passkey_of(2).get(question)))
    assert stolen.status_code == 403
    question = approver.send("/step-up/passkey-questions").json()
    done = approver.send(path, step_up_code=json.dumps(passkey.get(question)))
    assert went_to(done).startswith("/passkeys")
    with api.world.database.reading() as work:
        removed = work.session.scalars(select(PasskeyRow).where(PasskeyRow.removed_at.is_not(None))).one()
    assert removed.credential_id == lost.get({"challenge": ""})["id"]


def state(world: World, request_id: UUID) -> str:
    with world.database.reading() as work:
        return work.session.get_one(PrintRequest, request_id).state


def evidence(world: World, request_id: UUID) -> list[str]:
    with world.database.reading() as work:
        rows = select(Approval.evidence).where(Approval.request_id == request_id).order_by(Approval.id)
        return list(work.session.scalars(rows))


def demand_passkeys(world: World) -> None:
    with world.database.work() as work:
        work.session.execute(update(Seal).values(evidence="passkey"))


def test_a_request_is_approved_and_its_seal_confirmed_with_passkeys(api: ApiClient):
    world, request = api.world, api.world.pending()
    digest = world.manifest_sha256(request)
    demand_passkeys(world)
    keys = {}
    for number, (role, saying) in enumerate(((Role.APPROVER, "approve"), (Role.CUSTODIAN, "confirm"))):
        passkey = added(api, role, passkey_of(number))
        keys[passkey.credential_id] = passkey.registered(str(world.person(role).id))
        visitor = Visitor.of(api, role)
        world.clock.advance(400)  # the signature is the step-up, too
        question = visitor.send(f"/requests/{request}/passkey-questions?saying={saying}", manifest_sha256=digest).json()
        world.clock.advance(60)
        done = visitor.send(
            f"/requests/{request}/passkey-decisions?saying={saying}",
            manifest_sha256=digest,
            passkey=signed(passkey, question),
        )
        assert went_to(done).startswith(f"/requests/{request}")
    assert state(world, request) == "approved"
    texts = evidence(world, request)
    claims = [verify_passkey_evidence(text, keys.get) for text in texts]
    assert claims[0].step == "approval"
    assert {one.manifest_sha256 for one in claims} == {digest}


def test_asking_what_is_signed_changes_nothing(api: ApiClient):
    request = api.world.pending()
    added(api, Role.APPROVER)
    approver, digest = Visitor.of(api, Role.APPROVER), api.world.manifest_sha256(request)
    before = api.world.row_counts(), state(api.world, request)
    question = approver.send(f"/requests/{request}/passkey-questions?saying=approve", manifest_sha256=digest)
    assert question.json()["claims"]["manifest_sha256"] == digest
    assert (api.world.row_counts(), state(api.world, request)) == before


@pytest.mark.parametrize(
    "case",
    ["other request", "other saying", "other digest", "changed claims", "too late", "replayed", "not vouched", "plain"],
)
def test_a_decision_that_the_passkey_did_not_sign_is_refused(api: ApiClient, case: str):
    world, request = api.world, api.world.pending()
    other = world.pending()
    digest = world.manifest_sha256(request)
    passkey = added(api, Role.APPROVER, vouched=case != "not vouched")
    approver = Visitor.of(api, Role.APPROVER)
    asked = approver.send(f"/requests/{request}/passkey-questions?saying=approve", manifest_sha256=digest)
    if case == "not vouched":
        assert asked.status_code == 409
        return
    question, target, saying = asked.json(), request, "approve"
    if case == "changed claims":
        question["claims"]["to"] = str(world.person(Role.CUSTODIAN).id)
    text = signed(passkey, question)
    if case == "replayed":
        approver.send(f"/requests/{request}/passkey-decisions?saying=approve", manifest_sha256=digest, passkey=text)
    if case == "other request":
        target, digest = other, world.manifest_sha256(other)
    if case == "other saying":
        saying = "refuse"
    if case == "other digest":
        digest = "0" * 64
    if case == "too late":
        world.clock.advance(301)
    if case == "plain":
        text = ""
    before = len(evidence(world, request)) + len(evidence(world, other))
    refused = approver.send(
        f"/requests/{target}/passkey-decisions?saying={saying}", manifest_sha256=digest, reason="no", passkey=text
    )
    assert refused.status_code in (409, 404), refused.text
    assert len(evidence(world, request)) + len(evidence(world, other)) == before


def test_a_seal_that_demands_passkeys_takes_no_plain_approval(api: ApiClient):
    world, request = api.world, api.world.pending()
    demand_passkeys(world)
    digest = world.manifest_sha256(request)
    answer = api.submit(f"/print-requests/{request}/approvals", Role.APPROVER, json={"manifest_sha256": digest})
    assert (answer.status_code, code_of(answer)) == (409, "passkey-evidence-needed")
    assert evidence(world, request) == []
    refusal = api.submit(
        f"/print-requests/{request}/refusals", Role.APPROVER, json={"manifest_sha256": digest, "reason": "wrong"}
    )
    assert refusal.is_success, "to stop a request no passkey is needed"


def test_a_program_with_an_authenticator_does_the_same(api: ApiClient):
    world, passkey, request = api.world, passkey_of(), api.world.pending()
    question = api.submit("/passkeys/questions", Role.APPROVER).json()["public_key"]
    made = api.submit("/passkeys", Role.APPROVER, json={"name": "token", "credential": passkey.create(question)})
    assert made.status_code == 201, made.text
    vouch(world, passkey)
    (listed,) = api.fetch("/passkeys", Role.APPROVER).json()
    assert (listed["name"], listed["statement_id"]) == ("token", made.json()["statement_id"])
    digest = world.manifest_sha256(request)
    address = f"/print-requests/{request}"
    asked = api.fetch(f"{address}/decision-claims?saying=approve&manifest_sha256={digest}", Role.APPROVER).json()
    body = {
        "saying": "approve",
        "manifest_sha256": digest,
        "claims": asked["claims"],
        "credential": passkey.get(asked["public_key"]),
    }
    assert api.submit(f"{address}/passkey-decisions", Role.CLERK, json=body).status_code == 403
    decided = api.submit(f"{address}/passkey-decisions", Role.APPROVER, json=body)
    assert (decided.status_code, decided.json()["state"]) == (201, "pending-custody")
    (text,) = evidence(world, request)
    key = passkey.registered(str(world.person(Role.APPROVER).id))
    assert claims_json(verify_passkey_evidence(text, lambda _: key)) == asked["claims"]
    passkey_id = listed["id"]
    assert api.ask("PATCH", f"/passkeys/{passkey_id}", Role.APPROVER, json={"name": "x"}).status_code == 204
    assert api.ask("DELETE", f"/passkeys/{passkey_id}", Role.CLERK).status_code == 404
    assert api.ask("DELETE", f"/passkeys/{passkey_id}", Role.APPROVER).status_code == 204
    assert api.fetch("/passkeys", Role.APPROVER).json() == []


def test_a_program_steps_up_by_its_passkey(api: ApiClient):
    passkey = added(api, Role.APPROVER)
    question = api.submit("/passkeys/factor-questions", Role.APPROVER).json()["public_key"]
    done = api.submit("/step-ups", Role.APPROVER, json={"code": json.dumps(passkey.get(question))})
    assert done.is_success, done.text


def ask_for_devices(world: World) -> None:
    """As two officers and the signer do."""
    with world.database.work() as work:
        proposer, other = (
            world.actor(work, role, world.home.head) for role in (Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR)
        )
        wanted = DevicePolicy(decisions="passkey")
        made = propose_policy(work, proposer, world.adapters.attestor, wanted, reason="")
        sha256 = statement_facts(work, made).sha256
        confirm(work, other, world.adapters.attestor, made, sha256=sha256)
        move_statement(work, BY_WORKER, made, StatementAction.REGISTER)


def test_where_devices_are_asked_for_no_seal_takes_a_plain_approval(api: ApiClient):
    world, request = api.world, api.world.pending()
    added(api, Role.APPROVER)
    ask_for_devices(world)
    digest = world.manifest_sha256(request)
    answer = api.submit(f"/print-requests/{request}/approvals", Role.APPROVER, json={"manifest_sha256": digest})
    assert (answer.status_code, code_of(answer)) == (409, "passkey-evidence-needed")
    assert evidence(world, request) == []
    shown = Visitor.of(api, Role.APPROVER).page(f"/requests/{request}")
    assert "passkey-decisions?saying=approve" in shown


def test_where_devices_are_asked_for_a_password_releases_nothing_and_a_passkey_does(api: ApiClient):
    world, request = api.world, api.world.issued()
    passkey = added(api, Role.CLERK, vouched=False)
    ask_for_devices(world)
    clerk, path = Visitor.of(api, Role.CLERK), f"/requests/{request}/releases"
    assert 'data-answer="step_up_code"' in shown_again(clerk.send(path), 403)
    asked = clerk.send(path, step_up_password=PASSWORD)
    assert asked.status_code == 403
    assert "step_up_password" not in asked.text
    assert {copy.state for copy in world.copies(request)} == {"issued"}
    led = replace(clerk, headers={**clerk.headers, "HX-Request": "true"}).send(path)
    assert (led.status_code, led.headers["HX-Redirect"].rpartition("&")[2]) == (403, "needs=passkey")
    shown = clerk.page(led.headers["HX-Redirect"])
    assert "step_up_password" not in shown
    assert 'autocomplete="one-time-code"' not in shown
    question = clerk.send("/step-up/passkey-questions").json()
    assert went_to(clerk.send(path, step_up_code=json.dumps(passkey.get(question)))).startswith(f"/requests/{request}")
    assert {copy.state for copy in world.copies(request)} == {"released"}


def test_where_devices_are_asked_for_a_program_shows_its_passkey_before_it_releases(api: ApiClient):
    world, request = api.world, api.world.issued()
    passkey = added(api, Role.CLERK, vouched=False)
    ask_for_devices(world)
    address = f"/print-requests/{request}/releases"
    refused = api.submit(address, Role.CLERK, json={})
    assert (refused.status_code, refused.json()["needs"]) == (403, "passkey")
    question = api.submit("/passkeys/factor-questions", Role.CLERK).json()["public_key"]
    shown = api.submit("/step-ups", Role.CLERK, json={"code": json.dumps(passkey.get(question))}).json()["step_up"]
    forged = {HEADER: shown.replace("p.", ".")}
    assert api.submit(address, Role.CLERK, json={}, headers=forged, stepped_up=False).status_code == 403
    assert api.submit(address, Role.CLERK, json={}, headers={HEADER: shown}, stepped_up=False).is_success
