"""Pages turned into pixels: the same pages, the same size, and nothing else."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2
import pytest
import zxingcpp
from reportlab.lib.units import mm
from reportlab.pdfgen import canvas

from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.raster import (
    SHEET_BACKS,
    SIDES,
    RasterNotMade,
    pixels,
    raster_document,
    read_page_headers,
)
from printserver.rendering.dot_grid import DotGrid
from printserver.rendering.qr_code import draw_qr_code, qr_modules
from tests.cups_rig import SPOOLER_USER, Running, wait_for
from tests.free_ports import free_port
from tests.unit.printing.pwg_reader import read_pages

A4 = (595.276, 841.89)
UNCHANGED = {("rotated", SIDES[2]), ("manual-tumble", SIDES[1])}
REQUEST = """{{
  OPERATION Print-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR mimeMediaType document-format {document_format}
  GROUP job-attributes-tag
  ATTR keyword sides {sides}
  ATTR keyword media iso_a4_210x297mm
  ATTR keyword print-scaling none
  FILE $filename
  STATUS successful-ok
}}
"""
CODE_TEXT = "https://example.test/q/0123456789"


def contract(*sizes: tuple[float, float]) -> bytes:
    """A page each, told apart by corner marks, with a QR code, text, and a line of 100 mm."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, invariant=True)
    for number, (width, height) in enumerate(sizes, start=1):
        sheet.setPageSize((width, height))
        sheet.setFont("Helvetica", 24)
        sheet.drawString(40 * mm, height - 40 * mm, f"Contract, page {number}")
        sheet.rect(50 * mm, 100 * mm, 100 * mm, 2 * mm, stroke=0, fill=1)
        sheet.saveState()
        grid = DotGrid(600)
        grid.lay_on(sheet)
        draw_qr_code(sheet, qr_modules(CODE_TEXT), grid, left_um=20_000, bottom_um=22_700)
        sheet.restoreState()
        sheet.setFillColorRGB(0.8, 0, 0)
        sheet.circle(width - 40 * mm, 50 * mm, 20 * mm, stroke=1, fill=0)
        sheet.rect(width - 10 * mm, height - 10 * mm, 10 * mm, 10 * mm, stroke=0, fill=1)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def drawn(pdf: bytes, dpi: int, *, sides: str = SIDES[0], sheet_back: str = "normal") -> bytes:
    return raster_document(
        pdf, document_format="image/pwg-raster", resolution_dpi=dpi, sides=sides, sheet_back=sheet_back
    )


def drawn_by_pdfium(pdf: bytes, page: int, dpi: int) -> npt.NDArray[np.uint8]:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[page].render(scale=dpi / 72, rev_byteorder=True).to_numpy()[:, :, :3]


def difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """Mean of the differences, in grey values of 255; looked at in squares, for edges are drawn differently."""
    height, width = (8 * (min(a, b) // 8) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
    squares = [
        picture[:height, :width].reshape(height // 8, 8, width // 8, 8, 3).mean((1, 3)) for picture in (one, other)
    ]
    return float(np.abs(squares[0] - squares[1]).mean())


@pytest.mark.parametrize("dpi", [300, 600])
def test_the_pixels_are_what_another_renderer_draws_of_the_same_page(dpi: int):
    pdf = contract(A4, A4)
    pages = read_pages(drawn(pdf, dpi))
    assert [page.shape for page in pages] == [(*pixels(dpi)[::-1], 3)] * 2
    assert max(difference(page, drawn_by_pdfium(pdf, number, dpi)) for number, page in enumerate(pages)) < 0.5
    assert difference(pages[0], np.full_like(pages[0], 255)) > 2


@pytest.mark.parametrize("dpi", [300, 600])
def test_a_hundred_millimetres_are_a_hundred_millimetres(dpi: int):
    [page] = read_pages(drawn(contract(A4), dpi))
    row = page[round((297 - 101) / 25.4 * dpi), :, 0]
    [dark] = (np.flatnonzero(row < 128),)
    assert abs(len(dark) - 100 / 25.4 * dpi) <= 1
    assert abs(dark[0] - 50 / 25.4 * dpi) <= 1
    assert dark[-1] - dark[0] + 1 == len(dark)


def test_the_code_on_every_page_is_read():
    pdf = contract(A4, A4[::-1])
    for page in read_pages(drawn(pdf, 300)):
        assert [found.text for found in zxingcpp.read_barcodes(page)] == [CODE_TEXT]


def test_a_lying_page_is_turned_onto_the_standing_paper():
    pdf = contract(A4[::-1])
    [page] = read_pages(drawn(pdf, 150))
    assert page.shape == (*pixels(150)[::-1], 3)
    assert difference(np.rot90(page, -1), drawn_by_pdfium(pdf, 0, 150)) < 1


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_page_is_printed_as_a_person_sees_it(rotation: int):
    with pikepdf.open(io.BytesIO(contract(A4 if rotation == 180 else A4[::-1]))) as pdf:
        pdf.pages[0].Rotate = rotation
        out = io.BytesIO()
        pdf.save(out)
    [page] = read_pages(drawn(out.getvalue(), 150))
    assert difference(page, drawn_by_pdfium(out.getvalue(), 0, 150)) < 1


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("sheet_back", SHEET_BACKS)
def test_the_backs_are_mirrored_as_the_printer_asks_and_say_so(sides: str, sheet_back: str):
    pdf = contract(A4, A4, A4[::-1], A4[::-1])
    raster = drawn(pdf, 150, sides=sides, sheet_back=sheet_back)
    plain = raster_document(
        contract(A4, A4, A4[::-1], A4[::-1]), document_format="image/pwg-raster", resolution_dpi=150, sides=sides
    )
    for header, page, as_seen in zip(read_page_headers(raster), read_pages(raster), read_pages(plain), strict=True):
        across, along = header.transform
        assert difference(page[::along, ::across], as_seen) < 0.5
    transforms = {header.transform for header in read_page_headers(raster)[1::2]}
    assert len(transforms) == 1
    assert (transforms == {(1, 1)}) == (sheet_back == "normal" or (sheet_back, sides) in UNCHANGED or sides == SIDES[0])


def test_every_header_says_what_is_printed():
    headers = read_page_headers(drawn(contract(A4, A4, A4), 600, sides=SIDES[2]))
    assert len(headers) == 3
    assert {header.total_pages for header in headers} == {3}
    assert {(header.width, header.height) for header in headers} == {(4961, 7016)}
    assert {(header.duplex, header.tumble, header.colour_space) for header in headers} == {(True, True, 19)}


@pytest.mark.parametrize("sides", SIDES)
def test_apple_raster_has_as_many_pages_as_the_document(sides: str):
    raster = raster_document(contract(A4, A4, A4), document_format="image/urf", resolution_dpi=300, sides=sides)
    assert raster[:12] == b"UNIRAST\0\0\0\0\3"


@pytest.mark.parametrize(
    "pdf",
    [b"", b"%PDF-1.7 nothing", contract((420.0, 595.0)), contract(A4, (842.0, 1191.0)), contract(A4)[:-400]],
    ids=["empty", "broken", "A5", "second page A3", "cut off"],
)
def test_what_is_no_whole_document_on_a4_is_not_drawn(pdf: bytes):
    with pytest.raises(RasterNotMade):
        drawn(pdf, 150)


@pytest.mark.parametrize(
    "wrong",
    [{"document_format": "image/jpeg"}, {"resolution_dpi": 601}, {"sides": "both"}, {"sheet_back": "upside-down"}],
    ids=str,
)
def test_what_no_printer_asks_for_is_refused(wrong: dict[str, object]):
    asked = {"document_format": "image/pwg-raster", "resolution_dpi": 300, "sides": SIDES[0], "sheet_back": "normal"}
    with pytest.raises(ValueError, match="no "):
        raster_document(contract(A4), **{**asked, **wrong})  # type: ignore[arg-type]


def test_drawing_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(Path("/tmp").iterdir())
    drawn(contract(A4), 300)
    left = {path.name for path in set(Path("/tmp").iterdir()) - before}
    assert [name for name in left if name.startswith("gs_")] == []
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_reaches_for_other_files_gets_none(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    program = f"%!PS\n({secret}) (r) file pop showpage\n".encode()
    with pytest.raises(RasterNotMade):
        drawn(program, 150)


@pytest.mark.parametrize("document_format", ["image/pwg-raster", "image/urf"])
def test_a_printer_that_takes_nothing_else_takes_it(document_format: str):
    with tempfile.TemporaryDirectory(prefix="raster-") as folder:
        Path(folder).chmod(0o755)
        printer = EmulatedPrinter(Path(folder) / "p", free_port(), user=SPOOLER_USER, formats=(document_format,))
        printer.build()
        engine = Running(printer.command(), printer.environment(), Path(folder) / "log")
        engine.start()
        try:
            printer.wait_until_ready()
            document = raster_document(
                contract(A4, A4),
                document_format=document_format,  # type: ignore[arg-type]
                resolution_dpi=300,
                sides=SIDES[1],
            )
            sent = Path(folder) / "document"
            sent.write_bytes(document)
            request = Path(folder) / "request.test"
            request.write_text(REQUEST.format(document_format=document_format, sides=SIDES[1]))
            subprocess.run(["ipptool", "-t", "-f", str(sent), printer.uri, str(request)], check=True, timeout=60)
            [received] = wait_for(lambda: printer.received() or None)
            assert received.read_bytes() == document
        finally:
            engine.stop()
