"""Make an attachment safe: a PDF as documents are, a picture by drawing it anew onto a page of A4."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from printserver.documents.intake import DocumentRefused, DocumentTooLarge, IntakeLimits, SafeDocument, make_safe
from printserver.documents.pictures import PictureRefused, draw_picture, is_picture


class AttachmentRefused(DocumentRefused):
    """Neither a PDF nor a picture that can be drawn."""

    code = "attachment-refused"
    diagnosis = "An attachment is a PDF, or a picture (JPEG, PNG, TIFF or WebP) that is whole and not too large."


def make_attachment_safe(data: bytes, limits: IntakeLimits) -> SafeDocument:
    """Every page A4; `original_sha256` is that of what was handed in.   Raises: DocumentRefused."""
    if len(data) > limits.max_bytes:
        raise DocumentTooLarge
    if data.startswith(b"%PDF-"):
        return make_safe(data, limits)
    if not is_picture(data):
        raise AttachmentRefused
    try:
        pages = draw_picture(data)
    except PictureRefused as failure:
        raise AttachmentRefused from failure
    return replace(make_safe(pages, limits), original_sha256=hashlib.sha256(data).hexdigest())
