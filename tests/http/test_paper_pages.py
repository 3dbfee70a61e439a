"""The pages about papers: hand over, record and confirm a signing, see a block before the form, sync a capture once."""

from __future__ import annotations

from datetime import timedelta

from printserver.approvals.return_policies import set_return_policy
from printserver.approvals.return_policy import ReturnPolicy
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, shown_again
from tests.world import World

AT = "2026-11-22T17:00"
"""Of the worlds' clock, in the server's time zone."""
LINK = {"holder_kind": "party", "holder": "Far East", "means": "courier", "courier_number": "SF 12", "handed_at": AT}
SIGNED = {
    "signer_name": ["李雷", ""],
    "signer_party": ["远东公司", ""],
    "signer_check": ["identity-card", "none"],
    "signer_number": ["11010119900307123X", ""],
    "place": "Shanghai",
    "signed_at": AT,
    "key": "one form",
}


def test_copies_are_handed_over_together_and_found_by_the_couriers_number(api: ApiClient):
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    request_id = world.printed(copies=2)
    copies = [str(copy.id) for copy in world.copies(request_id)]
    page = f"/requests/{request_id}/hand-overs"
    assert clerk.page(page).count('name="copy_ids"') == 2
    refused = clerk.send(page, copy_ids=copies, **{**LINK, "courier_number": ""})
    assert refused.status_code == 422
    assert "Far East" in refused.text
    assert clerk.send(page, copy_ids=copies, **LINK).status_code == 303
    found = clerk.page("/holders?text=SF%2012")
    assert all(copy in found for copy in copies)
    assert "Far East" in clerk.page(f"/copies/{copies[0]}")


def test_a_signing_is_recorded_by_one_person_and_confirmed_by_another(api: ApiClient):
    world, clerk, archivist = api.world, Visitor.of(api, Role.CLERK), Visitor.of(api, Role.ARCHIVIST)
    (copy,) = world.copies(world.printed())
    page = f"/copies/{copy.id}/paper"
    for _ in range(2):  # the same form sent twice
        assert clerk.send(f"{page}/signings", **SIGNED).status_code == 303
    shown = clerk.page(page)
    assert shown.count("…123X") == 1
    assert "990307" not in shown
    assert f"{page}/signing-decisions" not in shown
    assert "1" in archivist.page("/")
    (record,) = api.fetch(f"/copies/{copy.id}/signing-records", Role.ARCHIVIST).json()
    again = {**SIGNED, "record_id": record["record_id"], "place": "Harbin", "reason": ""}
    refused = shown_again(clerk.send(f"{page}/signings", **again), 422)
    correction, anew = refused.split('name="key"')
    assert ('value="Harbin"' in correction, 'value="Harbin"' in anew) == (True, False)
    assert '<details class="mt-2" open>' in correction
    decision = {"record_id": record["record_id"], "revision": "1", "decision": "confirmed"}
    assert clerk.send(f"{page}/signing-decisions", **decision).status_code == 409
    assert archivist.send(f"{page}/signing-decisions", **decision).status_code == 303
    (record,) = api.fetch(f"/copies/{copy.id}/signing-records", Role.ARCHIVIST).json()
    assert record["decision"] == "confirmed"


def test_a_capture_that_a_telephone_sends_twice_is_recorded_once_with_both_clocks(api: ApiClient):
    world = api.world
    (copy,) = world.copies(world.printed())
    now = world.clock.now()
    body = {
        "capture_id": str(new_id()),
        "copy_id": str(copy.id),
        "signers": [{"name": "Li", "check": "passport", "number_end": "E12345678"}],
        "place": "on the way",
        "signed_at": now.isoformat(),
        "captured_at": now.isoformat(),
    }
    world.clock.advance(2 * 86_400)
    first, second = (api.ask("POST", "/signing-records", Role.CLERK, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["late"] is True
    assert first.json()["signers"][0]["number_end"] == "5678"
    assert first.json()["received_at"] > first.json()["captured_at"]


def test_a_branch_that_owes_too_much_is_told_before_the_form_and_when_it_hands_in(api: ApiClient):
    world = api.world
    stop(world)
    clerk = Visitor.of(api, Role.CLERK)
    (copy,) = world.copies(world.printed())
    assert "alert-danger" not in clerk.page("/requests/new")
    world.clock.advance(10 * 86_400 + 1)
    world.keep_tokens()
    clerk = Visitor.of(api, Role.CLERK)
    note = clerk.page("/requests/new")
    assert "alert-danger" in note
    assert f"/copies/{copy.id}/paper" in note
    assert "ask an archivist" in note
    assert "/owed-returns?shown=overdue" in clerk.page("/")
    block = api.fetch("/document-classes/general/block", Role.CLERK).json()["block"]
    assert block["copies"][0]["id"] == str(copy.id)
    archivist = Visitor.of(api, Role.ARCHIVIST)
    until = f"{world.clock.now() + timedelta(days=3):%Y-%m-%d}"
    wish = {"branch_id": str(world.home.north.branch_id), "until": until, "most_uses": "2", "reason": "audit"}
    assert archivist.send("/owed-returns/exceptions", **wish).status_code == 303
    assert "alert-warning" in clerk.page("/requests/new")
    world.submitted()
    table = Visitor.of(api, Role.CLERK, language="zh").look("/owed-returns.csv").content.decode("utf-8-sig")
    assert "逾期天数" in table.splitlines()[0]
    assert "已逾期" in table or "逾期" in table.splitlines()[1]


def stop(world: World) -> None:
    with world.database.work() as work:
        keeper = world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head)
        set_return_policy(work, keeper, "general", ReturnPolicy(days=10, most_overdue=0))
