"""The keys of the HSM by what they are for, each bound to its entry of the root-signed key list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from cryptography import x509

from printserver.signing.errors import KeyUnknown
from printserver.signing.hsm import Hsm
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import sign_message
from printserver.signing.ports import MessageSign, RawSign
from printserver.signing.published_key import KeyUsage, PublishedKey

PDF_LABEL: Final = "pdf"
TREE_HEAD_LABEL: Final = "tree-head"
SEAL_MAKER_LABEL: Final = "seal-maker"
SEAL_CA_LABEL: Final = "seal-ca"
KEY_ENCRYPTION_LABEL: Final = "key-encryption"


def code_label(organisation: int) -> str:
    """organisation: the u32 of verification codes."""
    return f"code-{organisation}"


def seal_label(code_id: str) -> str:
    """code_id: 12 hexadecimal digits."""
    return f"seal-{code_id}"


@dataclass(frozen=True)
class SigningKeys:
    """Signs with keys that the published list names; a key that is not published signs nothing."""

    hsm: Hsm
    key_list: KeyList

    def code(self, organisation: int) -> tuple[PublishedKey, RawSign]:
        """Raises: KeyUnknown, HsmKeyMissing, HsmUnavailable."""
        label = code_label(organisation)
        return self._published(label, KeyUsage.CODE), partial(self.hsm.sign_p256, label)

    def pdf(self) -> tuple[tuple[x509.Certificate, ...], MessageSign]:
        """The certificate chain, the signer's first, and what signs for it."""
        key = self._published(PDF_LABEL, KeyUsage.PDF)
        chain = (key.x509_certificate(), self.key_list.root_certificate)
        return chain, partial(self.hsm.sign_rsa_pkcs1v15_sha256, PDF_LABEL)

    def tree_head_id(self) -> str:
        return self._published(TREE_HEAD_LABEL, KeyUsage.TREE_HEAD).key_id

    def sign_tree_head(self, message: bytes) -> bytes:
        """64 bytes, r‖s."""
        return sign_message(partial(self.hsm.sign_p256, TREE_HEAD_LABEL), message)

    def _published(self, label: str, usage: KeyUsage) -> PublishedKey:
        spki = self.hsm.public_spki(label)
        for key in self.key_list.of_usage(usage):
            if key.spki == spki:
                return key
        raise KeyUnknown(f"the HSM's key {label} is not in the published key list")
