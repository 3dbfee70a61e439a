"""Make an attachment safe: a PDF as documents are, a picture by drawing it anew onto a page of A4."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from printserver.documents.intake import DocumentRefused, DocumentTooLarge, IntakeLimits, SafeDocument, make_safe
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_DRAWING: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=20, wall_seconds=40, output_bytes=64 * MEBIBYTE
)


class AttachmentRefused(DocumentRefused):
    """Neither a PDF nor a picture that can be drawn."""

    code = "attachment-refused"
    diagnosis = "An attachment is a PDF, or a picture (JPEG or PNG) that is whole and not too large."


def make_attachment_safe(data: bytes, limits: IntakeLimits) -> SafeDocument:
    """Every page A4; `original_sha256` is that of what was handed in.   Raises: DocumentRefused."""
    if len(data) > limits.max_bytes:
        raise DocumentTooLarge
    if data.startswith(b"%PDF-"):
        return make_safe(data, limits)
    if not data.startswith(_PICTURES):
        raise AttachmentRefused
    try:
        page = run_limited("printserver.documents.picture_process", [], data, _DRAWING)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise AttachmentRefused from failure
    return replace(make_safe(page, limits), original_sha256=hashlib.sha256(data).hexdigest())
