"""Seals of every version and algorithm, made by other code: read, believed under a pinned maker, and under no other.

`PRINTSERVER_REAL_SEALS` may name real seal or signature files, separated by colons: each is read, its signature
verified under the certificate inside, and refused once it is changed. Without it they are simply fewer cases.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import PrintServerError
from printserver.signing.errors import (
    SealMakerUnknown,
    SealObjectExpired,
    SealObjectForged,
    SealObjectMalformed,
)
from printserver.signing.seal_makers import SealMakers, Vouched
from printserver.signing.seal_object import check_seal_signed, read_seal_object, verify_seal_object
from printserver.signing.seal_signature import (
    check_signature_signed,
    digest_for,
    is_seal_signature,
    read_seal_signature,
    verify_seal_signature,
)
from tests.seal_vectors import P256, RSA, SM2, VERSIONS, Vectors, make_vectors

PLACES = 200
CASES = [(version, kind) for version in VERSIONS for kind in (P256, SM2)] + [(4, RSA)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def vectors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return make_vectors(tmp_path_factory.mktemp("vectors"), *request.param)


def pinned(vectors: Vectors) -> SealMakers:
    return SealMakers(pinned=(vectors.maker.certificate,))


def noon(vectors: Vectors):
    return vectors.made_at + timedelta(hours=12)


def test_a_seal_of_a_pinned_maker_says_whose_it_is_and_what_it_looks_like(vectors: Vectors):
    seal = verify_seal_object(vectors.seal, pinned(vectors), noon(vectors))
    assert (seal.version, seal.vouched) == (vectors.version, Vouched.PINNED)
    assert (seal.facts.name, seal.facts.seal_type) == ("示例公司合同专用章", 1)
    assert (seal.facts.seal_id, seal.facts.vendor_id) == ("31010500000001", "EXAMPLE&MAKER")
    assert (seal.facts.created_at, seal.facts.valid_from) == (vectors.made_at, vectors.made_at)
    assert seal.facts.valid_to == vectors.end
    assert (seal.picture.kind, seal.picture.width_mm, seal.picture.height_mm) == ("PNG", 42, 40)
    assert seal.picture.data == vectors.picture
    assert seal.holder_certificates == (vectors.holder.certificate,)


def test_a_signature_of_its_holder_is_proved_over_the_data(vectors: Vectors):
    digest = vectors.holder.digest(vectors.data)
    read = verify_seal_signature(vectors.signature, data_digest=digest, makers=pinned(vectors))
    assert (read.version, read.signed_at) == (vectors.version, vectors.made_at + timedelta(hours=1))
    assert read.seal.vouched is Vouched.PINNED
    assert digest_for(read, vectors.data) == digest
    assert read.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    with pytest.raises(SealObjectForged):
        verify_seal_signature(vectors.signature, data_digest=bytes(32), makers=pinned(vectors))


def test_seal_and_signature_are_told_apart(vectors: Vectors):
    assert (is_seal_signature(vectors.seal), is_seal_signature(vectors.signature)) == (False, True)
    with pytest.raises(SealObjectMalformed):
        read_seal_object(vectors.signature)
    with pytest.raises(SealObjectMalformed):
        read_seal_signature(vectors.seal)


def test_nobody_else_is_believed_as_the_maker(vectors: Vectors):
    for makers in (SealMakers(), SealMakers(pinned=(vectors.holder.certificate,))):
        with pytest.raises(SealMakerUnknown):
            verify_seal_object(vectors.seal, makers, noon(vectors))
        digest = vectors.holder.digest(vectors.data)
        with pytest.raises(SealMakerUnknown):
            verify_seal_signature(vectors.signature, data_digest=digest, makers=makers)


def test_a_seal_is_not_valid_after_its_end_nor_before_its_beginning(vectors: Vectors):
    for at in (vectors.made_at - timedelta(seconds=1), vectors.end + timedelta(seconds=1)):
        with pytest.raises(SealObjectExpired):
            verify_seal_object(vectors.seal, pinned(vectors), at)
        late, digest = vectors.signature_with(at=at), vectors.holder.digest(vectors.data)
        with pytest.raises(SealObjectExpired):
            verify_seal_signature(late, data_digest=digest, makers=pinned(vectors))


def test_whoever_does_not_hold_the_seal_cannot_use_it(vectors: Vectors):
    stolen = vectors.signature_with(signer=vectors.maker)
    with pytest.raises(SealObjectForged):
        verify_seal_signature(stolen, data_digest=vectors.maker.digest(vectors.data), makers=pinned(vectors))


def test_a_seal_or_signature_with_one_byte_changed_is_never_accepted(vectors: Vectors):
    chance = random.Random(f"{vectors.version} {vectors.maker.kind}")
    digest = vectors.holder.digest(vectors.data)

    def seal(data: bytes) -> object:
        return verify_seal_object(data, pinned(vectors), noon(vectors))

    def signature(data: bytes) -> object:
        return verify_seal_signature(data, data_digest=digest, makers=pinned(vectors))

    for genuine, verify in ((vectors.seal, seal), (vectors.signature, signature)):
        _refuses_changes(genuine, verify, chance)


def _refuses_changes(genuine: bytes, verify: Callable[[bytes], object], chance: random.Random) -> None:
    for _ in range(PLACES):
        changed = bytearray(genuine)
        changed[chance.randrange(len(genuine))] ^= chance.randrange(1, 256)
        with pytest.raises(PrintServerError):
            verify(bytes(changed))


@pytest.fixture(scope="module", params=[4, 5])
def flat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return make_vectors(tmp_path_factory.mktemp("flat"), request.param, SM2)


def test_a_holder_may_be_named_by_the_digest_of_the_certificate_alone(flat: Vectors):
    seal = flat.seal_with(digests=True)
    assert verify_seal_object(seal, pinned(flat), noon(flat)).holder_certificates == ()
    digest = flat.holder.digest(flat.data)
    verify_seal_signature(flat.signature_with(seal=seal), data_digest=digest, makers=pinned(flat))
    with pytest.raises(SealObjectForged):
        verify_seal_signature(
            flat.signature_with(seal=seal, signer=flat.maker),
            data_digest=flat.maker.digest(flat.data),
            makers=pinned(flat),
        )


def test_what_a_maker_adds_is_signed_with_the_rest(flat: Vectors):
    added = flat.seal_with(extensions=[{"extnID": "1.2.3.4", "extnValue": b"own"}])
    verify_seal_object(added, pinned(flat), noon(flat))
    with pytest.raises(SealObjectForged):
        verify_seal_object(added.replace(b"own", b"OWN"), pinned(flat), noon(flat))


def test_only_version_5_carries_a_time_stamp_and_it_is_said_to_be_there(flat: Vectors):
    stamped = flat.seal_with(stamp=b"a token")
    if flat.version == 5:
        assert verify_seal_object(stamped, pinned(flat), noon(flat)).time_stamped
    else:
        with pytest.raises(SealObjectMalformed):
            read_seal_object(stamped)


@pytest.mark.parametrize("version", [1, 2, 3, 6])
def test_a_flat_seal_of_another_version_is_not_read(flat: Vectors, version: int):
    with pytest.raises(SealObjectMalformed):
        read_seal_object(flat.seal_with(version=version))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return make_vectors(tmp_path_factory.mktemp("first"), 1, SM2)


@pytest.mark.parametrize(
    "form", ["%Y%m%d%H%M%SZ", "%y%m%d%H%M%SZ", "%Y%m%d%H%M%S.0Z"]
)  # fmt: skip
def test_version_1_writes_its_time_in_several_ways(first: Vectors, form: str):
    at = first.made_at + timedelta(hours=9)
    read = read_seal_signature(first.signature_with(written_at=at.strftime(form).encode()))
    assert read.signed_at == at


def test_version_1_without_a_zone_means_china(first: Vectors):
    there = first.made_at + timedelta(hours=9)
    here = (there + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S").encode()
    assert read_seal_signature(first.signature_with(written_at=here)).signed_at == there


@pytest.mark.parametrize("written_at", [b"", b"yesterday", b"2026-13-01 00:00:00", b"20261301000000Z"])
def test_version_1_without_a_time_is_not_read(first: Vectors, written_at: bytes):
    with pytest.raises(SealObjectMalformed):
        read_seal_signature(first.signature_with(written_at=written_at))


def test_a_signature_of_one_version_around_a_seal_of_another_is_not_read(first: Vectors, flat: Vectors):
    for outer, inner in ((first, flat), (flat, first)):
        mixed = replace(outer, maker=inner.maker, holder=inner.holder).signature_with(seal=inner.seal)
        with pytest.raises(SealObjectMalformed):
            read_seal_signature(mixed)


@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(data: bytes):
    for read in (read_seal_object, read_seal_signature, is_seal_signature):
        with pytest.raises(SealObjectMalformed):
            read(data)


@dataclass(frozen=True)
class Sample:
    """A seal or signature file, and what proves it under the certificates inside."""

    name: str
    data: bytes

    def check(self, data: bytes) -> None:
        if is_seal_signature(data):
            signature = read_seal_signature(data)
            check_seal_signed(signature.seal)
            check_signature_signed(signature)
        else:
            check_seal_signed(read_seal_object(data))


def samples(folder: Path) -> list[Sample]:
    own = make_vectors(folder, 4, SM2)
    named = [path for path in os.environ.get("PRINTSERVER_REAL_SEALS", "").split(os.pathsep) if path]
    real = [Sample(Path(path).name, Path(path).read_bytes()) for path in named]
    return [Sample("own seal", own.seal), Sample("own signature", own.signature), *real]


def test_real_files_verify_under_their_own_certificates_and_not_once_changed(tmp_path: Path):
    for sample in samples(tmp_path):
        sample.check(sample.data)
        maker = _maker_of(sample.data)
        chance = random.Random(sample.name)

        def verify(data: bytes, check: Callable[[bytes], None] = sample.check, maker: bytes = maker) -> None:
            if _maker_of(data) != maker:
                raise SealMakerUnknown("not the pinned one")
            check(data)

        _refuses_changes(sample.data, verify, chance)


def _maker_of(data: bytes) -> bytes:
    seal = read_seal_signature(data).seal if is_seal_signature(data) else read_seal_object(data)
    return seal.maker_certificate
