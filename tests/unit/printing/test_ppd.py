"""Descriptions of controlled printers: ours, whole, and accepted by CUPS."""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path

import pytest

from printserver.printing.ppd import PrinterShape, controlled_ppd, shape_of

SHIPPED = Path(__file__).parents[3] / "drivers" / "cups" / "controlled-a4.ppd"


def test_the_shipped_description_is_the_one_that_is_made():
    assert controlled_ppd() == SHIPPED.read_text("ascii")


@pytest.mark.parametrize(("colour", "two_sided", "dpi"), list(product((True, False), (True, False), (None, 600))))
def test_cups_own_checker_takes_every_description(tmp_path: Path, colour: bool, two_sided: bool, dpi: int | None):
    path = tmp_path / "controlled.ppd"
    path.write_text(controlled_ppd(PrinterShape(colour, two_sided, dpi)), "ascii")
    subprocess.run(["cupstestppd", "-q", "-W", "filters", str(path)], check=True)


def test_a_description_is_known_again_and_a_changed_one_is_not():
    shape = PrinterShape(colour=False, two_sided=True, resolution_dpi=1200)
    text = controlled_ppd(shape)
    assert shape_of(text) == shape
    assert shape_of(text + "\n") is None
    assert shape_of(text.replace(" 0 -", " 0 sh")) is None


def test_no_description_names_a_program():
    for colour, two_sided in product((True, False), (True, False)):
        text = controlled_ppd(PrinterShape(colour, two_sided))
        filters = [line for line in text.splitlines() if line.startswith("*cupsFilter")]
        assert len(filters) == 1
        assert filters[0].endswith(' 0 -"')
        assert text.isascii()


def test_a_resolution_that_no_engine_has_is_refused():
    with pytest.raises(ValueError, match="dpi"):
        PrinterShape(resolution_dpi=601)
