"""What the right person may ask of proofs of identity and key media, on pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from printserver.organisations.permissions import Role
from tests.http.scene import Scene
from tests.http.step import Step


def _form(**fields: Any) -> Callable[[Scene], Mapping[str, Any]]:
    return lambda scene: fields


def _proof(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/identity/{scene.identity.proof}{ending}"


def _medium(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/media/{scene.identity.medium}{ending}"


def _approver(scene: Scene) -> str:
    return str(scene.world.person(Role.APPROVER).id)


def _of_approver(scene: Scene) -> Mapping[str, Any]:
    return {"whose": f"person:{_approver(scene)}", "document": "passport", "name": "X", "number": "E1234567"}


PROOF: Final = "/identity/{proof_id}"
M: Final = "/media/{medium_id}"
IDENTITY_STEPS: Final = (
    Step("GET", "/identity", lambda s: "/identity", names_object=False),
    Step("GET", "/identity/new", lambda s: f"/identity/new?person_id={_approver(s)}"),
    Step(
        "POST",
        "/identity",
        lambda s: "/identity",
        _of_approver,
        lambda: {"evidence": ("x.pdf", b"%PDF-1.7", "application/pdf")},
    ),
    Step("GET", "/identity/policy", lambda s: "/identity/policy", names_object=False),
    Step("POST", "/identity/policy", lambda s: "/identity/policy", _form(recheck_days="0"), names_object=False),
    Step("GET", PROOF, _proof()),
    Step("POST", f"{PROOF}/steps", _proof("/steps"), _form(action="refuse", remark="not this face")),
    Step("POST", f"{PROOF}/number", _proof("/number")),
    Step(
        "POST",
        f"{PROOF}/evidence/{{evidence_id}}",
        lambda s: f"/identity/{s.identity.proof}/evidence/{s.identity.evidence}",
    ),
    Step("POST", f"{PROOF}/erasure-wishes", _proof("/erasure-wishes")),
    Step("POST", f"{PROOF}/erasure-wishes/endings", _proof("/erasure-wishes/endings")),
    Step("POST", f"{PROOF}/erasures", _proof("/erasures")),
    Step("GET", "/media", lambda s: "/media", names_object=False),
    Step("GET", "/media/ledger.csv", lambda s: "/media/ledger.csv", names_object=False),
    Step("GET", "/media/new", lambda s: f"/media/new?holder_id={_approver(s)}"),
    Step("POST", "/media", lambda s: "/media", lambda s: {"holder_id": _approver(s), "kind": "card", "purpose": "x"}),
    Step("GET", M, _medium()),
    Step("POST", f"{M}/confirmations", _medium("/confirmations"), _form(action="wipe")),
    Step("POST", f"{M}/confirmations/endings", _medium("/confirmations/endings")),
    Step("POST", f"{M}/steps", _medium("/steps"), _form(action="return", remark="because")),
    Step("POST", f"{M}/losses", _medium("/losses"), _form(remark="in a taxi")),
    Step(
        "POST",
        f"{M}/certificates",
        _medium("/certificates"),
        files=lambda: {"certificate": ("c.cer", b"no certificate", "application/octet-stream")},
    ),
    Step("POST", f"{M}/passkeys", _medium("/passkeys"), _form(passkey="")),
)
