"""What a telephone sealed is read by the server alone, for the account and the record that it was sealed for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from printserver.organisations.secrets import Secrets
from printserver.web.sealed_captures import CaptureUnreadable, SealedCapture, opened, sealing_key

SECRETS = Secrets(bytes(range(32)))
ACCOUNT, OTHER = UUID(int=1), UUID(int=2)
CAPTURE, COPY = UUID(int=3), UUID(int=4)
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORDS = {
    "copy_id": str(COPY),
    "signers": [{"name": "李雷", "check": "passport", "party": "", "number_end": "123X"}],
    "place": "Shanghai",
    "witness": "",
    "signed_at": AT.isoformat(),
    "captured_at": AT.isoformat(),
}


def test_the_server_reads_what_was_sealed_for_the_account():
    new = opened(SECRETS, ACCOUNT, _sealed())
    assert (new.capture_id, new.copy_id, new.place, new.captured_at) == (CAPTURE, COPY, "Shanghai", AT)
    assert [(each.name, each.number_end) for each in new.signers] == [("李雷", "123X")]


def test_an_account_has_one_key_and_no_other_account_has_it():
    assert sealing_key(SECRETS, ACCOUNT) == sealing_key(SECRETS, ACCOUNT)
    assert sealing_key(SECRETS, ACCOUNT) != sealing_key(SECRETS, OTHER)
    assert sealing_key(Secrets(bytes(32)), ACCOUNT) != sealing_key(SECRETS, ACCOUNT)


@pytest.mark.parametrize(
    ("account", "secrets", "change"),
    [
        (OTHER, SECRETS, {}),
        (ACCOUNT, Secrets(bytes(32)), {}),
        (ACCOUNT, SECRETS, {"capture_id": OTHER}),
        (ACCOUNT, SECRETS, {"sealed": ""}),
        (ACCOUNT, SECRETS, {"sealed": "AAAA"}),
        (ACCOUNT, SECRETS, {"sealed": "未"}),
        (ACCOUNT, SECRETS, {"sealed": base64.b64encode(bytes(200)).decode()}),
    ],
)
def test_anything_else_is_refused(account: UUID, secrets: Secrets, change: dict[str, object]):
    with pytest.raises(CaptureUnreadable):
        opened(secrets, account, _sealed().model_copy(update=change))


def test_words_that_are_no_record_are_refused():
    with pytest.raises(CaptureUnreadable):
        opened(SECRETS, ACCOUNT, _sealed({**WORDS, "signed_at": "yesterday"}))


def _sealed(words: Mapping[str, object] = WORDS) -> SealedCapture:
    server = base64.b64decode(sealing_key(SECRETS, ACCOUNT))
    own = generate_private_key(SECP256R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), server))
    key = HKDF(SHA256(), 32, salt=point + server, info=b"printserver signing capture 1").derive(shared)
    ciphertext = AESGCM(key).encrypt(bytes(12), json.dumps(words).encode(), str(CAPTURE).encode())
    return SealedCapture(capture_id=CAPTURE, sealed=base64.b64encode(point + bytes(12) + ciphertext).decode("ascii"))
