"""Proofs of identity and key media on pages and by API: handed in, checked, seen on record, lost, confirmed by two."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select

from printserver.approvals.models import StatementRow
from printserver.organisations.identity_proof_policy import PolicyFacts, set_policy
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, code_of
from tests.http.identity_things import CITIZEN, identity_at
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.http.passkey_things import passkey_at
from tests.key_wrapping import SoftwareKeyWrapper
from tests.world import World

CARD = {"document": "resident-id", "name": "李四", "number": CITIZEN}


@pytest.fixture
def keys(world: World) -> SoftwareKeyWrapper:
    """In the signer's place."""
    wrapper = SoftwareKeyWrapper()
    world.adapters.__dict__["signer"] = wrapper
    return wrapper


def picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), "white").save(written, "JPEG")
    return written.getvalue()


def card() -> Any:
    return {"evidence": ("front.jpg", picture(), "image/jpeg")}


def mine(world: World, role: Role = Role.CLERK) -> str:
    return f"person:{world.person(role).id}"


def handed_in(visitor: Visitor, world: World) -> str:
    """The path of the clerk's proof."""
    answer = visitor.send("/identity", files=card(), whose=mine(world), **CARD)
    return went_to(answer).partition("?")[0]


@pytest.mark.usefixtures("keys")
def test_a_proof_is_handed_in_checked_and_shown_on_the_persons_page(api: ApiClient, world: World):
    clerk, administrator = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.SYSTEM_ADMINISTRATOR)
    assert "identity not proved" in administrator.page(f"/people/{world.person(Role.CLERK).id}")
    path = handed_in(clerk, world)
    assert 'value="verify"' not in clerk.page(path)
    assert path in administrator.page("/identity")
    assert "not the name here" in administrator.page(path)
    said = administrator.send(f"{path}/steps", action="verify", method="register", remark="looked it up")
    assert went_to(said).startswith(path)
    page = administrator.page(path)
    assert CITIZEN not in page
    assert "1101**********002X" in page
    assert "against an official register" in page
    assert "identity proved" in administrator.page(f"/people/{world.person(Role.CLERK).id}")
    refused = administrator.send(f"{path}/steps", action="verify", method="register")
    shown_again(refused, 409)


def test_number_and_evidence_are_seen_inside_the_page_and_on_record(
    api: ApiClient, world: World, keys: SoftwareKeyWrapper
):
    clerk, administrator = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.SYSTEM_ADMINISTRATOR)
    path = handed_in(clerk, world)
    evidence = first(r'action="(/identity/[^"]+/evidence/[^"]+)"', administrator.page(path))
    before = world.events().count("IdentityViewed")
    seen = administrator.send(f"{path}/number")
    assert seen.headers["cache-control"] == "no-store"
    assert CITIZEN in shown_again(seen, 200)
    assert "data:image/webp;base64," in shown_again(administrator.send(evidence), 200)
    assert world.events().count("IdentityViewed") == before + 2
    assert {belongs.kind for _what, belongs in keys.asked} == {"identity-number", "identity-evidence"}
    keys.away = True
    assert administrator.send(f"{path}/number").status_code == 503


@pytest.mark.usefixtures("keys")
def test_what_was_typed_stays_beside_what_was_refused(api: ApiClient, world: World):
    clerk = Visitor.of(api, Role.CLERK)
    answer = clerk.send("/identity", files=card(), whose=mine(world), **{**CARD, "number": "110105194912310021"})
    page = shown_again(answer, 422)
    assert "typing error" in page
    assert "李四" in page
    no_picture = clerk.send("/identity", whose=mine(world), **CARD)
    assert "1 to 6 pictures" in shown_again(no_picture, 422)
    text = {"evidence": ("x.txt", b"hello", "text/plain")}
    shown_again(clerk.send("/identity", files=text, whose=mine(world), **CARD), 422)
    somebody = clerk.send("/identity", files=card(), whose=mine(world, Role.APPROVER), **CARD)
    assert somebody.status_code == 404


@pytest.mark.usefixtures("keys")
def test_a_program_hands_in_and_reads_by_api(api: ApiClient):
    files = {"evidence": ("front.jpg", picture(), "image/jpeg")}
    made = api.submit("/identity-proofs", Role.CLERK, data={"proof": json.dumps(CARD)}, files=files)
    assert made.status_code == 201, made.text
    proof_id, evidence_id = made.json()["proof"]["id"], made.json()["evidence"][0]["id"]
    assert made.json()["proof"]["number_masked"] == "1101**********002X"
    address = f"/identity-proofs/{proof_id}"
    assert code_of(api.submit(f"{address}/steps", Role.CLERK, json={"action": "verify", "method": "video"})) == (
        "not-by-the-same-person"
    )
    checked = api.submit(f"{address}/steps", Role.SYSTEM_ADMINISTRATOR, json={"action": "verify", "method": "video"})
    assert (checked.json()["proof"]["state"], checked.json()["proof"]["counts"]) == ("verified", True)
    number = api.submit(f"{address}/number-viewings", Role.SYSTEM_ADMINISTRATOR)
    assert number.json() == {"number": CITIZEN}
    file = api.submit(f"{address}/evidence/{evidence_id}/viewings", Role.SYSTEM_ADMINISTRATOR)
    assert file.content.startswith(b"%PDF-")
    assert code_of(api.submit(f"{address}/erasure-wishes", Role.SYSTEM_ADMINISTRATOR)) == "transition-refused"
    listed = api.fetch("/identity-proofs", Role.CLERK).json()["items"]
    assert [each["id"] for each in listed] == [proof_id]
    unsure = api.submit(f"{address}/number-viewings", Role.CLERK, stepped_up=False)
    assert code_of(unsure) == "step-up-needed"


def test_a_role_that_helps_to_seal_needs_a_proof_where_the_policy_asks_for_it(api: ApiClient, world: World):
    administrator = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR, world.home.head)
    fields = {"binding_roles": "true", "recheck_days": "180", "retention_days": "0"}
    assert went_to(administrator.send("/identity/policy", **fields)).startswith("/identity/policy")
    person, north = world.person(Role.ARCHIVIST).id, str(world.home.north.branch_id)
    answer = administrator.send(f"/people/{person}/rights", branch_id=north, role="approver")
    assert "identity is not proved of" in shown_again(answer, 409)
    elsewhere = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR)
    assert elsewhere.send("/identity/policy", **fields).status_code == 409
    shown_again(administrator.send("/identity/policy", recheck_days="0", retention_days="x"), 422)


def test_a_deputy_who_would_help_to_seal_needs_a_proof_as_well(api: ApiClient, world: World):
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR, world.home.head)
        set_policy(work, actor, PolicyFacts(binding_roles=True))
    days = {"since": "2026-12-01T00:00:00Z", "until": "2026-12-05T00:00:00Z"}
    wish = {"deputy_id": str(world.person(Role.ARCHIVIST).id), "role": "approver", **days}
    before = world.row_counts()
    assert code_of(api.submit("/delegations", Role.APPROVER, json=wish)) == "identity-not-proved"
    assert world.row_counts() == before


def test_a_seal_needs_proved_custodians_where_the_policy_asks_for_it(api: ApiClient, world: World):
    with world.database.work() as work:
        actor = world.actor(work, Role.SYSTEM_ADMINISTRATOR, world.home.head)
        set_policy(work, actor, PolicyFacts(custodians=True))
    wish = {
        "type": "company",
        "name": "北方公司",
        "branch_id": str(world.home.north.branch_id),
        "custodians": [str(world.person(Role.CUSTODIAN).id)],
        "valid_from": "2026-11-01T00:00:00Z",
        "valid_until": "2028-11-01T00:00:00Z",
    }
    assert code_of(api.submit("/seals", Role.SEAL_ADMINISTRATOR, json=wish)) == "identity-not-proved"
    page = Visitor.of(api, Role.SEAL_ADMINISTRATOR).page("/seals/new")
    assert "Identity not proved yet:" in page


def test_a_medium_goes_from_the_application_to_the_ledger(api: ApiClient, world: World):
    clerk, administrator = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.SYSTEM_ADMINISTRATOR)
    holder = str(world.person(Role.CLERK).id)
    path = went_to(clerk.send("/media", holder_id=holder, kind="usb-key", purpose="tax office")).partition("?")[0]
    assert 'value="approve"' not in clerk.page(path)
    for fields in ({"action": "approve"}, {"action": "hand-out", "maker": "Feitian", "serial_number": "K-9"}):
        went_to(administrator.send(f"{path}/steps", **fields))
    assert "I have received this medium" in clerk.page(path)
    went_to(clerk.send(f"{path}/steps", action="receive"))
    ledger = administrator.look("/media/ledger.csv")
    assert "K-9" in ledger.text
    assert "K-9" in administrator.page(f"/people/{holder}")
    assert clerk.look("/media/ledger.csv").status_code == 403
    assert "There are none." in Visitor.of(api, Role.APPROVER).page("/media")
    shown_again(clerk.send(f"{path}/losses", remark=" "), 422)
    assert "medium-lost" in went_to(clerk.send(f"{path}/losses", remark="in a taxi"))
    assert path in administrator.page("/media?show=lost")
    certificate = {"certificate": ("c.cer", b"no certificate", "application/octet-stream")}
    shown_again(administrator.send(f"{path}/certificates", files=certificate), 422)


def test_a_step_of_two_waits_on_the_page_for_another_person(api: ApiClient, world: World):
    path = f"/media/{identity_at(world).medium}"
    administrator, officer = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR), Visitor.of(api, Role.SEAL_ADMINISTRATOR)
    assert "/confirmations" in officer.page(path)
    assert f'action="{path}/confirmations"' not in administrator.page(path)
    shown_again(administrator.send(f"{path}/confirmations", action="unlock"), 409)
    went_to(administrator.send(f"{path}/confirmations/endings"))
    answer = administrator.send(f"{path}/steps", action="unlock", remark="new PIN")
    assert "medium-step-asked" in went_to(answer)
    went_to(officer.send(f"{path}/confirmations", action="unlock"))
    assert "in use" in officer.page(path)


def test_a_lost_token_takes_the_signers_belief_from_its_passkey(api: ApiClient, world: World):
    passkey, statement = passkey_at(world)
    auditor = world.person(Role.AUDITOR).id
    wish = {"kind": "passkey-token", "purpose": "sign in"}
    medium = api.submit("/key-media", Role.AUDITOR, json=wish).json()["medium"]
    assert UUID(medium["holder_id"]) == auditor
    address = f"/key-media/{medium['id']}"
    for role, body in (
        (Role.SYSTEM_ADMINISTRATOR, {"action": "approve"}),
        (Role.SYSTEM_ADMINISTRATOR, {"action": "hand-out", "maker": "Y", "serial_number": "1"}),
        (Role.AUDITOR, {"action": "receive"}),
    ):
        assert api.submit(f"{address}/steps", role, json=body).status_code == 201
    assert api.ask("PUT", f"{address}/passkey", Role.AUDITOR, json={"passkey_id": str(passkey)}).is_success
    lost = api.submit(f"{address}/losses", Role.AUDITOR, json={"remark": "stolen"}, stepped_up=False)
    assert lost.json()["medium"]["state"] == "lost"
    assert "PasskeyRemoved" in world.events()
    with world.database.reading() as work:
        state = work.session.scalar(select(StatementRow.state).where(StatementRow.id == statement))
    assert state == "withdrawn"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_identities_and_media_opens(api: ApiClient, world: World, language: str):
    things = identity_at(world)
    visitor = Visitor.of(api, Role.SYSTEM_ADMINISTRATOR, world.home.head, language=language)
    paths = ("/identity", "/identity/new", "/identity/policy", f"/identity/{things.proof}", "/media", "/media/new")
    branch = f"/identity/new?branch_id={world.home.north.branch_id}"
    for path in (*paths, f"/media/{things.medium}", f"/media/new?replaces_id={things.medium}", branch):
        assert "<h1" in visitor.page(path)
