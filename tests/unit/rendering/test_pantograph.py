"""The void pantograph: whole dots, drawn pixel for pixel, alike on the print and different on a photocopy.

Print and photocopy are simulated, see `laser`: a simulation is not a printer.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
from numpy.typing import NDArray

from printserver.foundation.serials import CopySerial
from printserver.rendering.calibration import calibration_of
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_layout import BARCODE_BOX_UM, QR_BOX_UM, Box, ContentTransform, PageLayout
from printserver.rendering.pantograph import Lattice, LatticeMalformed, page_mask, woven
from printserver.rendering.pdf_files import page_points, single_page
from printserver.rendering.security_marks import KEEP_OUT_UM, SecurityMarks
from printserver.rendering.units import A4_PORTRAIT
from tests.unit.rendering.laser import ENGINES, contrast, copied_as_text, printed

UNSEEN = 0.006
"""The largest Weber contrast of the hidden word on a first print, as mean light."""
UNSEEN_BY_EYE = 1.5
"""The same as contrast to noise, behind the low-pass of an eye."""
SEEN_BY_EYE = 5.0
LAYOUT = PageLayout(
    1, A4_PORTRAIT, Box(165_700, 12_000, *QR_BOX_UM), Box(12_000, 273_300, *BARCODE_BOX_UM), ContentTransform()
)
EMPTY_PAGE = single_page(*page_points(A4_PORTRAIT), b"")


def patch(dpi: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A bar of 24 × 7 mm hidden in 40 × 14 mm: where it is, and the dots."""
    hidden = np.zeros((14 * dpi * 10 // 254, 40 * dpi * 10 // 254), np.bool_)
    hidden[hidden.shape[0] // 4 : 3 * hidden.shape[0] // 4, hidden.shape[1] // 5 : 4 * hidden.shape[1] // 5] = True
    pantograph = calibration_of({}, dpi).pantograph()
    return hidden, woven(hidden, pantograph.background, pantograph.word)


@pytest.mark.parametrize("dpi", [600, 1200])
def test_the_word_is_not_seen_on_the_print_and_stands_out_on_the_photocopy(dpi: int):
    random = np.random.default_rng(7)
    hidden, dots = patch(dpi)
    first = printed(dots, dpi, ENGINES[dpi], random)
    weber, by_eye = contrast(first, hidden)
    assert abs(weber) < UNSEEN
    assert by_eye < UNSEEN_BY_EYE
    weber_of_copy, copy_by_eye = contrast(copied_as_text(first, 300, random), hidden)
    assert copy_by_eye > SEEN_BY_EYE
    assert abs(weber_of_copy) > 5 * UNSEEN


def test_a_lattice_that_is_off_is_seen_on_the_print_already():
    """So that the limits above can fail."""
    random = np.random.default_rng(7)
    hidden, _ = patch(600)
    off = printed(woven(hidden, Lattice(2, 6_000), Lattice(3, 8_000)), 600, ENGINES[600], random)
    weber, by_eye = contrast(off, hidden)
    assert abs(weber) > UNSEEN
    assert by_eye > UNSEEN_BY_EYE


@pytest.mark.parametrize("dpi", [600, 1200])
def test_every_dot_is_drawn_whole_and_apart_from_the_others(dpi: int):
    pantograph = calibration_of({}, dpi).pantograph()
    _, dots = patch(dpi)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(dots.astype(np.uint8), connectivity=8)
    shapes = {tuple(int(value) for value in row[2:5]) for row in statistics[1:]}
    small, large = pantograph.background.dots, pantograph.word.dots
    assert shapes == {(small, small, small**2), (large, large, large**2)}


@pytest.mark.parametrize(("dots", "pitch"), [(0, 6_000), (17, 60_000), (2, 2_999), (2, 64_001)])
def test_a_lattice_without_room_between_its_dots_is_refused(dots: int, pitch: int):
    with pytest.raises(LatticeMalformed):
        Lattice(dots, pitch)


@pytest.mark.parametrize(
    ("dpi", "by"),
    [(600, "poppler"), (600, "ghostscript"), (1200, "poppler")],
)
def test_other_renderers_draw_the_very_pixels(dpi: int, by: str, tmp_path: Path):
    pantograph = calibration_of({}, dpi).pantograph()
    marks = CopyMarks(CopySerial(bytes(10)), 1, 1, (), security=SecurityMarks(0, pantograph))
    drawn = black(render_copy(EMPTY_PAGE, (LAYOUT,), marks), dpi, by, tmp_path)
    wanted = page_mask(pantograph, A4_PORTRAIT)
    height, width = wanted.shape
    drawn = drawn[:height, :width]
    compared = outside_codes(dpi, drawn.shape)
    assert int((drawn != wanted)[compared].sum()) == 0
    assert 0.08 < wanted.mean() < 0.12


def test_the_page_holds_the_mask_once_and_nothing_scales_it():
    pantograph = calibration_of({}, 600).pantograph()
    marks = CopyMarks(CopySerial(bytes(10)), 1, 1, (), security=SecurityMarks(0, pantograph))
    rendition = render_copy(EMPTY_PAGE, (LAYOUT,), marks)
    with pikepdf.open(io.BytesIO(rendition)) as pdf:
        masks = [each for each in pdf.objects if isinstance(each, pikepdf.Stream) and each.get("/ImageMask")]
    assert [(int(mask.Width), int(mask.Height), bool(mask.Interpolate)) for mask in masks] == [(4960, 7015, False)]
    assert len(rendition) < 120_000


def black(pdf: bytes, dpi: int, by: str, folder: Path) -> NDArray[np.bool_]:
    """The page in one bit a pixel."""
    source, target = folder / "page.pdf", folder / "page.pbm"
    source.write_bytes(pdf)
    if by == "poppler":
        command = ["pdftoppm", "-r", str(dpi), "-mono", "-aa", "no", "-aaVector", "no", "-singlefile", str(source)]
        command.append(str(target.with_suffix("")))
    else:
        command = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pbmraw", f"-r{dpi}"]
        command += [f"-sOutputFile={target}", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    picture = cv2.imread(str(target), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture < 128


def outside_codes(dpi: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """False where codes are kept free, and a pixel around that."""
    compared = np.ones(shape, np.bool_)
    for box in (LAYOUT.qr, LAYOUT.barcode):
        left, top = (int((edge - KEEP_OUT_UM) * dpi / 25_400) - 1 for edge in (box.x_um, box.y_um))
        right, bottom = (int((edge + KEEP_OUT_UM) * dpi / 25_400) + 2 for edge in (box.right_um, box.bottom_um))
        compared[top:bottom, left:right] = False
    return compared
