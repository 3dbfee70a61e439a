"""Owed papers, holders and signings by hand in the matrices of access of the API and of the pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from printserver.foundation.ids import new_id
from tests.http.scene import Scene
from tests.http.step import Step
from tests.http.visit import Options, Visit

C: Final = "/copies/{copy_id}"
H: Final = "/hand-overs/{hand_over_id}"
S: Final = "/signing-records/{signing_id}"
AT: Final = "2026-11-22T09:00:00Z"
LINK: Final = {"holder_kind": "party", "holder": "Far East", "means": "signature", "receiver": "Li", "handed_at": AT}
SIGNED: Final = {"signers": [{"name": "Li", "check": "none"}], "place": "here", "signed_at": AT}
POLICY: Final = {"days": 30}
DUE: Final = {"due_at": "2027-01-01T09:00:00Z", "reason": "because"}


def _json(**body: Any) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _copy(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/copies/{s.papers.copy}{rest}"


def _hand_over(scene: Scene) -> Options:
    return {"json": {**LINK, "copy_ids": [str(scene.papers.copy)]}}


def _with_proof(scene: Scene) -> Options:
    said = {**LINK, "copy_ids": [str(scene.papers.copy)]}
    return {"data": {"hand_over": json.dumps(said)}, "files": {"proof": ("p.jpg", b"\xff\xd8\xff", "image/jpeg")}}


def _signing(scene: Scene) -> Options:
    return {"json": {**SIGNED, "copy_id": str(scene.papers.copy), "capture_id": str(new_id())}}


def _signing_again(scene: Scene) -> Options:
    return {"json": {**SIGNED, "copy_id": str(scene.papers.copy), "reason": "because"}}


def _exception(scene: Scene) -> Options:
    branch_id = str(scene.world.home.north.branch_id)
    return {"json": {"branch_id": branch_id, "reason": "because", "valid_until": "2026-11-30T09:00:00Z"}}


def _class(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/document-classes/general/{rest}"


K: Final = "/document-classes/{code}"
PAPER_VISITS: Final = (
    Visit("GET", "/owed-returns", lambda s: "/owed-returns", names_object=False),
    Visit("GET", "/owed-returns.csv", lambda s: "/owed-returns.csv", names_object=False),
    Visit("POST", f"{C}/due-dates", _copy("/due-dates"), _json(**DUE)),
    Visit("POST", f"{C}/write-offs", _copy("/write-offs"), _json(written_off_as="kept", reason="because")),
    Visit("GET", f"{C}/hand-overs", _copy("/hand-overs")),
    Visit("GET", f"{C}/signing-records", _copy("/signing-records")),
    Visit("GET", f"{K}/block", _class("block"), names_object=False),
    Visit("GET", f"{K}/return-policy", _class("return-policy"), names_object=False),
    Visit("PUT", f"{K}/return-policy", _class("return-policy"), _json(**POLICY), names_object=False),
    Visit("GET", "/block-exceptions", lambda s: "/block-exceptions", names_object=False),
    Visit("POST", "/block-exceptions", lambda s: "/block-exceptions", _exception),
    Visit(
        "POST",
        "/block-exceptions/{exception_id}/endings",
        lambda s: f"/block-exceptions/{s.papers.exception}/endings",
    ),
    Visit("GET", "/held-copies", lambda s: "/held-copies?text=far", names_object=False),
    Visit("POST", "/hand-overs", lambda s: "/hand-overs", _hand_over),
    Visit("POST", "/hand-overs/with-proof", lambda s: "/hand-overs/with-proof", _with_proof),
    Visit("GET", f"{H}/proof", lambda s: f"/hand-overs/{s.papers.hand_over}/proof"),
    Visit(
        "POST",
        f"{H}/corrections",
        lambda s: f"/hand-overs/{s.papers.hand_over}/corrections",
        _json(**LINK, reason="because"),
    ),
    Visit("POST", "/signing-records", lambda s: "/signing-records", _signing),
    Visit("POST", f"{S}/corrections", lambda s: f"/signing-records/{s.papers.signing}/corrections", _signing_again),
    Visit(
        "POST",
        f"{S}/decisions",
        lambda s: f"/signing-records/{s.papers.signing}/decisions",
        _json(revision=1, decision="confirmed"),
    ),
)


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


TYPED_LINK: Final = _form(holder="Far East", receiver="Li", handed_at="2026-11-22T17:00", reason="because")
TYPED_SIGNING: Final = _form(
    signer_name="Li", signer_party="", signer_check="none", signer_number="", place="here", signed_at="2026-11-22T17:00"
)
P: Final = f"{C}/paper"
PAPER_STEPS: Final = (
    Step("GET", "/owed-returns", lambda s: "/owed-returns", names_object=False),
    Step("GET", "/owed-returns.csv", lambda s: "/owed-returns.csv", names_object=False),
    Step(
        "POST",
        "/owed-returns/exceptions",
        lambda s: "/owed-returns/exceptions",
        lambda s: {"branch_id": str(s.world.home.north.branch_id), "until": "2026-11-30", "reason": "because"},
    ),
    Step(
        "POST",
        "/owed-returns/exceptions/{exception_id}/endings",
        lambda s: f"/owed-returns/exceptions/{s.papers.exception}/endings",
    ),
    Step("GET", f"{K}/returns", _class("returns"), names_object=False),
    Step("POST", f"{K}/returns", _class("returns"), _form(days="x"), names_object=False),
    Step("GET", P, _copy("/paper")),
    Step("POST", f"{P}/due-dates", _copy("/paper/due-dates"), _form(due_on="2027-01-01", reason="because")),
    Step("POST", f"{P}/write-offs", _copy("/paper/write-offs"), _form(written_off_as="kept", reason="because")),
    Step("POST", f"{P}/hand-overs", _copy("/paper/hand-overs"), TYPED_LINK),
    Step(
        "POST",
        f"{P}/hand-overs/{{hand_over_id}}/corrections",
        lambda s: f"/copies/{s.papers.copy}/paper/hand-overs/{s.papers.hand_over}/corrections",
        TYPED_LINK,
    ),
    Step("POST", f"{P}/signings", _copy("/paper/signings"), TYPED_SIGNING),
    Step(
        "POST",
        f"{P}/signing-decisions",
        _copy("/paper/signing-decisions"),
        lambda s: {"record_id": str(s.papers.signing), "revision": "1", "decision": "confirmed"},
    ),
    Step(
        "GET",
        "/requests/{request_id}/hand-overs",
        lambda s: f"/requests/{s.papers.request}/hand-overs",
    ),
    Step(
        "POST",
        "/requests/{request_id}/hand-overs",
        lambda s: f"/requests/{s.papers.request}/hand-overs",
        lambda s: {**TYPED_LINK(s), "copy_ids": str(s.papers.copy)},
    ),
    Step("GET", "/holders", lambda s: "/holders", names_object=False),
    Step("GET", "/signing-records", lambda s: "/signing-records", names_object=False),
    Step("GET", "/signing-records/offline", lambda s: "/signing-records/offline", names_object=False),
    Step(
        "POST",
        "/signing-records/captures",
        lambda s: "/signing-records/captures",
        _form(capture_id="00000000-0000-0000-0000-000000000001", sealed="AAAA"),
        names_object=False,
    ),
    Step(
        "POST",
        "/signing-records",
        lambda s: "/signing-records",
        lambda s: {**TYPED_SIGNING(s), "copy_id": str(s.papers.copy), "key": "k"},
    ),
)
