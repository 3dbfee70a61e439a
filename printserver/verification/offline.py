"""Verify a code or an issued PDF with nothing but the published key list: no server, no database.

It proves who signed what, and when. Whether the copy was voided since, only the server knows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509

from printserver.foundation.errors import Malformed, Refused
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.foundation.serials import MOST_PAGES
from printserver.signing.codes import CodeBody, SignedCode, parse_text, verify_code
from printserver.signing.errors import CodeMalformed, PdfSignatureRefused
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import key_id_of
from printserver.signing.pades import PdfVerdict, verify_pdf
from printserver.signing.published_key import KeyUsage, certificate_spki

MOST_BYTES: Final = 256 * MEBIBYTE
_LIMITS: Final = ProcessLimits(memory_bytes=2048 * MEBIBYTE, cpu_seconds=300, wall_seconds=600)


class PdfUnreadable(Malformed):
    """Not a PDF file that can be opened and drawn; says nothing about genuine or not."""

    code = "pdf-unreadable"


class PageCodesRefused(Refused):
    """The pages do not carry the codes of one whole copy."""

    code = "page-codes-refused"


@dataclass(frozen=True)
class IssuedPdf:
    """A PDF that is, byte for byte, a copy as it was issued."""

    code: CodeBody
    """Of page 1; every other page says the same."""
    signer: str
    """Subject of the certificate that signed the file."""
    signed_at: datetime | None
    """As the signer claims."""
    sha256: str


def verify_text(text: str, key_list: KeyList) -> CodeBody:
    """What a page's code says, once its signature is proved.

    Revocations in the list count, whenever they were: see `verify_code`.
    Raises: CodeMalformed, KeyUnknown, CodeForged, KeyNotValid.
    """
    return verify_code(parse_text(text), key_list)


def verify_pdf_file(path: Path, key_list: KeyList) -> IssuedPdf:
    """Raises: PdfUnreadable, and as `verify_issued_pdf`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PdfUnreadable(f"the file has more than {MOST_BYTES // MEBIBYTE} MiB")
        return verify_issued_pdf(path.read_bytes(), key_list)
    except OSError as problem:
        raise PdfUnreadable(f"the file cannot be read: {problem.strerror}") from problem


def verify_issued_pdf(pdf: bytes, key_list: KeyList) -> IssuedPdf:
    """Prove that `pdf` is a copy as it was issued: each page's code, and the signature over the whole file.

    Steps: read the codes from the drawn pages, one copy with all its pages in order, verify each of its codes, file
    signature under the list's root at the time of issue, its key published for PDFs of the same organisation and not
    revoked.
    Raises: PdfUnreadable, PageCodesRefused, KeyUnknown, CodeForged, KeyNotValid, PdfNotSigned, PdfSignatureRefused.
    """
    code, *_ = [verify_code(signed, key_list) for signed in _codes_of_one_copy(page_texts(pdf))]
    listed = [key.spki for key in key_list.of_usage(KeyUsage.PDF)]
    verdict = verify_pdf(pdf, [key_list.root_certificate], at=code.issued_at, listed_keys=listed)
    _check_signer(verdict, code, key_list)
    return IssuedPdf(code, verdict.signer, verdict.signed_at, sha256(pdf).hexdigest())


def page_texts(pdf: bytes, *, first: int = MOST_PAGES, limits: ProcessLimits = _LIMITS) -> list[list[str]]:
    """The texts of the QR codes on each of the `first` pages, read from the drawn pages.   Raises: PdfUnreadable."""
    try:
        answer = run_limited("printserver.verification.page_codes_process", [str(MOST_PAGES), str(first)], pdf, limits)
    except ProcessCrashed as problem:
        raise PdfUnreadable("not a PDF file that can be opened and drawn") from problem
    except ProcessLimitExceeded as problem:
        raise PdfUnreadable(f"the PDF is too large to be read: {problem}") from problem
    pages: list[list[str]] = json.loads(answer)
    return pages


def _codes_of_one_copy(pages: Sequence[Sequence[str]]) -> list[SignedCode]:
    """One code a page, of the copy that has just these pages in this order; none is proved yet.

    Beside them may stand codes of the contract itself, and those of an older paper that was scanned into it: of two
    whole copies the later one was drawn over the earlier.   pages: the texts that were read from each.
    """
    found = [_by_copy(page, len(pages), texts) for page, texts in enumerate(pages, start=1)]
    whole = set[CodeBody]().union(*found).intersection(*found)
    if not whole:
        raise PageCodesRefused("the pages do not carry the codes of one copy, all of its pages in their order")
    copy = max(whole, key=lambda body: body.issued_at)
    return [codes[copy] for codes in found]


def _by_copy(page: int, pages: int, texts: Sequence[str]) -> dict[CodeBody, SignedCode]:
    """The codes of this page of copies with so many, by what those say of their first page."""
    found = {}
    for text in texts:
        try:
            code = parse_text(text)
        except CodeMalformed:
            continue  # a QR code that belongs to the contract itself
        if (code.body.page, code.body.pages) == (page, pages):
            found[replace(code.body, page=1)] = code
    return found


def _check_signer(verdict: PdfVerdict, code: CodeBody, key_list: KeyList) -> None:
    spki = certificate_spki(x509.load_der_x509_certificate(verdict.certificate))
    key = key_list.find(key_id_of(spki), KeyUsage.PDF)
    if key.spki != spki:
        raise PdfSignatureRefused("the file was signed by a key that is not published")
    if key.organisation not in (None, code.organisation):
        raise PdfSignatureRefused("the file was signed by another organisation than its pages")
    key.check_valid(code.issued_at)
    key.check_not_revoked(None)
