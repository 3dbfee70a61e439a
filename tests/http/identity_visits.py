"""What the right person may ask of proofs of identity and key media, by API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from printserver.organisations.permissions import Role
from tests.http.scene import Scene
from tests.http.visit import Options, Visit


def _json(**body: object) -> Callable[[Scene], Options]:
    return lambda scene: {"json": body}


def _proof(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/identity-proofs/{scene.identity.proof}{ending}"


def _medium(ending: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/key-media/{scene.identity.medium}{ending}"


def _hand_in(scene: Scene) -> Options:
    person = scene.world.person(Role.APPROVER).id
    proof = {"document": "passport", "name": "X", "number": "E1234567", "person_id": str(person)}
    return {"data": {"proof": json.dumps(proof)}, "files": {"evidence": ("x.pdf", b"%PDF-1.7", "application/pdf")}}


def _apply(scene: Scene) -> Options:
    person = scene.world.person(Role.APPROVER).id
    return {"json": {"kind": "card", "purpose": "door", "holder_id": str(person)}}


PROOF: Final = "/identity-proofs/{proof_id}"
M: Final = "/key-media/{medium_id}"
POLICY: Final = {"custodians": False, "binding_roles": False, "companies": False}
IDENTITY_VISITS: Final = (
    Visit("GET", "/identity-proofs", lambda s: "/identity-proofs", names_object=False),
    Visit("POST", "/identity-proofs", lambda s: "/identity-proofs", _hand_in),
    Visit("GET", PROOF, _proof()),
    Visit("POST", f"{PROOF}/steps", _proof("/steps"), _json(action="refuse", remark="not this face")),
    Visit("POST", f"{PROOF}/number-viewings", _proof("/number-viewings")),
    Visit(
        "POST",
        f"{PROOF}/evidence/{{evidence_id}}/viewings",
        lambda s: f"/identity-proofs/{s.identity.proof}/evidence/{s.identity.evidence}/viewings",
    ),
    Visit("POST", f"{PROOF}/erasure-wishes", _proof("/erasure-wishes")),
    Visit("DELETE", f"{PROOF}/erasure-wishes", _proof("/erasure-wishes")),
    Visit("POST", f"{PROOF}/erasures", _proof("/erasures")),
    Visit("GET", "/identity-policy", lambda s: "/identity-policy", names_object=False),
    Visit("PUT", "/identity-policy", lambda s: "/identity-policy", _json(**POLICY), names_object=False),
    Visit("GET", "/key-media", lambda s: "/key-media", names_object=False),
    Visit("GET", "/key-media.csv", lambda s: "/key-media.csv", names_object=False),
    Visit("POST", "/key-media", lambda s: "/key-media", _apply),
    Visit("GET", M, _medium()),
    Visit("POST", f"{M}/confirmations", _medium("/confirmations"), _json(action="wipe")),
    Visit("DELETE", f"{M}/confirmations", _medium("/confirmations")),
    Visit("POST", f"{M}/steps", _medium("/steps"), _json(action="return", remark="because")),
    Visit("POST", f"{M}/losses", _medium("/losses"), _json(remark="in a taxi")),
    Visit(
        "POST",
        f"{M}/certificates",
        _medium("/certificates"),
        lambda s: {"files": {"certificate": ("c.cer", b"no certificate", "application/octet-stream")}},
    ),
    Visit("PUT", f"{M}/passkey", _medium("/passkey"), _json(passkey_id=None)),
)
