"""The file that a recipient keeps: it proves code and issue with the pinned root alone, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from printserver.audit.heads import HeadSignatureInvalid, TreeHead, head_bytes
from printserver.audit.log import By
from printserver.audit.merkle import InclusionProofInvalid, Tree, leaf_hash
from printserver.audit.proofs import InclusionProof, Prover
from printserver.print_requests.queries import CopyFacts
from printserver.signing.errors import CodeForged, KeyListRefused, KeyNotValid
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import sign_message, software_sign
from printserver.signing.published_key import KeyUsage
from printserver.verification.bundle import (
    BundleMalformed,
    BundleRefused,
    bundle_name,
    make_bundle,
    verify_bundle,
)
from tests.paper_books import ISSUED_AT, Books, make_issuer


def bundle_of(books: Books, copy: CopyFacts, page: int = 1) -> bytes:
    with books.database.reading() as work:
        return make_bundle(work, Prover(), copy.id, books.text(copy, page), books.issuer.key_list_bytes())


@pytest.fixture
def logged(books: Books, tmp_path: Path) -> tuple[CopyFacts, bytes]:
    first, copy = books.copies(2, pages=3)
    for each in (first, copy):
        books.log_issue(each, tmp_path / "witness.jsonl")
    return copy, bundle_of(books, copy, 2)


def test_a_bundle_proves_the_code_and_the_place_of_its_issue_in_the_log(books: Books, logged: tuple[CopyFacts, bytes]):
    copy, data = logged
    bundle = verify_bundle(data, root_fingerprint=books.issuer.root.fingerprint)
    assert (bundle.code.serial, bundle.code.copy, bundle.code.page) == (copy.serial, 2, 2)
    assert bundle.issue is not None
    assert (bundle.issue.position, bundle.issue.size) == (3, 4)
    assert bundle.issue.issued_sha256 == copy.issued_sha256
    assert bundle_name(bundle.code).isascii()
    assert len(data) < 20_000


def test_a_bundle_from_before_the_log_had_a_place_proves_the_code_alone(books: Books):
    bundle = verify_bundle(bundle_of(books, books.copy()), root_fingerprint=books.issuer.root.fingerprint)
    assert bundle.issue is None


def test_entries_that_name_somebody_are_not_given_to_strangers(books: Books, tmp_path: Path):
    copy = books.copy()
    books.log_issue(copy, tmp_path / "witness.jsonl", By(books.organisation_id, books.person, address="192.0.2.7"))
    data = bundle_of(books, copy)
    assert json.loads(data)["proofs"] == []
    assert b"192.0.2.7" not in data


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda d: d.update(version=2), BundleMalformed),
        (lambda d: d.pop("code"), BundleMalformed),
        (lambda d: d.update(more=1), BundleMalformed),
        (lambda d: d.update(proofs={}), BundleMalformed),
        (lambda d: d["key_list"].update(sequence=10**400), BundleMalformed),
        (lambda d: d["key_list"].update(issuer="\ud800"), BundleMalformed),
        (lambda d: d.update(code=d["code"][:-1] + str((int(d["code"][-1]) + 1) % 10)), CodeForged),
        (lambda d: d["key_list"].update(sequence=2), KeyListRefused),
        (lambda d: d["proofs"].pop(), BundleRefused),
        (lambda d: d["proofs"][0]["path"].pop(), InclusionProofInvalid),
        (lambda d: d["proofs"][0].update(body=d["proofs"][0]["body"].replace("00", "01")), InclusionProofInvalid),
        (lambda d: d["proofs"][1]["head"].update(root="0" * 64), HeadSignatureInvalid),
        (lambda d: d["proofs"][1]["head"].update(key_id="00000000"), HeadSignatureInvalid),
        (lambda d: d["proofs"].__setitem__(0, "x"), InclusionProofInvalid),
        (lambda d: d["proofs"][0].update(body="\ud800"), InclusionProofInvalid),
    ],
)  # fmt: skip
def test_a_bundle_with_anything_changed_is_refused(
    books: Books, logged: tuple[CopyFacts, bytes], change: Change, refused: type[Exception]
):
    document = json.loads(logged[1])
    change(document)
    with pytest.raises(refused):
        verify_bundle(json.dumps(document).encode(), root_fingerprint=books.issuer.root.fingerprint)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"event":[]}', '{"event":"CopySigned"}', "[" * 100_000])
def test_entries_of_another_shape_are_refused_whoever_signed_their_log(
    books: Books, logged: tuple[CopyFacts, bytes], body: str
):
    """Without a pinned root anybody can be the issuer, and sign a log of whatever he likes."""
    document, key_id = json.loads(logged[1]), books.issuer.entry(KeyUsage.TREE_HEAD).key_id
    bodies = [document["proofs"][0]["body"], body]
    tree = Tree(leaf_hash(each.encode()) for each in bodies)
    signature = sign_message(software_sign(books.issuer.head_key), head_bytes(2, tree.root(2), ISSUED_AT, key_id))
    head = TreeHead(2, tree.root(2), ISSUED_AT, key_id, signature)
    document["proofs"] = [
        InclusionProof(each, at, tree.inclusion_proof(at, 2), head).to_json() for at, each in enumerate(bodies)
    ]
    with pytest.raises(BundleRefused):
        verify_bundle(json.dumps(document).encode(), root_fingerprint=books.issuer.root.fingerprint)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_bundle_is_said_to_be_none(data: bytes):
    with pytest.raises(BundleMalformed):
        verify_bundle(data, root_fingerprint="0" * 64)


def test_another_copys_proof_another_root_and_a_revoked_log_key_prove_nothing(
    books: Books, logged: tuple[CopyFacts, bytes]
):
    copy, data = logged
    fingerprint = books.issuer.root.fingerprint
    other = next(each for each in books.copies(1))
    with pytest.raises(KeyListRefused):
        verify_bundle(data, root_fingerprint="0" * 64)
    document = json.loads(data)
    with pytest.raises(BundleRefused):
        verify_bundle(json.dumps({**document, "code": books.text(other)}).encode(), root_fingerprint=fingerprint)
    heads = books.issuer.entry(KeyUsage.TREE_HEAD)
    listed = json.loads(books.issuer.key_list_bytes(books.issuer.entry(KeyUsage.CODE), heads.revoked(heads.not_before)))
    with pytest.raises(KeyNotValid):
        verify_bundle(json.dumps({**document, "key_list": listed}).encode(), root_fingerprint=fingerprint)
    assert copy.number == 2


def test_a_key_list_from_before_a_key_was_stolen_makes_nothing_genuine_again(
    books: Books, logged: tuple[CopyFacts, bytes]
):
    stolen, root = books.issuer.entry(KeyUsage.CODE), books.issuer.root.fingerprint
    keys = stolen.revoked(stolen.not_before), *map(books.issuer.entry, (KeyUsage.PDF, KeyUsage.TREE_HEAD))
    stranger = make_issuer()
    newer, former = (
        KeyList.load(books.issuer.key_list_bytes(*keys, sequence=number), root_fingerprint=root) for number in (2, 1)
    )
    with pytest.raises(KeyNotValid):
        verify_bundle(logged[1], root_fingerprint=root, known=newer)
    with pytest.raises(KeyListRefused):
        verify_bundle(logged[1], root_fingerprint=root, known=stranger.key_list())
    assert verify_bundle(logged[1], root_fingerprint=root, known=former).issue is not None
