"""Pages with every mark against copying are read and compared as well as pages without them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest

from printserver.approvals.classes import PublicView
from printserver.cli.demo.paper import Image, office_scan, rasterise
from printserver.documents.intake import make_safe
from printserver.rendering.calibration import calibration_of
from printserver.rendering.guilloche import INNER_UM
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import put_codes, render_copy
from printserver.rendering.security_marks import SecurityMarks, without_security
from printserver.rendering.watermark import Watermark
from printserver.returns.comparison import DIFFERS, Comparison, Verdict, compare
from printserver.returns.matching import find_codes
from printserver.returns.squaring import ISSUED_DPI, squared
from printserver.verification.page_view import drawn_page
from printserver.verification.public_view import PagePolicy
from tests.sealed_store import sealed_store
from tests.unit.returns.conftest import DPI, SERIAL
from tests.unit.returns.made_pages import contract_lines, issued_copy, read_unsigned, verification_text
from tests.unit.returns.test_photo_check import photographed

LINES = contract_lines(0)
OWNER = uuid4()
EVERYTHING = SecurityMarks(706, calibration_of({}, 600).pantograph(), True, Watermark("内部使用", True, True))


class Paper:
    """Prints pages with all marks at the engine's 600 dpi, and scans them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "page.pdf"

    def issued(self, lines: list[str]) -> bytes:
        safe = make_safe(issued_copy(SERIAL, [lines], seal=False, codes=False)).pdf
        layout = plan_layout(safe)
        copy = render_copy(safe, layout, CopyMarks(SERIAL, 1, 1, (), security=EVERYTHING))
        return put_codes(copy, layout, [verification_text(SERIAL, 1)], 600)

    def scanned(self, lines: list[str], *, dpi: int = DPI, seed: int = 3) -> Image:
        printed = self.pixels(self.issued(lines), 600)
        sheet = cv2.resize(printed, None, fx=dpi / 600, fy=dpi / 600, interpolation=cv2.INTER_AREA)
        return office_scan(np.asarray(sheet, np.uint8), dpi, np.random.default_rng(seed), skew_degrees=0.7)

    def compared(self, lines: list[str], *, dpi: int = DPI, seed: int = 3) -> Comparison:
        """With the page that was issued with `LINES`, as returns do it."""
        bare = without_security(self.issued(LINES))
        issued = self.pixels(bare.pdf, DPI)
        scan = self.scanned(lines, dpi=dpi, seed=seed)
        return compare(scan, issued, dpi, issued_dpi=DPI, edge_um=INNER_UM if bare.framed else 0)

    def pixels(self, pdf: bytes, dpi: int) -> Image:
        self._path.write_bytes(pdf)
        return rasterise(self._path, 1, dpi)


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path)


@pytest.mark.parametrize(("dpi", "seed"), [(150, 1), (200, 4), (300, 3)])
def test_the_codes_are_read_from_the_first_corner_that_is_looked_at(paper: Paper, dpi: int, seed: int):
    found = find_codes(paper.scanned(LINES, dpi=dpi, seed=seed), dpi)
    assert found.rung == "qr-corner-grey"
    assert {read_unsigned(text).serial for text in found.qr_texts} == {SERIAL}


def test_strangers_see_its_lines_hidden_and_no_grey_sheet(paper: Paper, tmp_path: Path):
    objects = sealed_store(tmp_path)
    policy = PagePolicy(PublicView.MASKED, OWNER, objects.put(paper.issued(LINES), OWNER), 1)
    png = drawn_page(objects, policy, 50, None)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert 0.01 < np.mean(picture < 255) < 0.5


@pytest.mark.parametrize(("dpi", "seed"), [(200, 4)])
def test_an_unchanged_page_raises_no_alarm(paper: Paper, dpi: int, seed: int):
    found = paper.compared(LINES, dpi=dpi, seed=seed)
    assert (found.verdict, found.regions) == (Verdict.SAME, ())


def test_a_changed_amount_and_a_dropped_line_are_still_found(paper: Paper):
    digits = LINES[2][-12:]
    amount = [*LINES[:2], LINES[2].replace(digits, digits.replace("00 CNY", "90 CNY")), *LINES[3:]]
    assert amount != LINES
    for lines in (amount, LINES[:-1]):
        found = paper.compared(lines)
        assert found.verdict is not Verdict.SAME
        assert DIFFERS & {region.kind for region in found.regions}


def test_a_photograph_of_the_page_is_found_to_be_the_page(paper: Paper):
    issued = paper.issued(LINES)
    taken = cv2.imdecode(np.frombuffer(photographed(paper.pixels(issued, 300)), np.uint8), cv2.IMREAD_COLOR)
    bare = paper.pixels(without_security(issued).pdf, ISSUED_DPI)
    flat = squared(np.asarray(taken, np.uint8), bare)
    assert flat is not None
    found = compare(flat.page, bare, ISSUED_DPI, edge_um=INNER_UM)
    assert (found.verdict, found.regions) == (Verdict.SAME, ())
