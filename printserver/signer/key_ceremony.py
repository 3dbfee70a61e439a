"""The key ceremony of a first installation: token and keys, offline root, certificates, key list, seal objects.

Run by hand before anything serves; afterwards the offline root's folder is taken away from the machine.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from cryptography import x509

from printserver.rendering.seal_artwork import draw_company_seal
from printserver.settings import Settings
from printserver.signer.ceremony_plan import CeremonyPlan, SealPlan
from printserver.signer.keys import (
    KEY_ENCRYPTION_LABEL,
    PDF_LABEL,
    SEAL_CA_LABEL,
    SEAL_MAKER_LABEL,
    TIME_STAMP_LABEL,
    TREE_HEAD_LABEL,
    code_label,
    seal_label,
)
from printserver.signer.tokens import is_made_by_ceremony, open_hsm, require_token_for_ceremony
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.key_list import build_key_list
from printserver.signing.key_list_history import keep_list
from printserver.signing.p256 import spki_of
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from printserver.signing.token_setup import make_softhsm_token
from printserver.signing.trust import (
    REVOCATION_LIST_LASTS,
    OfflineRoot,
    issue_certificate,
    make_key_file,
    make_revocation_list,
    make_root,
)

VENDOR: Final = "printserver-internal"
ORGANISATION_SEAL: Final = 1
YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class MadeSeal:
    """`code_id`: 12 hexadecimal digits.   object: DER."""

    plan: SealPlan
    code_id: str
    object: bytes
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class Held:
    """What a ceremony leaves for the rest of the installation. The root goes away with its folder afterwards."""

    seals: tuple[MadeSeal, ...]
    root: OfflineRoot


@dataclass
class Ceremony:
    """One ceremony, begun by `hold`."""

    settings: Settings
    plan: CeremonyPlan
    now: datetime
    root: OfflineRoot
    hsm: Hsm
    published: list[PublishedKey]

    def key(self, label: str, usage: KeyUsage, *, common_name: str, kind: KeyKind = KeyKind.P_256) -> x509.Certificate:
        """Make a key in the HSM, certify it and put it on the key list."""
        self.hsm.generate_key(label, kind, secrets.token_bytes(8), wrappable=self.plan.trust.wrappable)
        return self.certify(self.hsm.public_spki(label), usage, common_name=common_name)

    def certify(self, spki: bytes, usage: KeyUsage, *, common_name: str) -> x509.Certificate:
        certificate = issue_certificate(
            self.root,
            usage,
            spki=spki,
            common_name=common_name,
            organisation_name=self.plan.organisation.name,
            not_before=self.now,
            not_after=self.now + YEAR * self.plan.trust.key_years,
        )
        number = self.plan.organisation.number
        self.published.append(PublishedKey.of_certificate(certificate, usage, organisation=number))
        return certificate

    def seal(self, plan: SealPlan, maker: x509.Certificate) -> MadeSeal:
        """Draw the seal, make its holder's key and have the maker sign the object."""
        code_id = secrets.token_hex(6)
        holder = self.key(seal_label(code_id), KeyUsage.SEAL, common_name=plan.name)
        valid_until = self.now + YEAR * plan.years
        artwork = draw_company_seal(plan.name, plan.registration_number, diameter_um=plan.diameter_mm * 1_000)
        made = make_seal_object(
            SealFacts(
                seal_id=code_id,
                vendor_id=VENDOR,
                seal_type=ORGANISATION_SEAL,
                name=plan.name,
                created_at=self.now,
                valid_from=self.now,
                valid_to=valid_until,
            ),
            SealPicture(data=artwork, width_mm=plan.diameter_mm, height_mm=plan.diameter_mm),
            [holder],
            maker,
            partial(self.hsm.sign_p256, SEAL_MAKER_LABEL),
        )
        return MadeSeal(plan, code_id, made, self.now, valid_until)


def hold(settings: Settings, plan: CeremonyPlan, now: datetime) -> Held:
    """Make all keys and seals of `plan` and publish the key list with its root's fingerprint.

    now: aware.   Raises: TrustFileRefused or TokenSetupRefused when there is an installation already.
    """
    now = now.replace(microsecond=0)
    require_token_for_ceremony(settings)
    settings.offline_root.mkdir(mode=0o700)
    root = make_root(
        settings.offline_root / "root-key.pem",
        common_name=plan.trust.root_name,
        organisation_name=plan.organisation.name,
        not_before=now,
        not_after=now + YEAR * plan.trust.root_years,
    )
    if is_made_by_ceremony(settings):
        make_softhsm_token(
            settings.token_folder,
            label=settings.pkcs11_token,
            pin_file=settings.signer_home / "pin",
            so_pin_file=settings.offline_root / "so-pin",
            module=settings.pkcs11_module,
        )
    hsm = open_hsm(settings)
    try:
        ceremony = Ceremony(settings, plan, now, root, hsm, [])
        seals = _make_keys(ceremony)
    finally:
        hsm.close()
    _publish(ceremony)
    return Held(seals, root)


def _make_keys(ceremony: Ceremony) -> tuple[MadeSeal, ...]:
    organisation = ceremony.plan.organisation
    if ceremony.hsm.can_wrap:
        wrappable = ceremony.plan.trust.wrappable
        ceremony.hsm.generate_key(KEY_ENCRYPTION_LABEL, KeyKind.AES_256, secrets.token_bytes(8), wrappable=wrappable)
    ceremony.key(PDF_LABEL, KeyUsage.PDF, common_name=f"{organisation.name} PDF", kind=KeyKind.RSA_3072)
    ceremony.key(TREE_HEAD_LABEL, KeyUsage.TREE_HEAD, common_name=f"{organisation.name} log")
    ceremony.key(code_label(organisation.number), KeyUsage.CODE, common_name=f"{organisation.name} codes")
    attestation = make_key_file(ceremony.settings.attestation_key)
    ceremony.certify(
        spki_of(attestation.public_key()), KeyUsage.ATTESTATION, common_name=f"{organisation.name} approvals"
    )
    ceremony.key(SEAL_CA_LABEL, KeyUsage.SEAL_CA, common_name=f"{organisation.name} seals")
    ceremony.key(TIME_STAMP_LABEL, KeyUsage.TIME_STAMP, common_name=f"{organisation.name} time-stamps")
    maker = ceremony.key(SEAL_MAKER_LABEL, KeyUsage.SEAL_MAKER, common_name=f"{organisation.name} seal maker")
    return tuple(ceremony.seal(plan, maker) for plan in ceremony.plan.seals)


def _publish(ceremony: Ceremony) -> None:
    settings = ceremony.settings
    key_list = build_key_list(
        issuer=ceremony.plan.organisation.name,
        sequence=1,
        issued_at=ceremony.now,
        root_certificate=ceremony.root.certificate,
        sign=ceremony.root.sign,
        keys=ceremony.published,
        test=ceremony.plan.organisation.test,
    )
    settings.key_list.write_bytes(key_list)
    keep_list(settings.earlier_key_lists, key_list)
    settings.root_revocation_list.write_bytes(
        make_revocation_list(ceremony.root, (), number=1, at=ceremony.now, until=ceremony.now + REVOCATION_LIST_LASTS)
    )
    settings.root_fingerprint.write_text(f"{ceremony.root.fingerprint}\n")
