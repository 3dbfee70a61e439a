"""A print request by API, from application to release."""

from __future__ import annotations

import json
from hashlib import sha256

from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, code_of, id_of, wish_at
from tests.world_building import contract


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


def test_the_code_stands_in_the_corner_that_the_application_asks_for(api: ApiClient):
    request_id = id_of(api.apply("cornered", code_corner="bottom-left"))
    api.world.prepare(request_id)
    manifest = api.fetch(f"/print-requests/{request_id}/manifest", Role.CLERK).json()
    assert {(page["qr"]["x_um"], page["qr"]["y_um"] > page["height_um"] // 2) for page in manifest["layout"]} == {
        (12_000, True)
    }
    assert api.apply("nowhere", code_corner="middle").status_code == 422


def test_several_seals_are_previewed_handed_in_and_shown_where_they_were_drawn(api: ApiClient):
    world, home = api.world, api.world.home
    straddle = {"straddle": "right", "at_um": 150_000}
    seals = [
        {"seal_id": str(home.north.seal_id), "places": [{"keyword": "page 2", "dx_um": 20_000, "dy_um": 60_000}]},
        {"seal_id": str(home.head.seal_id), "places": [straddle]},
    ]
    before = world.row_counts(), world.object_count()
    data, files = {"seals": json.dumps(seals)}, {"document": ("c.pdf", contract(), "application/pdf")}
    preview = api.submit("/print-requests/placements", Role.CLERK, data=data, files=files).json()
    assert (world.row_counts(), world.object_count()) == before
    assert preview["problems"] == []
    assert [(spot["seal"], spot["page"], spot["sliced"]) for spot in preview["spots"]] == [
        *((1, 2, False), (2, 1, True), (2, 2, True))
    ]
    assert {warning["code"] for warning in preview["warnings"]} == {"far-from-text"}

    wish = {name: value for name, value in wish_at(home.north).items() if name not in ("seal_id", "places")}
    doubtful = api.apply("k1", application=wish | {"seals": seals, "seen_warnings": ""})
    assert (doubtful.status_code, code_of(doubtful)) == (409, "places-doubtful")
    assert doubtful.json()["seen"] == preview["seen"]
    assert world.row_counts() == before[0]
    request_id = id_of(api.apply("k2", application=wish | {"seals": seals, "seen_warnings": preview["seen"]}))
    world.prepare(request_id)
    shown = api.fetch(f"/print-requests/{request_id}", Role.APPROVER).json()
    manifest = api.fetch(f"/print-requests/{request_id}/manifest", Role.APPROVER).json()
    assert [seal["seal_id"] for seal in shown["seals"]] == [seal["seal_id"] for seal in seals]
    assert shown["seals"][1]["wanted"] == [{**straddle, "pages": "all", "inset_um": 0}]
    drawn = [
        [{name: each for name, each in place.items() if each is not None} for place in seal["places"]]
        for seal in shown["seals"]
    ]
    assert drawn == [seal["places"] for seal in manifest["seals"]]
    assert [place["part"]["width_um"] for place in drawn[1]] == [20_000, 20_000]


def test_an_application_names_its_seals_in_one_way(api: ApiClient):
    wish = wish_at(api.world.home.north)
    seals = [{"seal_id": wish["seal_id"], "places": wish["places"]}]
    before = api.world.row_counts()
    for both in (wish | {"seals": seals}, {**wish, "seal_id": None}):
        assert code_of(api.apply("k", application=both)) == "malformed"
    misplaced = {**wish, "places": [{"keyword": "no such words"}]}
    answer = api.apply("k", application=misplaced)
    assert code_of(answer) == "seal-place-refused"
    assert "“no such words” are not found" in answer.json()["detail"]
    assert api.world.row_counts() == before
