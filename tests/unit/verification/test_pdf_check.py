"""What is said of a PDF that anybody hands in: issued here, changed, signed by others, scanned, or nothing of ours."""

from __future__ import annotations

import io
from datetime import timedelta
from hashlib import sha256

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy import event, update

from printserver.foundation.serials import PageCode
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.signing.published_key import KeyUsage
from printserver.verification.pdf_check import LARGEST, Changes, FileTooLarge, PdfCheck, PdfKind, check_pdf
from printserver.verification.public_view import VerdictKind
from tests.paper_books import ISSUED_AT, Books
from tests.paper_drawings import page_pixels, pages_with_codes, pages_with_many_codes, scan_of


def check(books: Books, pdf: bytes) -> PdfCheck:
    return check_pdf(books.database, books.objects, books.issuer.key_list(), pdf)


@pytest.fixture
def copy(books: Books) -> CopyFacts:
    return books.copy(pages=1)


@pytest.fixture
def unsigned(books: Books, copy: CopyFacts) -> bytes:
    return pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)])


@pytest.fixture
def issued(books: Books, copy: CopyFacts, unsigned: bytes) -> bytes:
    pdf = books.issuer.sign_file(unsigned)
    with books.database.work() as work:
        work.session.execute(
            update(Copy).where(Copy.id == copy.id).values(issued_sha256=books.objects.put(pdf, books.organisation_id))
        )
    return pdf


def turned(pdf: bytes) -> bytes:
    """Its page turned upside-down in a later revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = NumberObject(180)
    writer.update_container(page)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_the_very_file_is_known_and_its_copy_is_shown(books: Books, copy: CopyFacts, issued: bytes):
    found = check(books, issued)
    assert (found.kind, found.sha256, found.codes) == (PdfKind.AS_ISSUED, sha256(issued).hexdigest(), 1)
    (signature,) = found.signatures
    assert signature.signer == "Test pdf · 示例公司"
    assert (signature.ours, signature.intact, signature.whole_file, signature.changes) == (True, True, True, "none")
    assert found.copy is not None
    assert found.copy.kind is VerdictKind.GENUINE
    assert found.copy.facts is not None
    assert found.copy.facts.serial == str(copy.serial)


def test_a_file_that_the_books_do_not_know_is_signed_all_the_same(books: Books, unsigned: bytes):
    assert check(books, books.issuer.sign_file(unsigned)).kind is PdfKind.SIGNED


def test_a_change_after_the_signature_is_named(books: Books, issued: bytes):
    found = check(books, turned(issued))
    assert (found.kind, found.revisions) == (PdfKind.CHANGED, 3)
    assert found.signatures[0].intact
    assert found.signatures[0].changes is Changes.OTHER
    assert found.copy is not None, "what was signed is still told"


def test_a_byte_of_the_signed_part_changed_breaks_the_signature(books: Books, issued: bytes):
    at = issued.index(b"/MediaBox")
    found = check(books, issued[:at] + b"/MediaBoz" + issued[at + 9 :])
    assert found.kind in (PdfKind.BROKEN, PdfKind.UNREADABLE)


def test_the_signature_of_a_key_that_is_not_published_or_revoked_is_a_strangers(books: Books, unsigned: bytes):
    code, pdf = books.issuer.entry(KeyUsage.CODE), books.issuer.entry(KeyUsage.PDF)
    for listed in ((code,), (code, pdf.revoked(pdf.not_before))):
        found = check_pdf(
            books.database, books.objects, books.issuer.key_list(*listed), books.issuer.sign_file(unsigned)
        )
        assert found.kind is PdfKind.STRANGER
        assert not found.signatures[0].ours


def test_a_scan_is_no_forgery_and_says_which_copy_it_shows(books: Books, copy: CopyFacts, unsigned: bytes):
    found = check(books, scan_of(page_pixels(unsigned)))
    assert (found.kind, found.codes, found.signatures) == (PdfKind.SCAN, 1, ())
    assert found.copy is not None
    assert found.copy.kind is VerdictKind.GENUINE


def test_an_unsigned_file_with_an_altered_code_is_said_to_have_one(books: Books, copy: CopyFacts):
    text = books.text(copy)
    forged = text[:-1] + str((int(text[-1]) + 1) % 10)
    assert check(books, pages_with_codes([forged], [PageCode(copy.serial, 1)])).kind is PdfKind.ALTERED_CODE


def test_an_altered_code_is_said_to_be_one_also_where_a_stranger_has_signed_the_file(books: Books, copy: CopyFacts):
    text = books.text(copy)
    forged = text[:-1] + str((int(text[-1]) + 1) % 10)
    pages = pages_with_codes([forged], [PageCode(copy.serial, 1)])
    code, pdf = books.issuer.entry(KeyUsage.CODE), books.issuer.sign_file(pages)
    found = check_pdf(books.database, books.objects, books.issuer.key_list(code), pdf)
    assert (found.kind, len(found.signatures), found.copy) == (PdfKind.ALTERED_CODE, 1, None)


def test_a_code_of_a_revoked_key_is_not_said_to_be_nothing_of_ours(books: Books, unsigned: bytes):
    code = books.issuer.entry(KeyUsage.CODE)
    revoked = books.issuer.key_list(code.revoked(code.not_before), books.issuer.entry(KeyUsage.PDF))
    found = check_pdf(books.database, books.objects, revoked, unsigned)
    assert (found.kind, found.codes, found.copy) == (PdfKind.EXPIRED_CODE, 0, None)


def test_what_is_nothing_of_ours_asks_the_books_nothing(books: Books):
    empty = pikepdf.new()
    empty.add_blank_page()
    target = io.BytesIO()
    empty.save(target)
    seen: list[str] = []
    event.listen(books.database.engines.reading, "before_cursor_execute", lambda *said: seen.append(said[2]))
    assert check(books, target.getvalue()).kind is PdfKind.NOTHING
    assert check(books, b"%PDF-1.7 nothing").kind is PdfKind.UNREADABLE
    assert check(books, b"").kind is PdfKind.UNREADABLE
    assert seen == []


def test_a_file_is_known_although_an_older_paper_was_scanned_into_it(books: Books):
    older, copy = books.copy(pages=1), books.copy(pages=1)
    texts = [books.text(older, issued_at=ISSUED_AT - timedelta(days=1)), books.text(copy)]
    pdf = books.issuer.sign_file(pages_with_many_codes([texts]))
    with books.database.work() as work:
        issued = books.objects.put(pdf, books.organisation_id)
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(issued_sha256=issued))
    found = check(books, pdf)
    assert (found.kind, found.codes, found.several_copies) == (PdfKind.AS_ISSUED, 2, True)
    assert found.copy is not None
    assert found.copy.facts is not None
    assert found.copy.facts.serial == str(copy.serial)


def test_a_file_that_is_too_large_is_not_opened(books: Books):
    with pytest.raises(FileTooLarge):
        check(books, bytes(LARGEST + 1))


def test_pages_of_several_copies_are_told(books: Books):
    first, second = books.copies(2)
    bars = [PageCode(first.serial, 1), PageCode(second.serial, 1)]
    found = check(books, pages_with_codes([books.text(first), books.text(second)], bars))
    assert (found.kind, found.codes, found.several_copies) == (PdfKind.SCAN, 2, True)
    with books.database.reading() as work:
        assert copy_facts(work, first.id).issued_sha256 != found.sha256
