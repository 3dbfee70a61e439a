"""The keys of the HSM by what they are for, each bound to its entry of the root-signed key list.

A renewed key has the label of the first with a number behind it (`pdf`, `pdf.2`, …); the newest one that the list
names and does not call revoked is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cryptography import x509

from printserver.signing.errors import HsmKeyMissing, KeyNotValid, KeyUnknown
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
TIME_STAMP_LABEL: Final = "time-stamp"


LABELS: Final[Mapping[KeyUsage, str]] = {
    KeyUsage.PDF: PDF_LABEL,
    KeyUsage.TREE_HEAD: TREE_HEAD_LABEL,
    KeyUsage.TIME_STAMP: TIME_STAMP_LABEL,
    KeyUsage.SEAL_MAKER: SEAL_MAKER_LABEL,
    KeyUsage.SEAL_CA: SEAL_CA_LABEL,
}
"""Of the first key for each use of which a token holds one for all organisations."""


def code_label(organisation: int) -> str:
    """organisation: the u32 of verification codes."""
    return f"code-{organisation}"


def seal_label(code_id: str) -> str:
    """code_id: 12 hexadecimal digits."""
    return f"seal-{code_id}"


def generation(name: str, label: str) -> int | None:
    """1 for `label` itself, 2 for `label.2` and so on; None for the name of another key."""
    match = re.fullmatch(re.escape(label) + r"(?:\.([1-9][0-9]*))?", name)
    return None if match is None else int(match[1] or 1)


def numbered(label: str, number: int) -> str:
    """The name of a generation, from 1 on: what `generation` reads."""
    return label if number == 1 else f"{label}.{number}"


def next_name(label: str, taken: Iterable[str]) -> str:
    """Of the generation after all those that are among the names."""
    return numbered(label, max((generation(name, label) or 0 for name in taken), default=0) + 1)


@dataclass(frozen=True)
class _Current:
    """name: the label in the token."""

    name: str
    key: PublishedKey


@dataclass(frozen=True)
class SigningKeys:
    """Signs with keys that the published list names; a key that is not published signs nothing.

    stopped: ids of keys that somebody has reported lost; asked again before each signature.
    chains: certificates of outside authorities, by key id, the key's own first and the authority's root last.
    """

    hsm: Hsm
    key_list: KeyList
    chains: Mapping[str, tuple[x509.Certificate, ...]] = field(default_factory=dict)
    stopped: Container[str] = frozenset()
    _found: dict[tuple[str, KeyUsage], _Current] = field(default_factory=dict, init=False, repr=False, compare=False)

    def code(self, organisation: int) -> tuple[PublishedKey, RawSign]:
        """Raises: KeyUnknown, KeyNotValid, HsmKeyMissing, HsmUnavailable."""
        current = self._current(code_label(organisation), KeyUsage.CODE)
        return current.key, self._signing(current)

    def pdf(self) -> tuple[tuple[x509.Certificate, ...], MessageSign]:
        """The certificate chain, the signer's first and its root last, and what signs for it."""
        current = self._current(PDF_LABEL, KeyUsage.PDF)
        sign = partial(self.hsm.sign_rsa_pkcs1v15_sha256, current.name)
        return self._chain(current.key), self.unless_stopped(current.key.key_id, sign)

    def time_stamp(self) -> tuple[tuple[x509.Certificate, ...], RawSign]:
        """Of this installation's time-stamp authority.   Raises: HsmKeyMissing where no ceremony has made one."""
        current = self._current(TIME_STAMP_LABEL, KeyUsage.TIME_STAMP)
        return self._chain(current.key), self._signing(current)

    def seal_maker(self) -> tuple[x509.Certificate, RawSign]:
        """Whose signature makes a seal object of a picture."""
        current = self._current(SEAL_MAKER_LABEL, KeyUsage.SEAL_MAKER)
        return current.key.x509_certificate(), self._signing(current)

    def seal_ca(self) -> tuple[x509.Certificate, RawSign]:
        """What certifies the keys of new seals.   Raises: HsmKeyMissing where no ceremony has made one."""
        current = self._current(SEAL_CA_LABEL, KeyUsage.SEAL_CA)
        return current.key.x509_certificate(), self._signing(current)

    def seals_are_wrappable(self) -> bool:
        """Whether keys of new seals may be wrapped for a backup: as the ceremony chose for the key that certifies them.

        Raises: HsmKeyMissing where no ceremony has made one.
        """
        return self.hsm.is_wrappable(self._current(SEAL_CA_LABEL, KeyUsage.SEAL_CA).name)

    def tree_head_id(self) -> str:
        return self._current(TREE_HEAD_LABEL, KeyUsage.TREE_HEAD).key.key_id

    def sign_tree_head(self, message: bytes) -> bytes:
        """64 bytes, r‖s."""
        return sign_message(self._signing(self._current(TREE_HEAD_LABEL, KeyUsage.TREE_HEAD)), message)

    def unless_stopped(self, key_id: str, sign: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        """`sign`, which refuses with KeyNotValid from the moment on at which somebody reports the key lost."""

        def signing(message: bytes, /) -> bytes:
            if key_id in self.stopped:
                raise KeyNotValid(f"the key {key_id} has been reported lost")
            return sign(message)

        return signing

    def _signing(self, current: _Current) -> RawSign:
        return self.unless_stopped(current.key.key_id, partial(self.hsm.sign_p256, current.name))

    def _chain(self, key: PublishedKey) -> tuple[x509.Certificate, ...]:
        return self.chains.get(key.key_id) or (key.x509_certificate(), self.key_list.root_certificate)

    def _current(self, label: str, usage: KeyUsage) -> _Current:
        """Looked up once: keys that a ceremony adds are seen after the next start, one that was stopped at once."""
        found = self._found.get((label, usage))
        if found is None or found.key.key_id in self.stopped:
            found = self._found[label, usage] = self._newest(label, usage)
        return found

    def _newest(self, label: str, usage: KeyUsage) -> _Current:
        names = [name for name in self.hsm.labels() if generation(name, label) is not None]
        if not names:
            raise HsmKeyMissing(f"the token holds no key named {label}")
        published = {key.spki: key for key in self.key_list.of_usage(usage)}
        listed = [
            _Current(name, published[spki]) for name in names if (spki := self.hsm.public_spki(name)) in published
        ]
        if not listed:
            raise KeyUnknown(f"the HSM's key {label} is not in the published key list")
        usable = [each for each in listed if each.key.revoked_at is None and each.key.key_id not in self.stopped]
        if not usable:
            raise KeyNotValid(f"the HSM's key {label} has been revoked or reported lost; a ceremony renews it")
        return max(usable, key=lambda current: (current.key.not_before, generation(current.name, label) or 0))
