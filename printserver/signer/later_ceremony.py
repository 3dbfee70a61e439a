"""A key ceremony on a running installation: with the offline root's folder at hand, and two officers.

What the HSM makes comes first, then the revocation list, then the key list, then the transcript. A crash leaves at most
a key in the token that nobody lists, which signs nothing, or a key-encryption key that no transcript names, after which
none is destroyed; the ceremony is then held again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.settings import Settings
from printserver.signer.attestation_renewal import AttestationRenewal
from printserver.signer.keys import LABELS, code_label, next_name
from printserver.signer.later_plan import (
    DestroyKeyEncryptionStep,
    LaterPlan,
    RefreshStep,
    RenewKeyEncryptionStep,
    RenewStep,
    RevokeStep,
)
from printserver.signer.wrapping_steps import WrappingSteps
from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import KeyListRefused, KeyUnknown, TrustFileRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.key_list import KeyList, build_key_list
from printserver.signing.key_list_history import keep_list
from printserver.signing.p256 import spki_of
from printserver.signing.published_key import KeyUsage, PublishedKey, certificate_spki
from printserver.signing.transcripts import Done, Officer, TranscriptFacts, add_transcript, read_transcripts
from printserver.signing.trust import (
    REVOCATION_LIST_LASTS,
    OfflineRoot,
    issue_certificate,
    load_key_file,
    make_revocation_list,
)

YEAR: Final = timedelta(days=365)
_NAMES: Final = {
    KeyUsage.PDF: "PDF",
    KeyUsage.CODE: "codes",
    KeyUsage.TREE_HEAD: "log",
    KeyUsage.TIME_STAMP: "time-stamps",
    KeyUsage.ATTESTATION: "approvals",
    KeyUsage.SEAL_CA: "seals",
    KeyUsage.SEAL_MAKER: "seal maker",
}


@dataclass
class LaterCeremony:
    """One ceremony, begun by `hold_later`."""

    settings: Settings
    plan: LaterPlan
    now: datetime
    root: OfflineRoot
    key_list: KeyList
    hsm: Hsm
    keys: list[PublishedKey]
    wrapping: WrappingSteps
    done: list[Done] = field(default_factory=list)

    @property
    def attestation(self) -> AttestationRenewal:
        return AttestationRenewal(self.settings.attestation_key)

    def carry_out(self) -> None:
        """Raises: KeyUnknown, HsmUnavailable and others; nothing is published then."""
        for step in self.plan.steps:
            match step:
                case RenewStep():
                    self._renew(step)
                case RevokeStep():
                    self._revoke(step)
                case RefreshStep():
                    self.done.append(Done("refresh"))
                case RenewKeyEncryptionStep():
                    self.done.append(self.wrapping.renew(wrappable=step.wrappable))
                case DestroyKeyEncryptionStep():
                    self.done.append(self.wrapping.destroy(step.generation, self.now))

    def _renew(self, step: RenewStep) -> None:
        label, spki = self._new_key(step)
        certificate = issue_certificate(
            self.root,
            step.usage,
            spki=spki,
            common_name=f"{self.key_list.issuer} {_NAMES[step.usage]}",
            organisation_name=self.key_list.issuer,
            not_before=self.now,
            not_after=min(self.now + YEAR * step.years, self.root.certificate.not_valid_after_utc),
        )
        key = PublishedKey.of_certificate(certificate, step.usage, organisation=self.plan.organisation)
        self.keys.append(key)
        self.done.append(Done("renew", str(step.usage), key.key_id, label, _digest(certificate)))

    def _new_key(self, step: RenewStep) -> tuple[str, bytes]:
        """Its label in the token, empty for the file of the web process, and its public half."""
        if step.usage is KeyUsage.ATTESTATION:
            return "", self.attestation.make()
        label = next_name(base_label(step.usage, self.plan.organisation), self.hsm.labels())
        kind = KeyKind.RSA_3072 if step.usage is KeyUsage.PDF else KeyKind.P_256
        self.hsm.generate_key(label, kind, secrets.token_bytes(8), wrappable=step.wrappable)
        return label, self.hsm.public_spki(label)

    def _revoke(self, step: RevokeStep) -> None:
        for at, key in enumerate(self.keys):
            if key.key_id == step.key_id:
                if key.revoked_at is not None:
                    raise KeyListRefused(f"the key {step.key_id} has been revoked already")
                self.keys[at] = key.revoked(self.now, step.reason)
                self.done.append(Done("revoke", str(key.usage), key.key_id, remark=step.reason))
                return
        raise KeyUnknown(f"the key list holds no key {step.key_id}")

    def publish(self) -> bytes:
        """The revocation list first: a crash between the two leaves the stricter one."""
        sequence = self.key_list.sequence + 1
        data = build_key_list(
            issuer=self.key_list.issuer,
            sequence=sequence,
            issued_at=self.now,
            root_certificate=self.root.certificate,
            sign=self.root.sign,
            keys=self.keys,
            previous=self.settings.key_list.read_bytes(),
            test=self.key_list.test,
        )
        until = min(self.now + REVOCATION_LIST_LASTS, self.root.certificate.not_valid_after_utc)
        revoked = [
            (key.x509_certificate().serial_number, key.revoked_at)
            for key in self.keys
            if key.revoked_at is not None and key.certificate is not None
        ]
        crl = make_revocation_list(self.root, revoked, number=sequence, at=self.now, until=until)
        replace_file(self.settings.root_revocation_list, crl)
        keep_list(self.settings.earlier_key_lists, self.settings.key_list.read_bytes())
        replace_file(self.settings.key_list, data)
        keep_list(self.settings.earlier_key_lists, data)
        return data


def base_label(usage: KeyUsage, organisation: int) -> str:
    """The label in the token of the first key for this use."""
    return LABELS.get(usage) or code_label(organisation)


def open_root(folder: Path, key_list: KeyList, *, passphrase_file: Path | None = None) -> OfflineRoot:
    """The offline root from its folder; its certificate is the pinned key list's.   Raises: TrustFileRefused."""
    key = load_key_file(folder / "root-key.pem", passphrase_file=passphrase_file)
    if spki_of(key.public_key()) != certificate_spki(key_list.root_certificate):
        raise TrustFileRefused("this is another root's key than the one that this installation pins")
    return OfflineRoot(key, key_list.root_certificate)


def hold_later(
    settings: Settings,
    plan: tuple[LaterPlan, str],
    officers: Sequence[Officer],
    *,
    root: OfflineRoot,
    key_list: KeyList,
    hsm: Hsm,
    now: datetime,
    require_unused: Callable[[int], object],
    settle: Callable[[], object] = lambda: None,
) -> Path:
    """Carry out a reviewed plan; answers where the transcript lies.

    officers: who confirmed it; exactly those that the plan names.   require_unused: raises unless nothing is wrapped by
    this generation of the key-encryption key.   settle: waits until the signer has read a new key list; only then the
    web process gets a new attestation key, so that no decision is attested by a key that the signer has not heard of.
    Raises: KeyListRefused, KeyUnknown, TranscriptRefused, HsmUnavailable …; nothing is published then.
    """
    parsed, text = plan
    if sorted(officer.login for officer in officers) != sorted(parsed.officers):
        raise KeyListRefused("not all officers that the file names have confirmed it")
    now = max(now.replace(microsecond=0), key_list.issued_at)
    wrapping = WrappingSteps(hsm, read_transcripts(settings.transcripts, root.certificate), require_unused)
    ceremony = LaterCeremony(settings, parsed, now, root, key_list, hsm, list(key_list.keys), wrapping)
    ceremony.attestation.tidy(key_list)
    ceremony.carry_out()
    data = ceremony.publish()
    facts = TranscriptFacts(
        title=parsed.title,
        plan=text,
        officers=officers,
        done=ceremony.done,
        key_list_sequence=key_list.sequence + 1,
        key_list=data,
        began_at=now,
        ended_at=now,
    )
    transcript = add_transcript(settings.transcripts, facts, root_certificate=root.certificate, sign=root.sign)
    if ceremony.attestation.is_waiting:
        settle()
        ceremony.attestation.put()
    return transcript


def _digest(certificate: x509.Certificate) -> str:
    return sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
