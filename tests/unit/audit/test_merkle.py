"""The tree's roots and proofs, against published vectors, a literal reading of RFC 9162, and everything small."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.audit.merkle import (
    EMPTY_ROOT,
    ConsistencyProofInvalid,
    Frontier,
    InclusionProofInvalid,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

# The inputs and roots used by the Certificate Transparency reference implementation's tests.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
SMALL = 40


def entry(number: int) -> bytes:
    return b"entry %d" % number


def tree_of(size: int) -> Tree:
    return Tree(leaf_hash(entry(number)) for number in range(size))


def plain_root(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word by word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(entries[:split]) + plain_root(entries[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size):
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    assert Tree(leaves).root().hex() == ROOTS[size - 1]
    assert Frontier(leaves).root().hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_published_inclusion_proofs_come_out_and_verify(index, size, proof):
    path = [bytes.fromhex(step) for step in proof]
    assert list(Tree(map(leaf_hash, INPUTS)).inclusion_proof(index, size)) == path
    verify_inclusion(INPUTS[index], index, size, path, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_the_published_consistency_proofs_come_out_and_verify(old, new, proof):
    path = [bytes.fromhex(step) for step in proof]
    assert list(Tree(map(leaf_hash, INPUTS)).consistency_proof(old, new)) == path
    verify_consistency(old, new, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]), path)


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert Tree().root() == Frontier().root() == EMPTY_ROOT == plain_root([])


def test_every_root_up_to_forty_is_the_one_of_the_standards_own_words():
    tree, frontier = tree_of(SMALL), Frontier()
    for size in range(SMALL + 1):
        expected = plain_root([entry(number) for number in range(size)])
        assert tree.root(size) == frontier.root() == expected
        frontier.append(leaf_hash(entry(size)))


def test_every_inclusion_up_to_forty_verifies_and_at_no_other_place():
    tree = tree_of(SMALL)
    for size in range(1, SMALL + 1):
        for index in range(size):
            proof = tree.inclusion_proof(index, size)
            verify_inclusion(entry(index), index, size, proof, tree.root(size))
            for other in {0, index - 1, index + 1, size - 1} - {index}:
                with pytest.raises(InclusionProofInvalid):
                    verify_inclusion(entry(index), other, size, proof, tree.root(size))


def test_every_consistency_up_to_forty_verifies_and_with_no_other_root():
    tree = tree_of(SMALL)
    for new in range(1, SMALL + 1):
        for old in range(1, new + 1):
            proof = tree.consistency_proof(old, new)
            verify_consistency(old, new, tree.root(old), tree.root(new), proof)
            with pytest.raises(ConsistencyProofInvalid):
                verify_consistency(old, new, bytes(32), tree.root(new), proof)
            with pytest.raises(ConsistencyProofInvalid):
                verify_consistency(old, new, tree.root(old), bytes(32), proof)


@given(st.integers(1, 200), st.data())
def test_no_damaged_inclusion_proof_verifies(size, data):
    tree = tree_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = list(tree.inclusion_proof(index))
    damage = data.draw(st.sampled_from(["longer", "shorter", "flipped", "entry", "cut step"]))
    proven = entry(index)
    if damage == "longer":
        proof.insert(data.draw(st.integers(0, len(proof))), bytes(32))
    elif damage == "entry" or not proof:
        proven += b"!"
    elif damage == "shorter":
        proof.pop(data.draw(st.integers(0, len(proof) - 1)))
    else:
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = proof[at][:-1] if damage == "cut step" else bytes([proof[at][0] ^ 1]) + proof[at][1:]
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(proven, index, size, proof, tree.root())


@given(st.integers(1, 200), st.data())
def test_no_damaged_consistency_proof_verifies(size, data):
    tree = tree_of(size)
    old = data.draw(st.integers(1, size))
    proof = list(tree.consistency_proof(old))
    if proof and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    elif proof and data.draw(st.booleans()):
        proof.pop(data.draw(st.integers(0, len(proof) - 1)))
    else:
        proof.append(bytes(32))
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(old, size, tree.root(old), tree.root(), proof)


@given(st.integers(2, 120), st.data())
def test_a_rewritten_past_has_no_consistency_proof(size, data):
    changed = data.draw(st.integers(0, size - 2))
    old = data.draw(st.integers(changed + 1, size - 1))
    honest = tree_of(size)
    forged = Tree(leaf_hash(entry(number) + (b"!" if number == changed else b"")) for number in range(size))
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(old, size, honest.root(old), forged.root(), forged.consistency_proof(old))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 4)])
def test_places_outside_the_tree_have_no_proof(index, size):
    with pytest.raises(ValueError):
        tree_of(3).inclusion_proof(index, size)
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(entry(0), index, size, [bytes(32)] * 5, tree_of(3).root())


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3), (1, 4)])
def test_sizes_outside_the_tree_have_no_consistency_proof(old, new):
    with pytest.raises(ValueError):
        tree_of(3).consistency_proof(old, new)
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(old, new, bytes(32), tree_of(3).root(), [])


@pytest.mark.parametrize("size", [-1, 4])
def test_a_size_beyond_the_tree_has_no_root(size):
    with pytest.raises(ValueError):
        tree_of(3).root(size)


def test_a_copied_frontier_grows_on_its_own():
    first = Frontier(leaf_hash(entry(number)) for number in range(5))
    before, second = first.root(), first.copy()
    second.append(leaf_hash(entry(5)))
    assert (first.size, first.root()) == (5, before)
    assert second.root() == tree_of(6).root()
