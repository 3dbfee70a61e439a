"""What others signed stands in a signature as it came, also at lengths that asn1crypto takes for indefinite ones."""

from __future__ import annotations

import pytest
from asn1crypto import cms, core

from printserver.signing.as_written import WrittenContentInfo, WrittenSignerInfo, second_member

DATA = bytes.fromhex("06092a864886f70d010701")


def token_of(size: int) -> bytes:
    """A ContentInfo of `size` bytes whose innermost length is written in more bytes than needed, as BER allows."""
    inner = b"\x04\x82" + (size - 3 - len(DATA) - 3 - 4).to_bytes(2, "big")
    octets = inner + bytes(size - 3 - len(DATA) - 3 - 4)
    tagged = b"\xa0\x81" + bytes([len(octets)]) + octets
    token = b"\x30\x81" + bytes([len(DATA) + len(tagged)]) + DATA + tagged
    assert len(token) == size
    return token


def put_into_a_signature(token: cms.ContentInfo) -> bytes:
    """Dumped twice, as a signature is."""
    attribute = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})
    attribute.dump()
    return bytes(cms.CMSAttributes([attribute]).dump())


@pytest.mark.parametrize("size", [127 + 20, 0x80, 0x80 + 3, 200])
def test_a_time_stamp_is_written_as_it_came(size: int):
    token = token_of(size)
    assert token in put_into_a_signature(WrittenContentInfo.load(token))


def test_asn1crypto_itself_writes_it_anew_at_an_unlucky_length():
    """Why the above is needed: without it, and with a stamp of 0x80 bytes, the authority's signature would break."""
    token = token_of(0x80)
    assert token not in put_into_a_signature(cms.ContentInfo.load(token))


def test_nothing_below_is_encoded_again(monkeypatch: pytest.MonkeyPatch):
    token = WrittenContentInfo.load(token_of(0x80))
    assert token["content"].native == bytes(0x80 - 3 - len(DATA) - 3 - 4)
    encoded: list[str] = []
    plain = core.Sequence._set_contents

    def counted(value: core.Sequence, force: bool = False) -> None:
        encoded.append(type(value).__name__)
        plain(value, force)

    monkeypatch.setattr(core.Sequence, "_set_contents", counted)
    put_into_a_signature(token)
    assert "WrittenContentInfo" not in encoded


def test_a_signers_part_is_written_as_it_came():
    made = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {"subject_key_identifier": b"k"},
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": bytes(64),
        }
    ).dump()
    kept = WrittenSignerInfo.load(made)
    assert kept.dump(force=True) == made


def test_the_second_member_is_found_whatever_follows():
    assert second_member(bytes.fromhex("300a 3003020100 0401aa 0500".replace(" ", ""))) == b"\x04\x01\xaa"
    for broken in (b"", b"\x30\x00", b"\x30\x03\x02\x01\x00", b"\x30\x05\x02\x01\x00\x04\x09"):
        with pytest.raises(ValueError):
            second_member(broken)
