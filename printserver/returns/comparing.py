"""Has scanned pages compared with the issued ones, which are drawn from the stored PDF in a limited process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.guilloche import INNER_UM
from printserver.rendering.page_glyphs import page_glyphs
from printserver.rendering.page_images import page_image
from printserver.rendering.security_marks import BarePages, without_security
from printserver.rendering.straddle import SeamSlice
from printserver.returns.comparison import LEAST_DPI, WORKING_DPI, Comparison, Verdict, compare
from printserver.returns.comparison_wordings import with_wordings
from printserver.returns.matching import Image
from printserver.returns.squaring import ISSUED_DPI, on_a_desk, squared
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

    def compare(
        self, copy: CopyFacts, page: int, scan: Image, dpi: float, slices: Sequence[SeamSlice] = ()
    ) -> Comparison:
        """Compare a scanned page with that page (1-based) of the copy, and have lines read that differ.

        slices: of the issued seals across the page's edges.
        Raises: NotCompared, Unavailable.
        """
        try:
            bare = self._bare(copy)
            issued, text = _drawn(bare.pdf, page), page_glyphs(bare.pdf, page)
            edge_um = INNER_UM if bare.framed else 0
            compared = partial(
                compare,
                issued_bgr=issued,
                issued_dpi=WORKING_DPI,
                edge_um=edge_um,
                glyphs=text.glyphs,
                slices=slices,
            )
            return with_wordings(_of_photograph(compared, scan, issued, compared(scan, dpi=dpi)), text)
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


def _of_photograph(compared: Callable[..., Comparison], scan: Image, issued: Image, found: Comparison) -> Comparison:
    """`found`, unless the scan is a photograph whose sheet, squared up, shows more of what was issued.

    Where the places of the squared sheet lie in the photograph is not said: `pose` is None then.
    """
    if found.verdict is Verdict.SAME or not on_a_desk(scan):
        return found
    photo = squared(scan, issued)
    if photo is None or photo.dpi < LEAST_DPI:
        return found
    again = compared(photo.page, dpi=float(ISSUED_DPI))
    return replace(again, pose=None) if again.score > found.score else found


def _drawn(pdf: bytes, page: int) -> Image:
    picture = page_image(pdf, page, dpi=WORKING_DPI, format="png")
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise NotCompared("the issued page could not be drawn")
    return np.asarray(image, np.uint8)
