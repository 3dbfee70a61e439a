"""Attachments: PDFs and pictures are made safe, everything else is refused."""

from __future__ import annotations

import io
from hashlib import sha256

import pytest
from PIL import Image

from printserver.documents.attachments import AttachmentRefused, make_attachment_safe
from printserver.documents.intake import DocumentRefused, DocumentTooLarge, IntakeLimits
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT
from tests.world_building import PAGES, contract

LIMITS = IntakeLimits()


def picture(kind: str, size: tuple[int, int], mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 0).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (picture("JPEG", (300, 400)), A4_PORTRAIT),
        (picture("PNG", (4000, 300), "RGBA"), A4_LANDSCAPE),
        (picture("PNG", (1, 1), "1"), A4_PORTRAIT),
    ],
)
def test_a_picture_becomes_a_page_of_a4(data: bytes, size: object):
    safe = make_attachment_safe(data, LIMITS)
    assert safe.pages == (size,)
    assert safe.original_sha256 == sha256(data).hexdigest()


def test_a_pdf_is_made_safe_as_documents_are():
    assert len(make_attachment_safe(contract(), LIMITS).pages) == PAGES


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff broken", b"\x89PNG\r\n\x1a\n broken", b"PK\x03\x04"])
def test_anything_else_is_refused(data: bytes):
    with pytest.raises(AttachmentRefused):
        make_attachment_safe(data, LIMITS)


def test_too_large_and_broken_ones_are_refused():
    with pytest.raises(DocumentTooLarge):
        make_attachment_safe(bytes(11), IntakeLimits(max_bytes=10))
    with pytest.raises(DocumentRefused):
        make_attachment_safe(b"%PDF-1.7 nothing", LIMITS)
