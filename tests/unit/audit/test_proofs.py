"""Proofs made from the database verify without it, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from printserver.audit.heads import HeadSignatureInvalid, head_verifier
from printserver.audit.merkle import ConsistencyProofInvalid, InclusionProofInvalid
from printserver.audit.proofs import EntryNotInLog, HeadNotFound, InclusionProof, Prover
from printserver.audit.sequencer import LogRewritten
from printserver.foundation.ids import new_id
from tests.unit.audit.made_logs import VERIFY, MadeLog


def proof_of(log: MadeLog, entry_id: Any) -> InclusionProof:
    with log.database.reading() as work:
        return Prover().inclusion(work, entry_id)


def test_every_entry_is_proven_in_the_newest_head_also_as_json(log: MadeLog):
    ids, prover = [], Prover()
    for count in (1, 4, 2):
        ids += log.grow(count)
        with log.database.reading() as work:
            proofs = [prover.inclusion(work, entry_id) for entry_id in ids]
        for position, proof in enumerate(proofs):
            assert (proof.position, proof.head.size) == (position, len(ids))
            assert json.loads(proof.body)["id"] == str(ids[position])
            read = InclusionProof.from_json(json.loads(json.dumps(proof.to_json())))
            assert read == proof
            read.verify(VERIFY)


def test_a_proof_for_another_body_place_or_head_does_not_verify(sqlite_log: MadeLog):
    ids = sqlite_log.grow(3, 4)
    proof = proof_of(sqlite_log, ids[2])
    for bad in (
        replace(proof, body=proof.body + " "),
        replace(proof, position=3),
        replace(proof, path=proof.path[:-1]),
        replace(proof, path=(*proof.path, bytes(32))),
    ):
        with pytest.raises(InclusionProofInvalid):
            bad.verify(VERIFY)
    with pytest.raises(HeadSignatureInvalid):
        replace(proof, head=replace(proof.head, root=bytes(32))).verify(VERIFY)
    with pytest.raises(HeadSignatureInvalid):
        proof.verify(head_verifier({}))


def test_unknown_and_waiting_entries_have_no_proof(log: MadeLog):
    with pytest.raises(EntryNotInLog):
        proof_of(log, new_id())
    waiting = log.record()[0]
    with pytest.raises(EntryNotInLog):
        proof_of(log, waiting)
    log.grow(1)
    with pytest.raises(EntryNotInLog):
        proof_of(log, new_id())
    proof_of(log, waiting).verify(VERIFY)


def test_each_earlier_head_is_proven_to_be_continued(log: MadeLog):
    log.grow(1, 3, 2, 5)
    prover = Prover()
    with log.database.reading() as work:
        proofs = [prover.consistency(work, size) for size in (1, 4, 6, 11)]
        with pytest.raises(HeadNotFound):
            prover.consistency(work, 5)
    for proof in proofs:
        proof.verify(VERIFY)
        with pytest.raises(ConsistencyProofInvalid):
            replace(proof, path=(*proof.path, bytes(32))).verify(VERIFY)


def test_no_proof_is_made_from_rewritten_leaves(log: MadeLog):
    ids = log.grow(3)
    log.disarm()
    log.execute("UPDATE audit_leaf SET leaf_hash = :hash WHERE position = 1", hash=bytes(32))
    with pytest.raises(LogRewritten):
        proof_of(log, ids[0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("body", None),
        ("position", "0"),
        ("position", True),
        ("path", ["zz"]),
        ("path", 5),
        ("head", None),
        ("head", {}),
        ("head", []),
    ],
)
def test_json_that_is_no_proof_is_refused(sqlite_log: MadeLog, name: str, value: object):
    made = proof_of(sqlite_log, sqlite_log.grow(2)[0]).to_json() | {name: value}
    others: list[object] = [made, None, [], "text", {}]
    for bad in others:
        with pytest.raises(InclusionProofInvalid):
            InclusionProof.from_json(bad)
