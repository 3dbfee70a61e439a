"""Make a seal that two officers have ordered: its holder's key, a certificate for it, the object signed by the maker.

Once for each order of the signer's register. What was made is kept beside the token, so that a second ask answers the
same object, and a crash in the middle goes on with the key that is there. Nothing is made on the word of a row.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from cryptography import x509

from printserver.signer.key_ceremony import ORGANISATION_SEAL, VENDOR
from printserver.signer.keys import SigningKeys, seal_label
from printserver.signing.errors import SealOrderRefused
from printserver.signing.hsm import KeyKind
from printserver.signing.key_list import says_test
from printserver.signing.p256 import key_id_of
from printserver.signing.published_key import certificate_spki
from printserver.signing.register import Standing
from printserver.signing.register_journal import RegisterJournal
from printserver.signing.seal_ca import issue_holder_certificate
from printserver.signing.seal_object import (
    SealFacts,
    SealObject,
    SealPicture,
    check_seal_signed,
    make_seal_object,
    read_seal_object,
    verify_seal_object,
)
from printserver.signing.statements import SealOrderBody
from printserver.storage.objects import Objects

PERSONS_SEAL: Final = 2
PERSONAL_TYPES: Final = frozenset({"personal", "legal-representative"})
_ENDED: Final = frozenset({"revoked", "destroyed"})


@dataclass(frozen=True)
class SealMaking:
    """folder: of the signer alone, for the objects that were made.   now: guarded against a clock that was set back.

    owner_of: the id of the organisation with this number, in whose name objects are stored.
    """

    objects: Objects
    keys: SigningKeys
    register: RegisterJournal
    folder: Path
    now: Callable[[], datetime]
    owner_of: Callable[[int], UUID]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def make(self, organisation: int, seal_id: UUID) -> str:
        """Make the ordered seal, or find the one that was made, and answer the digest of its object.

        organisation: u32.   The HSM signs twice: the holder's certificate and the object.
        Raises: SealOrderRefused, HsmKeyMissing (no seal CA: a ceremony makes it), NotFound or ObjectChanged (the
        artwork), SealObjectForged (what was kept was changed), HsmUnavailable.
        """
        with self._lock:
            standing, owner = self.register.standing(organisation), self.owner_of(organisation)
            order = _order(standing, seal_id)
            file = self.folder / f"{seal_id}.der"
            if file.exists():
                return self.objects.put(_made_before(file, order), owner)
            made = self._make(order, owner)
            _write(file, made)
            digest = self.objects.put(made, owner)
        structlog.get_logger().info("seal made", seal_id=str(seal_id), object_sha256=digest)
        return digest

    def destroy_key(self, organisation: int, seal_id: UUID) -> bool:
        """Destroy the key of a seal that the register calls destroyed; False when it was gone already.

        Raises: SealOrderRefused for any other seal, HsmUnavailable.
        """
        with self._lock:
            seal = self.register.standing(organisation).seals.get(str(seal_id))
            if seal is None or seal.state != "destroyed":
                raise SealOrderRefused("nobody has ordered that this seal be destroyed")
            gone = self.keys.hsm.delete_key(seal_label(seal.code_id))
        structlog.get_logger().info("seal's key destroyed", seal_id=str(seal_id), was_there=gone)
        return gone

    def _make(self, order: SealOrderBody, owner: UUID) -> bytes:
        now = self.now().replace(microsecond=0)
        start, end = (at.replace(microsecond=0) for at in (order.valid_from, order.valid_until))
        if not start < end or now >= end:
            raise SealOrderRefused("the ordered seal would be over before it begins")
        if self.keys.key_list.test and not says_test(order.name):
            raise SealOrderRefused("a seal of an organisation for tests has TEST or 测试 in its name")
        label = seal_label(order.code_id)
        ca, certify = self.keys.seal_ca()
        maker, sign = self.keys.seal_maker()
        picture = SealPicture(self.objects.get(order.artwork_sha256, owner), order.width_mm, order.height_mm)
        if label not in self.keys.hsm.labels():
            wrappable = self.keys.seals_are_wrappable()
            self.keys.hsm.generate_key(label, KeyKind.P_256, secrets.token_bytes(8), wrappable=wrappable)
        holder = issue_holder_certificate(
            ca,
            certify,
            spki=self.keys.hsm.public_spki(label),
            common_name=order.name,
            serial_text=order.code_id,
            not_before=now,
            not_after=end,
        )
        facts = SealFacts(order.code_id, VENDOR, _kind(order), order.name, now, start, end)
        made = make_seal_object(facts, picture, [holder], maker, sign)
        verify_seal_object(made, self.keys.key_list, max(now, start))
        return made


def made_seal_keys(folder: Path) -> dict[str, str]:
    """Ids of the keys of seals that were made here after the first ceremony, with the seal's name and its code's id.

    folder: `Settings.made_seals`.   Raises: SealObjectMalformed.
    """
    found = {}
    for file in sorted(folder.glob("*.der")):
        seal = read_seal_object(file.read_bytes())
        for der in seal.holder_certificates:
            key_id = key_id_of(certificate_spki(x509.load_der_x509_certificate(der)))
            found[key_id] = f"{seal.facts.name} ({seal.facts.seal_id})"
    return found


def _order(standing: Standing, seal_id: UUID) -> SealOrderBody:
    order = standing.orders.get(str(seal_id))
    if order is None:
        raise SealOrderRefused("nobody has ordered this seal")
    if standing.is_frozen(order.path):
        raise SealOrderRefused("the branch of the ordered seal is frozen")
    described = standing.seals.get(str(seal_id))
    if described is not None and described.state in _ENDED:
        raise SealOrderRefused(f"the ordered seal is {described.state}")
    return order


def _kind(order: SealOrderBody) -> int:
    return PERSONS_SEAL if order.type in PERSONAL_TYPES else ORGANISATION_SEAL


def _made_before(file: Path, order: SealOrderBody) -> bytes:
    """Raises: SealOrderRefused when what lies there is another seal."""
    made = file.read_bytes()
    seal = read_seal_object(made)
    check_seal_signed(seal)
    if not _is_of(seal, order):
        raise SealOrderRefused("what was made for this order is another seal")
    return made


def _is_of(made: SealObject, order: SealOrderBody) -> bool:
    return (made.facts.seal_id, made.facts.name, made.picture.width_mm, made.picture.height_mm) == (
        order.code_id,
        order.name,
        order.width_mm,
        order.height_mm,
    )


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before anybody hears of it."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    half = file.with_suffix(".half")
    with half.open("wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    half.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
