"""PDF signatures of every level with our own root, revocation list and time-stamps: without any network."""

from __future__ import annotations

from datetime import timedelta

import pytest

from printserver.signing.errors import (
    CertificateNotValid,
)
from printserver.signing.hsm import Hsm
from printserver.signing.pades import sign_pdf, verify_pdf
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import PdfPreparation
from printserver.signing.published_key import KeyUsage
from printserver.signing.revocation import RevocationSource
from printserver.signing.time_stamp_authority import TimeStampAuthority
from printserver.signing.trust import make_revocation_list
from tests.hsm_token import HsmToken, message_sign, raw_sign
from tests.outside_authorities import AT

LEVELS = list(PdfLevel)


def own_preparation(hsm: Hsm, token: HsmToken, level: PdfLevel, revoked: list[int]) -> PdfPreparation:
    """With our own root, its revocation list and our own time-stamp authority: no network at all."""
    crl = make_revocation_list(
        token.root,
        [(each, AT - timedelta(1)) for each in revoked],
        number=1,
        at=AT - timedelta(1),
        until=AT + timedelta(9),
    )
    authority = TimeStampAuthority(
        [token.certificates[KeyUsage.TIME_STAMP], token.root.certificate],
        raw_sign(hsm, KeyUsage.TIME_STAMP),
        lambda: AT,
    )
    return PdfPreparation(
        level,
        trust_roots=[token.root.certificate],
        revocation=RevocationSource(own_lists=lambda: [crl]),
        ask_time=authority.answer,
    )


@pytest.mark.parametrize("level", LEVELS)
def test_an_installation_needs_nobody_else_for_any_level(
    contract_pdf: bytes, hsm: Hsm, hsm_token: HsmToken, level: PdfLevel
):
    chain = [hsm_token.certificates[KeyUsage.PDF], hsm_token.root.certificate]
    prepared = own_preparation(hsm, hsm_token, level, []).prepare(chain, AT)
    pdf = sign_pdf(
        contract_pdf,
        sign=message_sign(hsm),
        certificates=chain,
        field_name="Seal",
        reason="",
        location="",
        time=AT,
        prepared=prepared,
    )
    verdict = verify_pdf(pdf, [hsm_token.root.certificate], at=AT)
    assert (verdict.level, verdict.stamped_at) == (level, AT if level.is_stamped else None)


@pytest.mark.parametrize("level", LEVELS)
def test_our_own_roots_revocation_list_is_believed_at_every_level(hsm: Hsm, hsm_token: HsmToken, level: PdfLevel):
    certificate = hsm_token.certificates[KeyUsage.PDF]
    prepare = own_preparation(hsm, hsm_token, level, [certificate.serial_number])
    with pytest.raises(CertificateNotValid):
        prepare.prepare([certificate, hsm_token.root.certificate], AT)


def test_without_our_own_revocation_list_no_long_term_signature_is_promised(hsm: Hsm, hsm_token: HsmToken):
    prepare = own_preparation(hsm, hsm_token, PdfLevel.B_LT, [])
    prepare._revocation = RevocationSource()
    with pytest.raises(CertificateNotValid):
        prepare.prepare([hsm_token.certificates[KeyUsage.PDF], hsm_token.root.certificate], AT)
