"""A SoftHSM token with the product's standard keys, certificates and signed key list, made in a second.

Import the fixtures where they are needed: `from tests.hsm_token import hsm, hsm_token`. Each token loads a copy of the
module of its own, so that one test process can hold several tokens open.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing.evidence import AttestationKey
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.key_list import KeyList, build_key_list
from printserver.signing.p256 import spki_of
from printserver.signing.ports import MessageSign, RawSign
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.token_settings import TokenSettings, softhsm_module
from printserver.signing.token_setup import make_softhsm_token, read_pin
from printserver.signing.trust import OfflineRoot, issue_certificate, make_key_file, make_root

ORGANISATION: Final = 7
NOT_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER: Final = datetime(2036, 1, 1, tzinfo=UTC)
LABEL: Final = "print-sign"
KEYS: Final[Mapping[KeyUsage, KeyKind]] = {
    KeyUsage.CODE: KeyKind.P_256,
    KeyUsage.PDF: KeyKind.RSA_3072,
    KeyUsage.TREE_HEAD: KeyKind.P_256,
    KeyUsage.SEAL_MAKER: KeyKind.P_256,
    KeyUsage.SEAL_CA: KeyKind.P_256,
    KeyUsage.SEAL: KeyKind.P_256,
    KeyUsage.TIME_STAMP: KeyKind.P_256,
}
"""What the token holds; the keys' labels are the uses' names."""


@dataclass(frozen=True)
class HsmToken:
    """A token and everything the ceremony publishes about it. Times: valid from 2026 to 2036."""

    folder: Path
    settings: TokenSettings
    pin_file: Path
    root: OfflineRoot
    certificates: Mapping[KeyUsage, x509.Certificate]
    """Also that of the attestation key."""
    attestation_key_file: Path
    key_list_file: Path
    key_list: KeyList

    @property
    def attestation_key(self) -> AttestationKey:
        return AttestationKey.load(self.attestation_key_file)

    @property
    def root_certificate_file(self) -> Path:
        return self.folder / "root.pem"

    def key_id(self, usage: KeyUsage) -> str:
        return self.key_list.of_usage(usage)[0].key_id

    def open(self) -> Hsm:
        return Hsm(self.settings, pin=read_pin(self.pin_file))


def raw_sign(hsm: Hsm, usage: KeyUsage) -> RawSign:
    """The token's P-256 key for this use, as a port."""
    return lambda digest: hsm.sign_p256(usage, digest)


def message_sign(hsm: Hsm) -> MessageSign:
    """The token's RSA key for PDFs, as a port."""
    return lambda message: hsm.sign_rsa_pkcs1v15_sha256(KeyUsage.PDF, message)


def make_empty_token(folder: Path) -> tuple[TokenSettings, Path]:
    """A token without keys, and its PIN's file."""
    folder.mkdir(parents=True, exist_ok=True)
    module = folder / "libsofthsm2.so"
    shutil.copy(softhsm_module(), module)
    settings = make_softhsm_token(
        folder / "token", label=LABEL, pin_file=folder / "pin", so_pin_file=folder / "so-pin", module=module
    )
    return settings, folder / "pin"


def make_hsm_token(folder: Path) -> HsmToken:
    """A token with KEYS, a root, certificates for all of them and an attestation key, and the signed key list."""
    settings, pin_file = make_empty_token(folder)
    root = make_root(
        folder / "root.key",
        common_name="Root",
        organisation_name="示例公司",
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
    )
    hsm = Hsm(settings, pin=read_pin(pin_file))
    try:
        spkis = {usage: _new_key(hsm, usage, kind) for usage, kind in KEYS.items()}
    finally:
        hsm.close()
    spkis[KeyUsage.ATTESTATION] = spki_of(make_key_file(folder / "attestation.key").public_key())
    certificates = {usage: _certificate(root, usage, spki) for usage, spki in spkis.items()}
    data = build_key_list(
        issuer="示例公司",
        sequence=1,
        issued_at=NOT_BEFORE,
        root_certificate=root.certificate,
        sign=root.sign,
        keys=[
            PublishedKey.of_certificate(certificate, usage, organisation=ORGANISATION)
            for usage, certificate in certificates.items()
        ],
    )
    (folder / "KEYS.json").write_bytes(data)
    (folder / "root.pem").write_bytes(root.certificate.public_bytes(serialization.Encoding.PEM))
    return HsmToken(
        folder=folder,
        settings=settings,
        pin_file=pin_file,
        root=root,
        certificates=certificates,
        attestation_key_file=folder / "attestation.key",
        key_list_file=folder / "KEYS.json",
        key_list=KeyList.load(data, root_fingerprint=root.fingerprint),
    )


def _new_key(hsm: Hsm, usage: KeyUsage, kind: KeyKind) -> bytes:
    hsm.generate_key(usage, kind, usage.encode("ascii"))
    return hsm.public_spki(usage)


def _certificate(root: OfflineRoot, usage: KeyUsage, spki: bytes) -> x509.Certificate:
    return issue_certificate(
        root,
        usage,
        spki=spki,
        common_name=f"Test {usage}",
        organisation_name="示例公司",
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
    )


@pytest.fixture(scope="session")
def hsm_token(tmp_path_factory: pytest.TempPathFactory) -> HsmToken:
    """Shared by the whole run: do not change or break it; `make_hsm_token` makes another."""
    return make_hsm_token(tmp_path_factory.mktemp("hsm"))


@pytest.fixture(scope="session")
def hsm(hsm_token: HsmToken) -> Iterator[Hsm]:
    """The shared token, opened."""
    opened = hsm_token.open()
    yield opened
    opened.close()
