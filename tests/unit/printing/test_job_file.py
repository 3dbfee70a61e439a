"""Sealing job files: the published examples, what is refused, and the secret behind the shares."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cups.fence.job_file import JobFile, NotOpened
from printserver.printing.job_file import (
    BackendKeyMalformed,
    JobHeader,
    ShareSecret,
    ShareSecretDamaged,
    make_backend_key,
    read_public_key,
    seal_job,
    seal_with,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "job_file.json").read_text("utf-8"))
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SHARE = bytes(32)


def header_of(document: bytes, **other: Any) -> JobHeader:
    fields: dict[str, Any] = {"document_format": "application/pdf", "impressions": 2, **other}
    return JobHeader(ticket="ab" * 32, job_uuid=uuid4(), document_sha256=sha256(document).hexdigest(), **fields)


@pytest.mark.parametrize("example", VECTORS["examples"], ids=lambda example: example["header"]["document_format"])
def test_the_published_examples_are_sealed_and_opened_to_the_same_octets(example):
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(example["backend"]))
    document, share = bytes.fromhex(example["document"]), bytes.fromhex(example["share"])
    header = JobHeader(**{**example["header"], "job_uuid": UUID(example["header"]["job_uuid"])})
    ephemeral = X25519PrivateKey.from_private_bytes(bytes.fromhex(example["ephemeral"]))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert seal_with(ephemeral, document, header, public, share).hex() == example["job_file"]
    opened = JobFile(bytes.fromhex(example["job_file"]), key)
    assert vars(opened.header) == example["header"]
    assert opened.document(share) == document


def test_the_published_shares_come_from_their_secret():
    secret = ShareSecret(bytes.fromhex(VECTORS["shares"]["secret"]))
    for ticket, share in VECTORS["shares"]["by_ticket"].items():
        assert secret.share(ticket).hex() == share


@settings(max_examples=30, deadline=None)
@given(document=st.binary(max_size=3000), share=st.binary(min_size=32, max_size=32), impressions=st.integers(1, 9999))
def test_whatever_is_sealed_opens_again_with_the_same_share_alone(document, share, impressions):
    header = header_of(document, impressions=impressions)
    opened = JobFile(seal_job(document, header, PUBLIC, share), KEY)
    assert (opened.header.ticket, opened.header.impressions) == (header.ticket, impressions)
    assert UUID(opened.header.job_uuid) == header.job_uuid
    assert opened.document(share) == document
    with pytest.raises(NotOpened):
        opened.document(bytes([share[0] ^ 1]) + share[1:])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_job_file_changed_in_any_octet_does_not_open(data):
    sealed = bytearray(seal_job(b"%PDF-1.7", header_of(b"%PDF-1.7"), PUBLIC, SHARE))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotOpened):
        JobFile(bytes(sealed), KEY).document(SHARE)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_job_file_that_was_cut_or_lengthened_does_not_open(data):
    sealed = seal_job(b"%PDF-1.7", header_of(b"%PDF-1.7"), PUBLIC, SHARE)
    other = data.draw(st.one_of(st.integers(0, len(sealed) - 1).map(lambda end: sealed[:end]), st.just(sealed + b"\0")))
    with pytest.raises(NotOpened):
        JobFile(other, KEY).document(SHARE)


def test_a_header_does_not_open_the_document_of_another_job():
    one, two = (seal_job(text, header_of(text), PUBLIC, SHARE) for text in (b"%PDF one", b"%PDF two"))
    end_of_head = len(one) - len(b"%PDF one") - 16
    with pytest.raises(NotOpened):
        JobFile(one[:end_of_head] + two[end_of_head:], KEY).document(SHARE)


def test_another_machines_key_opens_nothing():
    with pytest.raises(NotOpened):
        JobFile(seal_job(b"", header_of(b""), PUBLIC, SHARE), X25519PrivateKey.generate())


def test_neither_document_nor_ticket_stands_in_a_job_file_and_no_two_files_are_alike():
    document = b"%PDF-1.7 canary canary canary"
    header = header_of(document)
    one, two = (seal_job(document, header, PUBLIC, SHARE) for _ in range(2))
    assert one.startswith(b"PSJOB1\n")
    assert one[7:39] != two[7:39]
    assert b"canary" not in one
    assert header.ticket.encode() not in one
    assert bytes.fromhex(header.ticket) not in one


@pytest.mark.parametrize(
    "change",
    [
        {"ticket": "AB" * 32},
        {"ticket": "ab" * 31},
        {"document_sha256": "0" * 63},
        {"document_format": "application/pdf\n"},
        {"document_format": "pdf"},
        {"impressions": 0},
    ],
)
def test_a_header_that_is_not_well_formed_is_not_made(change):
    with pytest.raises(ValueError, match="not well formed"):
        replace(header_of(b""), **change)


def test_a_document_that_the_header_does_not_name_is_not_sealed():
    with pytest.raises(ValueError, match="another document"):
        seal_job(b"two", header_of(b"one"), PUBLIC, SHARE)
    with pytest.raises(ValueError, match="octets"):
        seal_job(b"one", header_of(b"one"), PUBLIC, SHARE[1:])


def test_a_made_key_is_read_back_and_other_files_are_refused(tmp_path):
    private, public = make_backend_key()
    (tmp_path / "backend.pub").write_bytes(public)
    assert len(read_public_key(tmp_path / "backend.pub")) == 32
    for wrong in (private, b"", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(BackendKeyMalformed):
            read_public_key(tmp_path / "wrong")


def test_the_secret_is_made_once_for_its_owner_alone_also_by_many_at_a_time(tmp_path):
    path = tmp_path / "secret"
    with ThreadPoolExecutor(8) as pool:
        shares = set(pool.map(lambda _: ShareSecret.load_or_make(path).share("0" * 64), range(8)))
    assert len(shares) == 1
    assert path.stat().st_mode & 0o7777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
    assert ShareSecret.load_or_make(path).share("1" * 64) not in shares


def test_a_secret_that_was_cut_short_is_not_replaced(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(os.urandom(31))
    before = path.read_bytes()
    with pytest.raises(ShareSecretDamaged):
        ShareSecret.load_or_make(path)
    assert path.read_bytes() == before
