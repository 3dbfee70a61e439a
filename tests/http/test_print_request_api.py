"""A print request by API, from application to release."""

from __future__ import annotations

import json
from hashlib import sha256

from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, id_of


def test_a_request_goes_from_application_to_release(api: ApiClient):
    world = api.world
    request_id = id_of(api.apply("order-1", copies=2, own_reference="OA-7"))
    assert api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["state"] == "rendering"
    world.prepare(request_id)

    (waiting,) = api.fetch("/approvals/waiting", Role.APPROVER).json()
    assert (waiting["id"], waiting["own_reference"]) == (str(request_id), "OA-7")
    request = api.fetch(f"/print-requests/{request_id}", Role.APPROVER).json()
    manifest = api.fetch(f"/print-requests/{request_id}/manifest", Role.APPROVER).content
    assert sha256(manifest).hexdigest() == request["manifest_sha256"]
    assert [copy["serial"] for copy in request["copy_list"]] == [
        copy["serial"] for copy in json.loads(manifest)["copies"]
    ]

    decision = {"manifest_sha256": request["manifest_sha256"], "reason": "as agreed"}
    assert api.submit(f"/print-requests/{request_id}/approvals", Role.APPROVER, json=decision).status_code == 201
    confirmed = api.submit(f"/print-requests/{request_id}/seal-use-confirmations", Role.CUSTODIAN, json=decision)
    assert confirmed.json() == {"id": str(request_id), "state": "approved", "step": ""}
    decided = api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["decisions"]
    assert [(each["person_name"].split("-")[0], each["decision"]) for each in decided] == [
        ("approver", "approved"),
        ("custodian", "approved"),
    ]
