"""Has scanned pages compared with the issued ones, which are drawn from the stored PDF in a limited process."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.guilloche import INNER_UM
from printserver.rendering.page_glyphs import page_glyphs
from printserver.rendering.page_images import page_image
from printserver.rendering.security_marks import BarePages, without_security
from printserver.returns.comparison import WORKING_DPI, Comparison, compare
from printserver.returns.comparison_wordings import with_wordings
from printserver.returns.matching import Image
from printserver.storage.objects import Objects

_WHOLE_PDFS_HELD: Final = 4


class NotCompared(PrintServerError):
    """The issued page could not be had, or the comparison broke off; a person looks at the page."""

    code = "not-compared"


class IssuedPages:
    """Issued PDFs of the copies met in one return; the last few are held in memory."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._held: dict[str, BarePages] = {}

    def compare(self, copy: CopyFacts, page: int, scan: Image, dpi: float) -> Comparison:
        """Compare a scanned page with that page (1-based) of the copy, and have lines read that differ.

        Raises: NotCompared, Unavailable.
        """
        try:
            bare = self._bare(copy)
            issued, text = _drawn(bare.pdf, page), page_glyphs(bare.pdf, page)
            edge_um = INNER_UM if bare.framed else 0
            found = compare(scan, issued, dpi, issued_dpi=WORKING_DPI, edge_um=edge_um, glyphs=text.glyphs)
            return with_wordings(found, text)
        except Unavailable:
            raise
        except PrintServerError as problem:
            raise NotCompared(f"the issued page could not be had: {problem}") from problem
        except cv2.error as problem:
            raise NotCompared("the comparison broke off") from problem

    def _bare(self, copy: CopyFacts) -> BarePages:
        """Without the marks against copying, whose dots and lines every scanner sees in another way."""
        digest = copy.issued_sha256
        if digest is None:
            raise NotCompared("the copy has no issued PDF")
        if digest not in self._held:
            if len(self._held) >= _WHOLE_PDFS_HELD:
                self._held.pop(next(iter(self._held)))
            self._held[digest] = without_security(self._objects.get(digest, copy.organisation_id))
        return self._held[digest]


def _drawn(pdf: bytes, page: int) -> Image:
    picture = page_image(pdf, page, dpi=WORKING_DPI, format="png")
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise NotCompared("the issued page could not be drawn")
    return np.asarray(image, np.uint8)
