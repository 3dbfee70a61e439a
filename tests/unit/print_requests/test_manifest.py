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

from printserver.approvals.rules import Step, steps_for
from printserver.foundation.serials import CopySerial
from printserver.print_requests.manifest import Manifest, ManifestCopy, ManifestSeal
from printserver.print_requests.sides import Sides
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.quorum import MANIFEST_FIELDS, check_quorum, manifest_digest

SEAL = uuid4()
COPIES = [ManifestCopy(uuid4(), CopySerial.generate(), number, str(number) * 64) for number in (1, 2)]
MANIFEST = Manifest(
    request_id=uuid4(),
    organisation=7,
    branch_id=uuid4(),
    applicant_id=uuid4(),
    title="供货合同",
    own_reference="OA-1",
    document_sha256="d" * 64,
    pages=2,
    copies=COPIES,
    seals=[ManifestSeal(SEAL, "a" * 12, "b" * 64, [{"page": 2, "x_um": 1, "y_um": 2}])],
    steps=steps_for([SEAL]),
    layout=[{"page": 1}, {"page": 2}],
    sides=Sides.ONE_SIDED,
    printer_id=uuid4(),
    printer_certificate_sha256="c" * 64,
    expires_at=datetime(2026, 12, 1, 9, 30, 0, 5, tzinfo=UTC),
)
OTHERWISE: dict[str, Any] = {
    "request_id": uuid4(),
    "organisation": 8,
    "branch_id": uuid4(),
    "applicant_id": uuid4(),
    "title": "供货合同 ",
    "own_reference": "",
    "document_sha256": "e" * 64,
    "pages": 3,
    "copies": COPIES[::-1],
    "seals": [ManifestSeal(SEAL, "a" * 12, "b" * 64, [{"page": 2, "x_um": 1, "y_um": 3}])],
    "steps": [Step("approval", 2)],
    "layout": [{"page": 1}],
    "sides": Sides.TWO_SIDED_LONG_EDGE,
    "printer_id": uuid4(),
    "printer_certificate_sha256": "d" * 64,
    "expires_at": MANIFEST.expires_at + timedelta(microseconds=1),
}


def test_the_bytes_are_rfc_8785_json_that_the_signer_reads_alike():
    read = json.loads(MANIFEST.canonical())
    assert rfc8785.dumps(read) == MANIFEST.canonical()
    assert manifest_digest(read) == MANIFEST.digest()
    assert set(MANIFEST_FIELDS) <= set(read)
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
    seal = ManifestSeal(SEAL, "a" * 12, "b" * 64, places)
    manifest = replace(MANIFEST, title=title, seals=[seal], expires_at=expires)
    read = json.loads(manifest.canonical())
    assert manifest_digest(read) == manifest.digest()
    assert (read["title"], read["seals"][0]["places"]) == (title, places)


def test_the_signers_rule_is_satisfied_by_the_steps_it_names():
    decided = datetime(2026, 11, 22, tzinfo=UTC)

    def word(person: UUID, step: str) -> EvidenceClaims:
        return EvidenceClaims(
            MANIFEST.digest(), str(MANIFEST.request_id), str(person), step, Decision.APPROVED, decided, 7
        )

    check_quorum(json.loads(MANIFEST.canonical()), [word(uuid4(), step.name) for step in MANIFEST.steps], at=decided)
