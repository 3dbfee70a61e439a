"""PDF signatures, seen by our own verifier and by tools that are not ours."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing.errors import HsmUnavailable, PdfNotSignable, PdfNotSigned, PdfSignatureRefused
from printserver.signing.hsm import Hsm
from printserver.signing.pades import sign_pdf, verify_pdf
from printserver.signing.published_key import KeyUsage
from printserver.signing.trust import make_root
from tests.hsm_token import NOT_AFTER, NOT_BEFORE, HsmToken, message_sign

AT = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


def sign(pdf: bytes, hsm: Hsm, token: HsmToken, **changes: Any) -> bytes:
    wanted: dict[str, Any] = {
        "sign": message_sign(hsm),
        "certificates": [token.certificates[KeyUsage.PDF], token.root.certificate],
        "field_name": "Seal",
        "reason": "合同签署",
        "location": "北京",
        "time": AT,
    }
    return sign_pdf(pdf, **{**wanted, **changes})


@pytest.fixture(scope="module")
def signed(contract_pdf: bytes, hsm: Hsm, hsm_token: HsmToken) -> bytes:
    return sign(contract_pdf, hsm, hsm_token)


def test_our_verifier_accepts_what_we_signed(signed: bytes, contract_pdf: bytes, hsm_token: HsmToken):
    verdict = verify_pdf(signed, [hsm_token.root.certificate], at=AT)
    assert signed.startswith(contract_pdf)
    assert x509.load_der_x509_certificate(verdict.certificate) == hsm_token.certificates[KeyUsage.PDF]
    assert verdict.signed_at == AT
    assert (verdict.field_name, verdict.signatures, verdict.no_changes_allowed) == ("Seal", 1, True)
    assert "Test pdf" in verdict.signer


def test_pdfsig_accepts_what_we_signed(signed: bytes, tmp_path: Path):
    (tmp_path / "signed.pdf").write_bytes(signed)
    said = subprocess.run(
        ["pdfsig", "-nocert", "signed.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_openssl_accepts_the_cms_over_the_signed_bytes(signed: bytes, hsm_token: HsmToken, tmp_path: Path):
    match = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", signed)
    assert match is not None
    start, first, second, last = (int(number) for number in match.groups())
    assert (start, second + last) == (0, len(signed))
    cms = bytes.fromhex(signed[first + 1 : second - 1].decode("ascii"))
    (tmp_path / "cms.der").write_bytes(cms)
    (tmp_path / "content").write_bytes(signed[:first] + signed[second:])
    command = [
        "openssl", "cms", "-verify", "-inform", "DER", "-in", "cms.der", "-content", "content", "-binary",
        "-CAfile", str(hsm_token.root_certificate_file), "-out", "verified",
    ]  # fmt: skip
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_qpdf_finds_the_signed_file_clean(signed: bytes, tmp_path: Path):
    (tmp_path / "signed.pdf").write_bytes(signed)
    result = subprocess.run(
        ["qpdf", "--check", "signed.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_threads_sign_at_once(contract_pdf: bytes, hsm: Hsm, hsm_token: HsmToken):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: sign(contract_pdf, hsm, hsm_token), range(8)))
    for pdf in done:
        verify_pdf(pdf, [hsm_token.root.certificate], at=AT)


def changed_byte(pdf: bytes) -> bytes:
    at = pdf.index(b"stream") + 20
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def appended_page(pdf: bytes) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = PageObject(contents=writer.add_object(_empty_stream()), media_box=(0, 0, 595, 842))
    writer.insert_page(page)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _empty_stream() -> Any:
    from pyhanko.pdf_utils import generic

    return generic.StreamObject(stream_data=b"")


def rewritten(pdf: bytes) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output)
    return output.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        changed_byte,
        appended_page,
        rewritten,
        lambda pdf: pdf + b"\n% behind the end\n",
        lambda pdf: b"\n" + pdf,
        lambda pdf: pdf[:-200],
        lambda pdf: pdf.replace(b"ETSI.CAdES.detached", b"adbe.x509.rsa_sha1 "),
        lambda pdf: b"%PDF-1.7\n",
        lambda pdf: b"",
    ],
    ids=["byte", "page", "rewritten", "tail", "head", "cut", "subfilter", "stub", "empty"],
)  # fmt: skip
def test_a_pdf_changed_after_signing_is_refused(signed: bytes, hsm_token: HsmToken, change: Callable[[bytes], bytes]):
    with pytest.raises(PdfSignatureRefused):
        verify_pdf(change(signed), [hsm_token.root.certificate], at=AT)


def test_bytes_changed_anywhere_are_refused(signed: bytes, hsm_token: HsmToken):
    for at in range(5, len(signed), 997):
        changed = bytearray(signed)
        changed[at] ^= 0x11
        if signed[at : at + 1] == b"0" and b"0" * 64 in signed[at - 64 : at + 64]:
            continue  # padding behind the CMS
        with pytest.raises(PdfSignatureRefused):
            verify_pdf(bytes(changed), [hsm_token.root.certificate], at=AT)


def test_an_unsigned_pdf_is_not_signed(contract_pdf: bytes, hsm_token: HsmToken):
    with pytest.raises(PdfNotSigned):
        verify_pdf(contract_pdf, [hsm_token.root.certificate])


def test_only_pinned_roots_are_trusted(signed: bytes, tmp_path: Path):
    other = make_root(
        tmp_path / "key", common_name="Root", organisation_name="示例公司", not_before=NOT_BEFORE, not_after=NOT_AFTER
    )
    for roots in ([], [other.certificate]):
        with pytest.raises(PdfSignatureRefused):
            verify_pdf(signed, roots, at=AT)


def test_a_certificate_is_judged_at_the_moment_asked_about(signed: bytes, hsm_token: HsmToken):
    with pytest.raises(PdfSignatureRefused):
        verify_pdf(signed, [hsm_token.root.certificate], at=datetime(2037, 1, 1, tzinfo=UTC))


def test_a_signed_pdf_is_not_signed_again(signed: bytes, hsm: Hsm, hsm_token: HsmToken):
    with pytest.raises(PdfNotSignable):
        sign(signed, hsm, hsm_token, field_name="Another")


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"no pdf at all"])
def test_what_is_no_pdf_cannot_be_signed(pdf: bytes, hsm: Hsm, hsm_token: HsmToken):
    with pytest.raises(PdfNotSignable):
        sign(pdf, hsm, hsm_token)


def test_an_outage_of_the_hsm_comes_through_as_it_is(contract_pdf: bytes, hsm: Hsm, hsm_token: HsmToken):
    def gone(message: bytes, /) -> bytes:
        raise HsmUnavailable("gone")

    with pytest.raises(HsmUnavailable):
        sign(contract_pdf, hsm, hsm_token, sign=gone)


def test_the_certificates_are_inside_for_whoever_has_only_the_file(signed: bytes, hsm_token: HsmToken):
    der = hsm_token.certificates[KeyUsage.PDF].public_bytes(serialization.Encoding.DER)
    assert der.hex().encode() in signed.lower()
