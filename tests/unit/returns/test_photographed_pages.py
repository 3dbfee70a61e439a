"""A page that was photographed from one side is laid over what was issued like any scan.

Whether it is the page; how sure a photograph lets one be of each letter is for the comparison's own tests.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from printserver.cli.demo.paper import rasterise
from printserver.rendering.page_glyphs import page_glyphs
from printserver.rendering.page_images import page_image
from printserver.returns.comparison import compare
from tests.unit.returns.test_try_folder import photographed


def test_a_page_photographed_at_an_angle_is_recognised(issued_pdf: Path) -> None:
    pdf = issued_pdf.read_bytes()
    photo = photographed(rasterise(issued_pdf, 1, 260))
    scores = []
    for page in (1, 2):
        picture = np.frombuffer(page_image(pdf, page, dpi=200, format="png"), np.uint8)
        issued = np.asarray(cv2.imdecode(picture, cv2.IMREAD_COLOR), np.uint8)
        glyphs = page_glyphs(pdf, page).glyphs
        scores.append(compare(photo, issued, 260, issued_dpi=200, glyphs=glyphs).score)
    assert scores[0] > 0.9
    assert scores[1] < 0.5
