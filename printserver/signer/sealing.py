"""Put the request's seals on a copy: each seal's own key signs the digest of the rendition that people approved.

One C_Sign a seal, besides one a page for the codes and one for the PDF. Every signature is verified as a stranger would
verify it before it is stored.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Final

from cryptography import x509

from printserver.print_requests.copy_seals import SealUse
from printserver.signer.checks import Approved, ApprovedSeal
from printserver.signer.keys import SigningKeys
from printserver.signing.errors import HsmKeyMissing, KeyNotValid, SealObjectExpired
from printserver.signing.p256 import key_id_of
from printserver.signing.ports import RawSign
from printserver.signing.published_key import KeyUsage, certificate_spki
from printserver.signing.seal_certificates import read_seal_certificate
from printserver.signing.seal_object import read_seal_object
from printserver.signing.seal_signature import sign_with_seal, verify_seal_signature
from printserver.storage.objects import Objects

_HOLDER_LABEL: Final = re.compile(r"seal-[0-9a-f]{12}(\.[1-9][0-9]*)?", re.ASCII)


@dataclass(frozen=True)
class Holder:
    """A seal whose key this token holds. `sign`: with that key."""

    seal: ApprovedSeal
    certificate: x509.Certificate
    sign: RawSign


@dataclass(frozen=True)
class SealHolders:
    """Finds a seal's key in the token by the certificates that the seal itself names."""

    keys: SigningKeys
    _labels: dict[bytes, str] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def holder(self, seal: ApprovedSeal, now: datetime) -> Holder:
        """Who signs with this seal.

        Raises: HsmKeyMissing, SealObjectExpired, KeyNotValid (revoked, or reported lost), HsmUnavailable.
        """
        expired = lost = False
        for der in read_seal_object(seal.object).holder_certificates:
            certificate = x509.load_der_x509_certificate(der)
            spki = certificate_spki(certificate)
            label = self._label(spki)
            if label is None:
                continue
            key_id = key_id_of(spki)
            if key_id in self.keys.stopped or spki in self._revoked:
                lost = True
                continue
            if read_seal_certificate(der).is_valid(now):
                sign = partial(self.keys.hsm.sign_p256, label)
                return Holder(seal, certificate, self.keys.unless_stopped(key_id, sign))
            expired = True
        if lost:
            raise KeyNotValid("the seal's key has been revoked or reported lost; the seal needs a new one")
        if expired:
            raise SealObjectExpired("the certificate of the seal's key is not valid at present")
        raise HsmKeyMissing("the token holds no key of this seal's holder")

    @cached_property
    def _revoked(self) -> frozenset[bytes]:
        """Public keys of seals that the key list calls revoked."""
        return frozenset(key.spki for key in self.keys.key_list.of_usage(KeyUsage.SEAL) if key.revoked_at is not None)

    def _label(self, spki: bytes) -> str | None:
        """Looked up once a key; a key that was destroyed since fails when it should sign."""
        with self._lock:
            if spki not in self._labels:
                names = [name for name in self.keys.hsm.labels() if _HOLDER_LABEL.fullmatch(name)]
                for name in set(names) - set(self._labels.values()):
                    self._labels[self.keys.hsm.public_spki(name)] = name
            return self._labels.get(spki)


def put_seals(
    objects: Objects, keys: SigningKeys, approved: Approved, holders: tuple[Holder, ...], now: datetime
) -> tuple[SealUse, ...]:
    """Sign the copy's rendition with each seal, in the manifest's order; the signatures lie in `objects` afterwards.

    now: whole seconds.   Raises: HsmUnavailable, HsmKeyMissing; SealObjectForged and others of the verifier.
    """
    return tuple(_put_seal(objects, keys, approved, holder, now) for holder in holders)


def _put_seal(objects: Objects, keys: SigningKeys, approved: Approved, holder: Holder, now: datetime) -> SealUse:
    digest = bytes.fromhex(approved.authorisation.content_sha256)
    signature = sign_with_seal(
        holder.seal.object,
        data_sha256=digest,
        holder_certificate=holder.certificate,
        sign=holder.sign,
        at=now,
        property_info=property_of(approved),
    )
    verify_seal_signature(signature, data_digest=digest, makers=keys.key_list)
    return SealUse(holder.seal.id, objects.put(signature, approved.authorisation.organisation_id), now)


def property_of(approved: Approved) -> str:
    """What was sealed, for a reader without this server."""
    return (
        f"copy {approved.serial} {approved.number}/{approved.copies}; rendition sha256 "
        f"{approved.authorisation.content_sha256}; manifest sha256 {approved.authorisation.manifest_sha256}"
    )
