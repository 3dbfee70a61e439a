"""The log by API: search, and proofs that hold without the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.audit.merkle import InclusionProofInvalid
from printserver.audit.proofs import InclusionProof
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, code_of
from tests.unit.audit.made_logs import VERIFY, MadeLog


def test_a_proof_holds_without_the_server_and_not_for_other_words(api: ApiClient, tmp_path: Path):
    world = api.world
    head = world.home.head
    entry = api.fetch("/audit/entries?limit=1", Role.AUDITOR, head).json()["items"][0]
    address = f"/audit/entries/{entry['id']}/proof"
    assert code_of(api.fetch(address, Role.AUDITOR, head)) == "entry-not-in-log"
    assert MadeLog(world.database, tmp_path / "witness.jsonl").sequencer.run_once() is not None

    told = api.fetch(address, Role.AUDITOR, head).json()
    proof = InclusionProof.from_json(told)
    proof.verify(VERIFY)
    assert entry["event"] in proof.body
    with pytest.raises(InclusionProofInvalid):
        InclusionProof.from_json({**told, "body": told["body"].replace(entry["event"], "Nothing")}).verify(VERIFY)
    assert api.fetch(f"/audit/entries/{entry['id']}", Role.AUDITOR, head).json()["position"] == proof.position


def test_the_log_is_searched_by_person_event_subject_time_and_words(api: ApiClient):
    world = api.world
    head, clerk = world.home.head, world.person(Role.CLERK)
    request_id = world.submitted(title="采购合同", own_reference="OA-77")

    def found(query: str) -> list[str]:
        answer = api.fetch(f"/audit/entries?limit=200&{query}", Role.AUDITOR, head)
        return [entry["event"] for entry in answer.json()["items"]]

    assert found(f"subject_id={request_id}") == ["RequestSubmitted"]
    assert found("event=RequestSubmitted&text=oa-77") == ["RequestSubmitted"]
    assert "DocumentTakenIn" in found(f"person_id={clerk.id}&subject=document")
    assert found("event=RequestSubmitted&until=2026-01-01T00:00:00Z") == []
    assert "RequestSubmitted" in found("since=2026-11-22T16:00:00%2B08:00")
    assert code_of(api.fetch("/audit/entries?since=2026-11-22T09:00:00", Role.AUDITOR, head)) == "malformed"
    assert code_of(api.fetch("/audit/entries?nonsense=1", Role.AUDITOR, head)) == "malformed"


def test_the_log_is_read_in_pages(api: ApiClient):
    head = api.world.home.head
    whole = api.fetch("/audit/entries?limit=200", Role.AUDITOR, head).json()["items"]
    first = api.fetch("/audit/entries?limit=3", Role.AUDITOR, head).json()
    second = api.fetch(f"/audit/entries?limit=3&before={first['next']}", Role.AUDITOR, head).json()
    assert first["items"] + second["items"] == whole[:6]


def test_an_address_and_a_device_are_recorded_as_they_were_given(api: ApiClient):
    request_id = api.world.pending()
    device = 'Mozilla "{}" \\ ' + "x" * 500
    api.submit(f"/print-requests/{request_id}/withdrawals", Role.CLERK, json={}, headers={"User-Agent": device})
    address = f"/audit/entries?subject_id={request_id}&event=RequestMoved&limit=1"
    (entry,) = api.fetch(address, Role.AUDITOR, api.world.home.head).json()["items"]
    assert (entry["address"], entry["device"]) == ("testclient", device[:200])
