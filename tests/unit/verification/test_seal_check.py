"""The verdict on a seal file: what it is worth is told apart from what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.seal_makers import SealMakers, Vouched
from printserver.verification.seal_check import SealVerdictKind, check_seal_file
from tests.seal_vectors import P256, SM2, VERSIONS, Vectors, make_vectors

K = SealVerdictKind
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=[(version, SM2) for version in VERSIONS] + [(4, P256)], ids=str)
def vectors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return make_vectors(tmp_path_factory.mktemp("check"), *request.param)


def pinned(vectors: Vectors) -> SealMakers:
    return SealMakers(pinned=(vectors.maker.certificate,))


def test_a_genuine_seal_says_whose_by_whom_valid_when_and_how_large(vectors: Vectors):
    verdict = check_seal_file(vectors.seal, pinned(vectors), vectors.made_at)
    assert verdict.kind is K.GENUINE
    assert verdict.use is None
    seal = verdict.seal
    assert seal is not None
    assert (seal.name, seal.seal_type, seal.version) == ("示例公司合同专用章", 1, vectors.version)
    assert (seal.valid_from, seal.valid_to, seal.vouched) == (vectors.made_at, vectors.end, Vouched.PINNED)
    assert "maker" in seal.maker.subject
    assert "holder" in seal.holders[0].subject
    assert (seal.picture.kind, seal.picture.width_mm, seal.picture.height_mm) == ("PNG", 42, 40)
    assert seal.algorithm == ("SM2 SM3" if vectors.maker.kind == SM2 else "ECDSA P-256 SHA-256")


def test_a_genuine_use_says_when_by_whom_and_over_what(vectors: Vectors):
    verdict = check_seal_file(vectors.signature, pinned(vectors), vectors.made_at, data=vectors.data)
    assert verdict.kind is K.GENUINE
    use = verdict.use
    assert use is not None
    assert (use.data_compared, use.digest) == (True, vectors.holder.digest(vectors.data).hex())
    assert use.hash == ("SM3" if vectors.maker.kind == SM2 else "SHA-256")
    without = check_seal_file(vectors.signature, pinned(vectors), vectors.made_at)
    assert without.kind is K.GENUINE
    assert without.use is not None
    assert not without.use.data_compared


def test_a_use_outlives_the_seal_and_a_seal_does_not(vectors: Vectors):
    later = vectors.end + timedelta(days=400)
    assert check_seal_file(vectors.seal, pinned(vectors), later).kind is K.EXPIRED
    assert check_seal_file(vectors.signature, pinned(vectors), later).kind is K.GENUINE
    late = vectors.signature_with(at=later)
    assert check_seal_file(late, pinned(vectors), later).kind is K.EXPIRED


def test_a_strangers_seal_is_told_from_a_forged_one(vectors: Vectors):
    changed = vectors.seal.replace("合同".encode(), "财务".encode())
    assert check_seal_file(vectors.seal, SealMakers(), vectors.made_at).kind is K.MAKER_UNKNOWN
    for makers in (SealMakers(), pinned(vectors)):
        forged = check_seal_file(changed, makers, vectors.made_at)
        assert forged.kind is K.FORGED
        assert forged.seal is not None


def test_other_data_is_told_also_of_a_strangers_seal(vectors: Vectors):
    for makers in (SealMakers(), pinned(vectors)):
        verdict = check_seal_file(vectors.signature, makers, vectors.made_at, data=b"something else")
        assert verdict.kind is K.OTHER_DATA


def test_a_forged_use_is_forged_whatever_data_is_shown(vectors: Vectors):
    changed = vectors.signature.replace(b"/Doc_0/", b"/Doc_1/")
    for data in (None, vectors.data, b"other"):
        assert check_seal_file(changed, pinned(vectors), vectors.made_at, data=data).kind is K.FORGED


def test_an_unknown_algorithm_is_neither_genuine_nor_forged(tmp_path_factory: pytest.TempPathFactory):
    made = make_vectors(tmp_path_factory.mktemp("unknown"), 4, P256)
    oid = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"
    at = made.seal.rindex(oid + b"\x02")
    unknown = made.seal[: at + len(oid)] + b"\x07" + made.seal[at + len(oid) + 1 :]
    assert check_seal_file(unknown, pinned(made), made.made_at).kind is K.UNVERIFIABLE


@given(data=st.binary(max_size=400))
def test_any_bytes_get_a_verdict(data: bytes):
    verdict = check_seal_file(data, SealMakers(), NOON)
    assert (verdict.kind, verdict.seal) == (K.UNREADABLE, None)


def test_a_spoiled_seal_gets_a_verdict_wherever_it_is_cut(vectors: Vectors):
    for cut in range(0, len(vectors.signature), 5):
        spoiled = vectors.signature[:cut] + vectors.signature[cut + 1 :]
        assert check_seal_file(spoiled, pinned(vectors), vectors.made_at).kind is not K.GENUINE
