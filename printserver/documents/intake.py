"""Make a PDF that was handed in safe: rebuilt by whitelist in a limited process, flat, one revision, A4."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from printserver.documents.findings import Findings
from printserver.foundation.errors import Malformed, TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.rendering.page_images import INK_LIMITS, PageNotDrawable, ink_maps
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT, PageSize

_REBUILDING: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=40, wall_seconds=60, output_bytes=128 * MEBIBYTE
)


@dataclass(frozen=True)
class IntakeLimits:
    max_bytes: int = 50 * MEBIBYTE
    max_pages: int = 500
    max_side_um: int = 2_000_000
    """Longest side of a page: two metres, more than A0."""
    rebuilding: ProcessLimits = _REBUILDING
    drawing: ProcessLimits = INK_LIMITS
    """For all pages together, at half a millimetre a dot."""


@dataclass(frozen=True)
class SafeDocument:
    """Every page is A4, upright or lying, without rotation or crop box; digests are lower-case hexadecimal."""

    pdf: bytes
    original_sha256: str
    safe_sha256: str
    pages: tuple[PageSize, ...]
    annotations_dropped: int = 0
    """Links, notes, hidden or screen-only ones."""
    annotations_flattened: int = 0
    """Form fields and drawings that are part of the page now."""
    fonts_not_embedded: tuple[str, ...] = ()
    """Each printer replaces these in its own way."""
    findings: Findings = field(default_factory=Findings)


class DocumentRefused(Malformed):
    """The document cannot be made safe. `page`: the one to blame, 1-based, where it is known."""

    code = "document-refused"
    diagnosis: ClassVar[str] = "The document cannot be used."

    def __init__(self, page: int | None = None) -> None:
        super().__init__(f"{self.diagnosis} (page {page})" if page else self.diagnosis)
        self.page = page


class DocumentTooLarge(TooLarge, DocumentRefused):
    code = "document-too-large"
    diagnosis = "The file is larger than allowed. Please make it smaller or split it."


class NotAPdf(DocumentRefused):
    code = "document-not-pdf"
    diagnosis = "This is not a PDF: the file does not begin with %PDF-. Pictures and Office files can be handed in too."


class DocumentProtected(DocumentRefused):
    code = "document-protected"
    diagnosis = "The PDF is encrypted or protected by a password. Please remove the protection and hand it in again."


class DocumentEmpty(DocumentRefused):
    code = "document-empty"
    diagnosis = "The PDF has no pages."


class TooManyPages(DocumentRefused):
    code = "document-too-many-pages"
    diagnosis = "The PDF has more pages than allowed. Please split it."


class PageTooLarge(DocumentRefused):
    code = "document-page-too-large"
    diagnosis = "A page of the PDF is larger than allowed."


class DocumentDamaged(DocumentRefused):
    code = "document-damaged"
    diagnosis = "The PDF is damaged or incomplete. Please export it anew."


class DocumentTooDemanding(DocumentRefused):
    code = "document-too-demanding"
    diagnosis = "A page of the PDF needs too much time or memory to draw. Please export it in a simpler form."


class HiddenLayers(DocumentRefused):
    code = "document-hidden-layers"
    diagnosis = "The PDF has layers that are hidden on screen or on paper. Please print it to a flat PDF first."


class LookNotFixed(DocumentRefused):
    code = "document-look-not-fixed"
    diagnosis = (
        "The PDF has form fields or comments that every program draws in its own way. Please print it to a PDF first."
    )


class ContentOutside(DocumentRefused):
    code = "document-outside"
    diagnosis = "The PDF takes part of its pages from another file."


class DocumentPortfolio(DocumentRefused):
    code = "document-portfolio"
    diagnosis = "The PDF is a collection of files. Please hand in the document itself."


_REFUSALS: Final = {
    refusal.code: refusal
    for refusal in (
        *(DocumentProtected, DocumentEmpty, TooManyPages, PageTooLarge, DocumentDamaged),
        *(HiddenLayers, LookNotFixed, ContentOutside, DocumentPortfolio),
    )
}
_SIZES: Final = {(size.width_um, size.height_um): size for size in (A4_PORTRAIT, A4_LANDSCAPE)}


def make_safe(pdf: bytes, limits: IntakeLimits = IntakeLimits()) -> SafeDocument:
    """Rebuild a PDF so that only what draws its pages is left, every page A4; the same bytes give the same bytes.

    Larger pages are made smaller to fit, smaller ones are centred, none is enlarged; rotation and crop box are applied.
    Printed annotations with a fixed look become part of the page, others are dropped; layers are merged.
    Scripts, actions, links, forms, attached files, metadata and overprint are left behind.
    Raises DocumentRefused, by its subclass the reason; nothing else leaves.
    """
    if len(pdf) > limits.max_bytes:
        raise DocumentTooLarge
    if not pdf.startswith(b"%PDF-"):
        raise NotAPdf
    head, safe = _rebuilt(pdf, limits)
    try:
        drawn = ink_maps(safe, limits.drawing)
    except PageNotDrawable as failure:
        raise DocumentTooDemanding(failure.page) from failure
    pages = tuple(_SIZES[width, height] for width, height in head["pages"])
    if len(drawn) != len(pages):
        raise DocumentDamaged
    return SafeDocument(
        pdf=safe,
        original_sha256=hashlib.sha256(pdf).hexdigest(),
        safe_sha256=hashlib.sha256(safe).hexdigest(),
        pages=pages,
        annotations_dropped=head["dropped"],
        annotations_flattened=head["flattened"],
        fonts_not_embedded=tuple(head["fonts_not_embedded"]),
    )


def _rebuilt(pdf: bytes, limits: IntakeLimits) -> tuple[dict[str, Any], bytes]:
    arguments = [str(limits.max_pages), str(limits.max_side_um)]
    try:
        answer = run_limited("printserver.documents.intake_process", arguments, pdf, limits.rebuilding)
    except ProcessLimitExceeded as exceeded:
        raise DocumentTooDemanding(_last_page(exceeded.diagnosis)) from exceeded
    except ProcessCrashed as crash:
        raise DocumentDamaged(_last_page(crash.diagnosis)) from crash
    head, _, safe = answer.partition(b"\n")
    fields: dict[str, Any] = json.loads(head)
    if "refused" in fields:
        raise _REFUSALS[fields["refused"]]
    return fields, safe


def _last_page(diagnosis: str) -> int | None:
    """The page that the child process had begun."""
    pages = [line for line in diagnosis.splitlines() if line.startswith("page ")]
    return int(pages[-1].removeprefix("page ")) if pages else None
