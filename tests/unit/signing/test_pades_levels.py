"""PDF signatures of every level against authorities that are not ours, judged by pyHanko, pdfsig and OpenSSL."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore

from printserver.signing.errors import (
    CertificateNotValid,
    HsmUnavailable,
    PdfSignatureRefused,
    RevocationUnknown,
    TimeStampUnavailable,
)
from printserver.signing.hsm import Hsm
from printserver.signing.pades import VisiblePlace, sign_pdf, verify_pdf
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import REUSED_SECONDS, PdfPreparation, asn1_certificate
from printserver.signing.published_key import KeyUsage, certificate_spki
from printserver.signing.revocation import RevocationSource
from printserver.signing.time_stamps import time_stamps_from
from tests.hsm_token import HsmToken, message_sign
from tests.outside_authorities import AT, OutsideAuthorities, outside_authorities

LEVELS = list(PdfLevel)
STAMPED = [level for level in PdfLevel if level.is_stamped]
PLACE = VisiblePlace(2, 120_000, 200_000, 40_000, 40_000, 297_000)


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory, hsm: Hsm) -> Iterator[OutsideAuthorities]:
    with outside_authorities(tmp_path_factory.mktemp("outside"), hsm.public_spki(KeyUsage.PDF)) as made:
        yield made


@pytest.fixture
def outside(authorities: OutsideAuthorities) -> OutsideAuthorities:
    """All of them up."""
    authorities.down.clear()
    authorities.asked.clear()
    return authorities


def preparation(outside: OutsideAuthorities, level: PdfLevel, **changes: Any) -> PdfPreparation:
    wanted: dict[str, Any] = {
        "trust_roots": [outside.root],
        "revocation": RevocationSource((outside.url,)),
        "ask_time": time_stamps_from([outside.stamp_url]) if level.is_stamped else None,
    }
    return PdfPreparation(level, **{**wanted, **changes})


def sign(pdf: bytes, hsm: Hsm, outside: OutsideAuthorities, prepare: PdfPreparation, **changes: Any) -> bytes:
    chain = outside.chain("good")
    wanted: dict[str, Any] = {
        "sign": message_sign(hsm),
        "certificates": chain,
        "field_name": "Seal",
        "reason": "合同签署",
        "location": "",
        "time": AT,
        "prepared": prepare.prepare(chain, AT),
    }
    return sign_pdf(pdf, **{**wanted, **changes})


def pages_drawn(pdf: bytes) -> list[bytes]:
    """As the spooler's rasteriser and a screen see them: with the appearances of form fields."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    drawn = [page.render(scale=1.5, may_draw_forms=True).to_numpy().tobytes() for page in document]
    document.close()
    return drawn


@pytest.fixture(scope="module", params=LEVELS)
def signed(
    request: pytest.FixtureRequest, authorities: OutsideAuthorities, contract_pdf: bytes, hsm: Hsm
) -> tuple[PdfLevel, bytes]:
    authorities.down.clear()
    level = request.param
    return level, sign(contract_pdf, hsm, authorities, preparation(authorities, level), place=PLACE)


def test_our_verifier_accepts_each_level_and_says_which(signed: tuple[PdfLevel, bytes], outside: OutsideAuthorities):
    level, pdf = signed
    verdict = verify_pdf(pdf, [outside.root], at=AT)
    assert (verdict.level, verdict.signatures, verdict.no_changes_allowed) == (level, 1, True)
    assert verdict.stamped_at == (AT if level.is_stamped else None)
    assert outside.asked == []


def test_pdfsig_accepts_each_level(signed: tuple[PdfLevel, bytes], tmp_path: Path):
    _, pdf = signed
    (tmp_path / "signed.pdf").write_bytes(pdf)
    said = subprocess.run(
        ["pdfsig", "-nocert", "signed.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert said.count("Signature is Valid.") == 1  # it does not judge the document time-stamp of B-LTA
    assert "Total document signed" in said


def test_openssl_accepts_signature_and_time_stamp(
    signed: tuple[PdfLevel, bytes], outside: OutsideAuthorities, tmp_path: Path
):
    level, pdf = signed
    match = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert match is not None
    _, first, second, last = (int(number) for number in match.groups())
    (tmp_path / "cms").write_bytes(bytes.fromhex(pdf[first + 1 : second - 1].decode("ascii")))
    (tmp_path / "content").write_bytes(pdf[:first] + pdf[second : second + last])
    (tmp_path / "root").write_bytes(outside.root.public_bytes(serialization.Encoding.PEM))
    openssl(
        *("cms", "-verify", "-inform", "DER", "-in", "cms", "-content", "content", "-binary", "-purpose", "any"),
        *("-CAfile", "root", "-out", "verified"),
        folder=tmp_path,
    )
    if level.is_stamped:
        token, signature = time_stamp_of(pdf)
        (tmp_path / "token").write_bytes(token)
        (tmp_path / "signature").write_bytes(signature)
        openssl(
            *("ts", "-verify", "-token_in", "-in", "token", "-data", "signature", "-CAfile", "root"), folder=tmp_path
        )


def openssl(*command: str, folder: Path) -> None:
    said = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def time_stamp_of(pdf: bytes) -> tuple[bytes, bytes]:
    """The token on the signature, and the signature's own bytes."""
    signer = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0].signer_info
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0].dump(), signer["signature"].native
    raise AssertionError("there is no time-stamp")


@pytest.mark.parametrize("level", [PdfLevel.B_LT, PdfLevel.B_LTA])
@pytest.mark.parametrize("name", ["good", "listed"])
def test_what_a_long_term_signature_carries_proves_it_without_any_network(
    outside: OutsideAuthorities, contract_pdf: bytes, hsm: Hsm, level: PdfLevel, name: str
):
    chain = outside.chain(name)
    prepared = preparation(outside, level).prepare(chain, AT)
    pdf = sign(contract_pdf, hsm, outside, preparation(outside, level), certificates=chain, prepared=prepared)
    reader = PdfFileReader(io.BytesIO(pdf))
    inside = DocumentSecurityStore.read_dss(reader).as_validation_context(
        {
            "trust_roots": [asn1_certificate(outside.root)],
            "allow_fetching": False,
            "revocation_mode": "require",
            "moment": AT + timedelta(minutes=1),
        }
    )
    status = validate_pdf_signature(reader.embedded_regular_signatures[0], inside)
    assert status.bottom_line
    assert status.timestamp_validity.timestamp == AT


def test_the_field_lies_over_the_seal_and_draws_nothing(signed: tuple[PdfLevel, bytes], contract_pdf: bytes):
    _, pdf = signed
    assert pages_drawn(pdf) == pages_drawn(contract_pdf)
    field = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0].sig_field
    left, bottom, right, top = (float(number) * 25.4 / 72 for number in field["/Rect"])
    assert (left, right - left) == pytest.approx((120, 40), abs=0.4)
    assert (bottom, top - bottom) == pytest.approx((297 - 240, 40), abs=0.4)


def test_ghostscript_prints_the_same_pages(signed: tuple[PdfLevel, bytes], contract_pdf: bytes, tmp_path: Path):
    level, pdf = signed
    if level is not PdfLevel.B_B:
        return  # the fields of all levels are the same; one run of a slow program is enough
    printed = []
    for name, content in (("before", contract_pdf), ("after", pdf)):
        (tmp_path / f"{name}.pdf").write_bytes(content)
        page = ["-dFirstPage=2", "-dLastPage=2", "-dPrinted", "-sDEVICE=bmp16m", "-r60", f"-sOutputFile={name}.bmp"]
        subprocess.run(["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", *page, f"{name}.pdf"], cwd=tmp_path, check=True)
        printed.append((tmp_path / f"{name}.bmp").read_bytes())
    assert printed[0] == printed[1]
    assert len(printed[0]) > 100_000


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["revoked", "listed-revoked", "expired"])
def test_a_bad_certificate_is_refused_before_anything_is_signed_at_every_level(
    outside: OutsideAuthorities, level: PdfLevel, name: str
):
    with pytest.raises(CertificateNotValid):
        preparation(outside, level).prepare(outside.chain(name), AT)


@pytest.mark.parametrize("level", LEVELS)
def test_a_chain_to_a_root_that_is_not_ours_is_refused(
    outside: OutsideAuthorities, hsm_token: HsmToken, level: PdfLevel
):
    foreign = preparation(outside, level, trust_roots=[hsm_token.root.certificate])
    with pytest.raises(CertificateNotValid):
        foreign.prepare(outside.chain("good"), AT)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("name", "kind"), [("good", "ocsp"), ("listed", "crls")])
def test_revocation_that_nobody_answers_for_is_unknown_not_fine(
    outside: OutsideAuthorities, level: PdfLevel, name: str, kind: str
):
    outside.down.add(kind)
    prepare = preparation(outside, level)
    with pytest.raises(RevocationUnknown):
        prepare.prepare(outside.chain(name), AT)
    outside.down.clear()
    prepare.prepare(outside.chain(name), AT)


@pytest.mark.parametrize("level", STAMPED)
def test_a_time_stamp_authority_that_does_not_answer_is_found_out_before_signing(
    outside: OutsideAuthorities, level: PdfLevel
):
    outside.down.add("tsa")
    prepare = preparation(outside, level)
    with pytest.raises(TimeStampUnavailable):
        prepare.prepare(outside.chain("good"), AT)
    outside.down.clear()
    prepare.prepare(outside.chain("good"), AT)


def test_the_second_authority_is_asked_when_the_first_is_gone(
    outside: OutsideAuthorities, contract_pdf: bytes, hsm: Hsm
):
    ask = time_stamps_from([f"{outside.url}/outside/gone/clock", outside.stamp_url])
    outside.down.add("gone")
    pdf = sign(contract_pdf, hsm, outside, preparation(outside, PdfLevel.B_T, ask_time=ask))
    assert verify_pdf(pdf, [outside.root], at=AT).stamped_at == AT


@pytest.mark.parametrize("level", STAMPED)
def test_an_authority_lost_between_preparation_and_signature_leaves_no_pdf(
    outside: OutsideAuthorities, contract_pdf: bytes, hsm: Hsm, level: PdfLevel
):
    prepare = preparation(outside, level)
    prepare.prepare(outside.chain("good"), AT)
    outside.down.add("tsa")
    with pytest.raises(TimeStampUnavailable):
        sign(contract_pdf, hsm, outside, prepare)


def test_addresses_that_the_settings_do_not_name_are_never_asked(outside: OutsideAuthorities):
    prepare = preparation(outside, PdfLevel.B_B, revocation=RevocationSource(("http://127.0.0.1:1/",)))
    with pytest.raises(RevocationUnknown, match="is not among the revocation_urls"):
        prepare.prepare(outside.chain("good"), AT)
    assert outside.asked == []


@pytest.mark.parametrize("content", [b"", b"no answer", b"\x30\x00", b"x" * (64 * 1024 + 1)])
def test_an_authority_that_talks_nonsense_is_unavailable(outside: OutsideAuthorities, content: bytes):
    prepare = preparation(outside, PdfLevel.B_T, ask_time=lambda request: content)
    with pytest.raises(TimeStampUnavailable):
        prepare.prepare(outside.chain("good"), AT)


def test_the_stamp_on_another_question_is_not_taken(outside: OutsideAuthorities):
    ask, kept = time_stamps_from([outside.stamp_url]), []

    def repeat(request: bytes) -> bytes:
        kept.append(ask(request))
        return kept[0]

    prepare = preparation(outside, PdfLevel.B_T, ask_time=repeat)
    chain = outside.chain("good")
    prepared = prepare.prepare(chain, AT)
    assert prepared.time_stamper is not None
    with pytest.raises(TimeStampUnavailable, match="another question"):
        asyncio.run(prepared.time_stamper.async_timestamp(b"\x01" * 32, "sha256"))


def test_one_preparation_serves_a_minute_and_is_then_made_anew(outside: OutsideAuthorities):
    clock = Seconds()
    prepare = preparation(outside, PdfLevel.B_LT, monotonic=clock)
    chain = outside.chain("good")
    first = prepare.prepare(chain, AT)
    asked = list(outside.asked)
    clock.now = REUSED_SECONDS - 1
    assert prepare.prepare(chain, AT) is first
    assert outside.asked == asked
    outside.down.add("ocsp")
    clock.now = REUSED_SECONDS
    with pytest.raises(RevocationUnknown):
        prepare.prepare(chain, AT)


def test_a_listed_key_is_trusted_under_whatever_certificate(
    signed: tuple[PdfLevel, bytes], outside: OutsideAuthorities, hsm_token: HsmToken
):
    """Whoever has the key list alone can check a PDF whose certificate comes from an outside authority."""
    _, pdf = signed
    ours = [hsm_token.root.certificate]
    with pytest.raises(PdfSignatureRefused):
        verify_pdf(pdf, ours, at=AT)
    verdict = verify_pdf(pdf, ours, at=AT, listed_keys=[certificate_spki(outside.certificate("good"))])
    assert verdict.stamped_at is None  # their time-stamp authority is a stranger to whoever has only our list


@pytest.mark.parametrize("behind", [b"\n% behind the end\n", b"x"])
def test_what_is_put_behind_any_level_is_refused(
    signed: tuple[PdfLevel, bytes], outside: OutsideAuthorities, behind: bytes
):
    with pytest.raises(PdfSignatureRefused):
        verify_pdf(signed[1] + behind, [outside.root], at=AT)


def test_a_byte_changed_anywhere_is_refused_at_every_level(signed: tuple[PdfLevel, bytes], outside: OutsideAuthorities):
    _, pdf = signed
    for at in range(7, len(pdf), 4_999):
        changed = bytearray(pdf)
        changed[at] ^= 0x11
        if pdf[at : at + 1] == b"0" and b"0" * 64 in pdf[at - 64 : at + 64]:
            continue  # padding behind the CMS
        with pytest.raises(PdfSignatureRefused):
            verify_pdf(bytes(changed), [outside.root], at=AT)


def test_an_outage_of_the_hsm_comes_through_at_every_level(outside: OutsideAuthorities, contract_pdf: bytes, hsm: Hsm):
    def gone(message: bytes, /) -> bytes:
        raise HsmUnavailable("gone")

    for level in LEVELS:
        with pytest.raises(HsmUnavailable):
            sign(contract_pdf, hsm, outside, preparation(outside, level), sign=gone)


def test_a_level_with_stamps_needs_somebody_who_stamps(outside: OutsideAuthorities):
    for level in STAMPED:
        with pytest.raises(ValueError, match="needs a time-stamp authority"):
            preparation(outside, level, ask_time=None)
