"""The key list: only what the pinned root signed, and only when it does not contradict itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.signing.errors import KeyListRefused, KeyNotValid, KeyUnknown
from printserver.signing.key_list import KeyList, build_key_list, normal_fingerprint, unverified_fingerprint
from printserver.signing.p256 import key_id_of, sign_message, software_sign, spki_of
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.trust import OfflineRoot, make_root
from tests.hsm_token import NOT_AFTER, NOT_BEFORE, HsmToken


def signed(document: dict[str, Any], root: OfflineRoot) -> bytes:
    """The document as this root would sign it, whatever it says."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    signature = sign_message(root.sign, rfc8785.dumps(unsigned))
    return rfc8785.dumps({**unsigned, "signature": base64.b64encode(signature).decode("ascii")})


@pytest.fixture
def document(hsm_token: HsmToken) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(hsm_token.key_list_file.read_bytes())
    return content


def test_a_published_list_gives_each_key_for_its_use_only(hsm_token: HsmToken):
    for usage in KeyUsage:
        key = hsm_token.key_list.find(hsm_token.key_id(usage), usage)
        assert key.x509_certificate() == hsm_token.certificates[usage]
        for other in set(KeyUsage) - {usage}:
            with pytest.raises(KeyUnknown):
                hsm_token.key_list.find(key.key_id, other)


def test_the_fingerprint_may_be_typed_as_printed(hsm_token: HsmToken):
    fingerprint = hsm_token.root.fingerprint
    typed = " ".join(fingerprint[at : at + 4].upper() for at in range(0, 64, 4))
    KeyList.load(hsm_token.key_list_file.read_bytes(), root_fingerprint=typed)
    assert normal_fingerprint(":".join(fingerprint[at : at + 2] for at in range(0, 64, 2))) == fingerprint
    assert unverified_fingerprint(hsm_token.key_list_file.read_bytes()) == fingerprint


@pytest.mark.parametrize("typed", ["", "abcd", "g" * 64, "0" * 63, "0" * 65])
def test_a_fingerprint_that_is_none_pins_nothing(hsm_token: HsmToken, typed: str):
    with pytest.raises(KeyListRefused):
        KeyList.load(hsm_token.key_list_file.read_bytes(), root_fingerprint=typed)


def test_a_list_of_another_root_is_refused(hsm_token: HsmToken, document: dict[str, Any], tmp_path: Any):
    other = make_root(
        tmp_path / "key", common_name="Root", organisation_name="示例公司", not_before=NOT_BEFORE, not_after=NOT_AFTER
    )
    forged = build_key_list(
        issuer="示例公司",
        sequence=2,
        issued_at=NOT_BEFORE,
        root_certificate=other.certificate,
        sign=other.sign,
        keys=[replace(key, certificate=None) for key in hsm_token.key_list.keys],
    )
    KeyList.load(forged, root_fingerprint=other.fingerprint)
    with pytest.raises(KeyListRefused):
        KeyList.load(forged, root_fingerprint=hsm_token.root.fingerprint)
    with pytest.raises(KeyListRefused):
        KeyList.load(signed(document, other), root_fingerprint=hsm_token.root.fingerprint)


def test_a_list_with_any_byte_changed_is_refused(hsm_token: HsmToken):
    data = hsm_token.key_list_file.read_bytes()
    for at in range(0, len(data), 5):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(KeyListRefused):
            KeyList.load(bytes(changed), root_fingerprint=hsm_token.root.fingerprint)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(keys=[]),
        lambda d: d.update(keys={}),
        lambda d: d["keys"].append(d["keys"][0]),
        lambda d: d["keys"][0].update(key_id="00000000"),
        lambda d: d["keys"][0].update(usage="everything"),
        lambda d: d["keys"][0].update(usage=["code"]),
        lambda d: d["keys"][0].update(organisation=None),
        lambda d: d["keys"][0].update(organisation=True),
        lambda d: d["keys"][0].update(organisation=2**32),
        lambda d: d["keys"][0].update(extra=1),
        lambda d: d["keys"][0].pop("revoked_at"),
        lambda d: d["keys"][0].update(revoked_at="soon"),
        lambda d: d["keys"][0].update(not_after=d["keys"][0]["not_before"]),
        lambda d: d["keys"][0].update(not_before="2026-02-30T00:00:00Z"),
        lambda d: d["keys"][0].update(spki=d["keys"][1]["spki"]),
        lambda d: d["keys"][0].update(spki="@@@"),
        lambda d: d["keys"][0].update(certificate=d["keys"][1]["certificate"]),
        lambda d: d["keys"][0].update(certificate=5),
        lambda d: d["keys"][1].update(usage="tree-head"),
        lambda d: d.update(version=1),
        lambda d: d.update(version=3),
        lambda d: d.update(version="2"),
        lambda d: d.update(previous_sha256="0" * 63),
        lambda d: d.pop("previous_sha256"),
        lambda d: d["keys"][0].update(revoked_reason="none"),
        lambda d: d.update(sequence=0),
        lambda d: d.update(sequence=True),
        lambda d: d.update(issuer=None),
        lambda d: d.update(issued_at="2026-01-01"),
        lambda d: d.update(root={}),
        lambda d: d["root"].update(fingerprint="0" * 64),
        lambda d: d.update(comment="hello"),
        lambda d: d.pop("sequence"),
    ],
)  # fmt: skip
def test_a_list_that_contradicts_itself_is_refused_even_if_the_root_signed_it(
    hsm_token: HsmToken, document: dict[str, Any], change: Change
):
    KeyList.load(signed(document, hsm_token.root), root_fingerprint=hsm_token.root.fingerprint)
    change(document)
    with pytest.raises(KeyListRefused):
        KeyList.load(signed(document, hsm_token.root), root_fingerprint=hsm_token.root.fingerprint)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"version":1,"version":1}', b"\xff"])
def test_bytes_that_are_no_list_are_refused(hsm_token: HsmToken, data: bytes):
    with pytest.raises(KeyListRefused):
        KeyList.load(data, root_fingerprint=hsm_token.root.fingerprint)


@pytest.mark.parametrize("issuer", ["[" * 700 + "]" * 700, "1e400", '"\\ud800"'])
def test_a_list_that_cannot_be_signed_is_refused(hsm_token: HsmToken, document: dict[str, Any], issuer: str):
    data = json.dumps({**document, "issuer": json.loads(issuer), "signature": ""}).encode()
    with pytest.raises(KeyListRefused):
        KeyList.load(data, root_fingerprint=hsm_token.root.fingerprint)


def test_a_key_certified_by_somebody_else_is_not_listed(hsm_token: HsmToken, tmp_path: Any):
    other = make_root(
        tmp_path / "key", common_name="Root", organisation_name="示例公司", not_before=NOT_BEFORE, not_after=NOT_AFTER
    )
    with pytest.raises(KeyListRefused):
        build_key_list(
            issuer="示例公司",
            sequence=2,
            issued_at=NOT_BEFORE,
            root_certificate=other.certificate,
            sign=other.sign,
            keys=hsm_token.key_list.keys,
        )


def test_a_bare_key_needs_no_certificate_and_can_be_revoked(hsm_token: HsmToken):
    spki = spki_of(ec.derive_private_key(99, ec.SECP256R1()).public_key())
    key = PublishedKey(key_id_of(spki), KeyUsage.TREE_HEAD, None, spki, None, NOT_BEFORE, NOT_AFTER, None)
    revoked_at = datetime(2027, 1, 1, tzinfo=UTC)
    data = build_key_list(
        issuer="示例公司",
        sequence=2,
        issued_at=NOT_BEFORE,
        root_certificate=hsm_token.root.certificate,
        sign=software_sign(hsm_token.root.key),
        keys=[key.revoked(revoked_at)],
    )
    read = KeyList.load(data, root_fingerprint=hsm_token.root.fingerprint).find(key.key_id, KeyUsage.TREE_HEAD)
    assert read == key.revoked(revoked_at)
    read.check_not_revoked(NOT_BEFORE)
    with pytest.raises(KeyNotValid):
        read.check_not_revoked(None)
    with pytest.raises(KeyUnknown):
        read.x509_certificate()


def test_files_that_cannot_be_read_are_refused_like_a_list_that_is_none(tmp_path):
    (tmp_path / "list.json").write_bytes(b"{}")
    (tmp_path / "pin").write_bytes("是".encode())
    for list_file, pin_file in (("absent", "pin"), ("list.json", "absent"), ("list.json", "pin")):
        with pytest.raises(KeyListRefused):
            KeyList.read(tmp_path / list_file, pin_file=tmp_path / pin_file)


@pytest.mark.parametrize("test", [True, False])
def test_a_list_says_whether_everything_signed_under_it_is_a_test(hsm_token: HsmToken, test: bool):
    data = build_key_list(
        issuer="示例公司",
        sequence=2,
        issued_at=NOT_BEFORE,
        root_certificate=hsm_token.root.certificate,
        sign=software_sign(hsm_token.root.key),
        keys=hsm_token.key_list.keys,
        test=test,
    )
    assert KeyList.load(data, root_fingerprint=hsm_token.root.fingerprint).test is test
    other = data.replace(f'"test":{str(test).lower()}'.encode(), f'"test":{str(not test).lower()}'.encode())
    with pytest.raises(KeyListRefused):
        KeyList.load(other, root_fingerprint=hsm_token.root.fingerprint)
