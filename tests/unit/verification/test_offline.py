"""Offline, a text or an issued PDF is genuine or the reason is raised; nothing but the key list is believed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from printserver.foundation.errors import PrintServerError
from printserver.foundation.serials import MOST_PAGES, CopySerial, PageCode
from printserver.signing.errors import (
    CodeForged,
    CodeMalformed,
    KeyNotValid,
    KeyUnknown,
    PdfNotSigned,
    PdfSignatureRefused,
)
from printserver.signing.published_key import KeyUsage
from printserver.verification.offline import (
    PageCodesRefused,
    PdfUnreadable,
    page_texts,
    verify_issued_pdf,
    verify_pdf_file,
    verify_text,
)
from tests.paper_books import ISSUED_AT, VALID, Issuer, loose_body
from tests.paper_drawings import pages_with_codes, pages_with_many_codes

OTHER = CopySerial(bytes(10))


def unsigned_copy(issuer: Issuer, *bodies_of_pages: dict[str, Any]) -> bytes:
    bodies = [loose_body(issuer, **said) for said in bodies_of_pages]
    return pages_with_codes([issuer.text(body) for body in bodies], [PageCode(b.serial, b.page) for b in bodies])


@pytest.fixture(scope="module")
def issued(issuer: Issuer) -> bytes:
    """A signed copy of two pages."""
    return issuer.sign_file(unsigned_copy(issuer, {"page": 1, "pages": 2}, {"page": 2, "pages": 2}))


def test_a_signed_text_says_what_was_signed(issuer: Issuer):
    body = loose_body(issuer)
    assert verify_text(issuer.text(body), issuer.key_list()) == body


def test_a_text_that_is_no_signed_code_is_refused(issuer: Issuer):
    text = issuer.text(loose_body(issuer))
    last = str((int(text[-1]) + 1) % 10)
    with pytest.raises(CodeForged):
        verify_text(text[:-1] + last, issuer.key_list())
    with pytest.raises(CodeMalformed):
        verify_text("https://print.example/q/123", issuer.key_list())
    with pytest.raises(KeyUnknown):
        verify_text(text, issuer.key_list(issuer.entry(KeyUsage.PDF)))
    with pytest.raises(KeyNotValid):
        verify_text(text, issuer.key_list(issuer.entry(KeyUsage.CODE).revoked(ISSUED_AT + timedelta(days=1))))


def test_an_issued_pdf_is_genuine_as_a_whole(issuer: Issuer, issued: bytes, tmp_path: Path):
    file = tmp_path / "copy.pdf"
    file.write_bytes(issued)
    found = verify_pdf_file(file, issuer.key_list())
    assert found.code == loose_body(issuer, pages=2)
    assert found.signed_at == ISSUED_AT
    assert "示例公司" in found.signer


def test_it_stays_genuine_after_its_certificate_has_expired(issuer: Issuer):
    at, until = VALID[0] + timedelta(days=1), VALID[0] + timedelta(days=2)
    pdf = issuer.sign_file(unsigned_copy(issuer, {"issued_at": at}), at, until)
    key_list = issuer.key_list(issuer.entry(KeyUsage.CODE), issuer.entry(KeyUsage.PDF, until=until))
    assert verify_issued_pdf(pdf, key_list).code.issued_at == at


def _appended(pdf: bytes) -> bytes:
    return pdf + b"\n% one more line\n"


def _retitled(pdf: bytes) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.docinfo["/Title"] = "another"
        opened.save(target)
    return target.getvalue()


def _first_page_only(pdf: bytes) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        del opened.pages[1]
        opened.save(target)
    return target.getvalue()


def _swapped(pdf: bytes) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.pages.reverse()
        opened.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_appended, PdfSignatureRefused),
        (_retitled, PdfSignatureRefused),
        (_first_page_only, PageCodesRefused),
        (_swapped, PageCodesRefused),
    ],
)
def test_a_changed_pdf_is_not_genuine(
    issuer: Issuer, issued: bytes, change: Callable[[bytes], bytes], refusal: type[PrintServerError]
):
    with pytest.raises(refusal):
        verify_issued_pdf(change(issued), issuer.key_list())


def test_codes_without_a_signature_over_the_file_prove_no_file(issuer: Issuer):
    with pytest.raises(PdfNotSigned):
        verify_issued_pdf(unsigned_copy(issuer, {}), issuer.key_list())


@pytest.mark.parametrize(
    "pages",
    [
        [{"page": 1, "pages": 2}, {"page": 2, "pages": 2, "serial": OTHER}],
        [{"page": 1, "pages": 2}, {"page": 2, "pages": 2, "copy": 2}],
        [{"page": 1, "pages": 2}, {"page": 2, "pages": 2, "document_sha256": bytes(32)}],
        [{"page": 1, "pages": 3}, {"page": 2, "pages": 3}],
    ],
    ids=["serials", "copies", "documents", "a page short"],
)
def test_pages_of_several_copies_are_no_copy_even_when_signed(issuer: Issuer, pages: list[dict[str, object]]):
    with pytest.raises(PageCodesRefused):
        verify_issued_pdf(issuer.sign_file(unsigned_copy(issuer, *pages)), issuer.key_list())


def test_an_older_paper_that_was_scanned_into_a_contract_does_not_hide_the_copy(issuer: Issuer):
    """Its codes stand on the same pages, once as many and once fewer than the copy has."""
    older = {"serial": OTHER, "issued_at": ISSUED_AT - timedelta(days=1)}
    for pages_then in (2, 1):
        pages: list[list[str]] = []
        for page in (1, 2):
            earlier = loose_body(issuer, page=min(page, pages_then), pages=pages_then, **older)
            pages.append([issuer.text(earlier), issuer.text(loose_body(issuer, page=page, pages=2))])
        found = verify_issued_pdf(issuer.sign_file(pages_with_many_codes(pages)), issuer.key_list())
        assert found.code == loose_body(issuer, pages=2)


def test_a_file_key_that_is_not_published_revoked_or_anothers_is_refused(issuer: Issuer, issued: bytes):
    code, pdf = issuer.entry(KeyUsage.CODE), issuer.entry(KeyUsage.PDF)
    with pytest.raises(KeyUnknown):
        verify_issued_pdf(issued, issuer.key_list(code))
    with pytest.raises(KeyNotValid):
        verify_issued_pdf(issued, issuer.key_list(code, pdf.revoked(ISSUED_AT)))
    with pytest.raises(PdfSignatureRefused):
        verify_issued_pdf(issued, issuer.key_list(code, issuer.entry(KeyUsage.PDF, organisation=8)))


def test_as_many_pages_are_read_as_a_setting_may_let_in():
    with pikepdf.new() as many:
        for _ in range(MOST_PAGES):
            many.add_blank_page(page_size=(20, 20))
        whole = io.BytesIO()
        many.save(whole)
        assert page_texts(whole.getvalue(), first=1) == [[]]
        many.add_blank_page(page_size=(20, 20))
        target = io.BytesIO()
        many.save(target)
    with pytest.raises(PdfUnreadable):
        page_texts(target.getvalue(), first=1)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 and no more", b"\x89PNG\r\n\x1a\n"], ids=["empty", "cut", "png"])
def test_what_cannot_be_opened_is_unreadable_rather_than_forged(issuer: Issuer, tmp_path: Path, data: bytes):
    file = tmp_path / "file.pdf"
    file.write_bytes(data)
    with pytest.raises(PdfUnreadable):
        verify_pdf_file(file, issuer.key_list())
    with pytest.raises(PdfUnreadable):
        verify_pdf_file(tmp_path / "missing.pdf", issuer.key_list())
