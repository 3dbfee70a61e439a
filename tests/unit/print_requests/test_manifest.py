"""The manifest's bytes: canonical, and different for everything an approval binds to."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as some

from printserver.foundation.serials import CopySerial
from printserver.print_requests.manifest import Amount, Manifest, ManifestCopy, ManifestSeal
from printserver.print_requests.sides import Sides
from printserver.signing.flow import default_flow
from printserver.signing.manifest_shape import MANIFEST_FIELDS, manifest_problems
from printserver.signing.quorum import check_quorum, manifest_digest
from tests.standings import CODE_ID, CUSTODY, NORTH, NOW, OBJECT, OFFICE, ORGANISATION, Says, flow_of, some_id
from tests.standings import SEAL as REGISTERED_SEAL

SEAL = UUID(REGISTERED_SEAL)
BOSS = {
    "name": "director",
    "roles": ["approver"],
    "scope": "above",
    "when": [{"field": "amount", "op": "ge", "value": 1000}],
}
FLOW = flow_of({"name": "approval", "roles": ["approver"]}, BOSS)
COPIES = [ManifestCopy(uuid4(), CopySerial.generate(), number, str(number) * 64) for number in (1, 2)]
MANIFEST = Manifest(
    request_id=uuid4(),
    organisation=ORGANISATION,
    branch_id=uuid4(),
    branch_path=NORTH,
    applicant_id=UUID(some_id("clerk")),
    flow=default_flow(),
    amount=Amount("CNY", 100),
    parties=[{"name": "甲方"}],
    attachments=[{"sha256": "f" * 64}],
    title="供货合同",
    purpose="a lease",
    own_reference="OA-1",
    document_sha256="d" * 64,
    pages=2,
    copies=COPIES,
    seals=[ManifestSeal(SEAL, CODE_ID, OBJECT, "company", [{"page": 2, "x_um": 1, "y_um": 2}])],
    layout=[{"page": 1}, {"page": 2}],
    sides=Sides.ONE_SIDED,
    printer_id=uuid4(),
    printer_certificate_sha256="c" * 64,
    printer_dpi=600,
    expires_at=datetime(2026, 12, 1, 9, 30, 0, 5, tzinfo=UTC),
)
OTHERWISE: dict[str, Any] = {
    "request_id": uuid4(),
    "organisation": 8,
    "branch_id": uuid4(),
    "branch_path": f"{NORTH}x/",
    "applicant_id": uuid4(),
    "flow": FLOW,
    "amount": Amount("USD", 100),
    "parties": [{"name": "乙方"}],
    "attachments": [],
    "title": "供货合同 ",
    "purpose": "another",
    "own_reference": "",
    "document_sha256": "e" * 64,
    "pages": 3,
    "copies": COPIES[::-1],
    "seals": [ManifestSeal(SEAL, CODE_ID, OBJECT, "company", [{"page": 2, "x_um": 1, "y_um": 3}])],
    "layout": [{"page": 1}],
    "sides": Sides.TWO_SIDED_LONG_EDGE,
    "printer_id": uuid4(),
    "printer_certificate_sha256": "d" * 64,
    "printer_dpi": 1200,
    "expires_at": MANIFEST.expires_at + timedelta(microseconds=1),
    "marks": {"guilloche": True},
    "electronic_marks": {"microtext": None},
    "public_view": "full",
}


def test_the_bytes_are_rfc_8785_json_that_the_signer_reads_alike():
    read = json.loads(MANIFEST.canonical())
    assert rfc8785.dumps(read) == MANIFEST.canonical()
    assert manifest_digest(read) == MANIFEST.digest()
    assert set(MANIFEST_FIELDS) <= set(read)
    assert list(manifest_problems(read)) == []
    assert read["expires_at"] == "2026-12-01T09:30:00.000005Z"


@pytest.mark.parametrize("field", [field.name for field in fields(Manifest)])
def test_whatever_is_approved_is_bound(field: str):
    assert replace(MANIFEST, **{field: OTHERWISE[field]}).digest() != MANIFEST.digest()


@pytest.mark.parametrize(
    "change", [{"copy_id": uuid4()}, {"serial": CopySerial(b"0" * 10)}, {"number": 3}, {"sha256": "f" * 64}]
)
def test_every_copy_is_bound(change: dict[str, Any]):
    assert replace(MANIFEST, copies=[COPIES[0], replace(COPIES[1], **change)]).digest() != MANIFEST.digest()


@given(
    title=some.text(some.characters(exclude_categories=["Cs"]), max_size=40),
    places=some.lists(
        some.fixed_dictionaries({"page": some.integers(1, 999), "x_um": some.integers(0, 300_000)}), max_size=4
    ),
    expires=some.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 -- hypothesis wants naive bounds
)
def test_any_manifest_reads_back_to_the_same_bytes(title: str, places: list[dict[str, int]], expires: datetime):
    seal = ManifestSeal(SEAL, CODE_ID, OBJECT, "company", places)
    manifest = replace(MANIFEST, title=title, seals=[seal], expires_at=expires)
    read = json.loads(manifest.canonical())
    assert manifest_digest(read) == manifest.digest()
    assert (read["title"], read["seals"][0]["places"]) == (title, places)


def test_the_signers_rule_is_satisfied_by_the_steps_it_names():
    asked = json.loads(replace(MANIFEST, expires_at=NOW + timedelta(days=1)).canonical())
    assert [step["name"] for step in asked["steps"]] == ["approval", CUSTODY]
    evidence = [Says("ann").about(asked), Says("eve", CUSTODY).about(asked)]
    check_quorum(asked, evidence, OFFICE, at=NOW)


@pytest.mark.parametrize(("fen", "steps"), [(999, ["approval"]), (1000, ["approval", "director"])])
def test_the_steps_follow_from_the_case(fen: int, steps: list[str]):
    read = json.loads(replace(MANIFEST, flow=FLOW, amount=Amount("CNY", fen)).canonical())
    assert [step["name"] for step in read["steps"]] == [*steps, CUSTODY]
    assert (read["class"], read["flow_sha256"]) == ("loan", FLOW.digest())
