"""Documents and measurements for the tests of rendering and intake."""

from __future__ import annotations

import io
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import typst
from pikepdf import Array, Dictionary, Name
from PIL import Image

from printserver.rendering.drawing import VectorCanvas
from printserver.rendering.page_layout import Box
from printserver.rendering.units import to_points

CONTRACT = """
#set page(paper: "a4", margin: (x: 31.8mm, y: 25.4mm), numbering: "1 / 1")
#set text(font: "Noto Serif CJK SC", size: 12pt, lang: "zh")
= 采购合同 Purchase Contract
#for clause in range(LINES) [第#(clause)条 甲乙双方就设备采购事宜达成如下协议。The parties agree as follows. \\ ]
"""


@cache
def contract(lines: int = 60) -> bytes:
    """A Chinese and English contract with the margins of an ordinary letter."""
    compiled = typst.compile(CONTRACT.replace("LINES", str(lines)).encode())
    assert isinstance(compiled, bytes)
    return compiled


def pdf_of(*pages: Dictionary, content: bytes = b"", root: Dictionary | None = None, **options: Any) -> bytes:
    """A PDF made by hand. Each page brings its boxes and resources; `root` goes into the catalog."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        for page in pages:
            page.Type = Name.Page
            if "/MediaBox" not in page:
                page.MediaBox = Array([0, 0, 595.276, 841.89])
            if "/Contents" not in page:
                page.Contents = pdf.make_stream(content)
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        for key, value in (root or {}).items():
            pdf.Root[key] = value
        pdf.save(target, **options)
    return target.getvalue()


def canvas_content(canvas: VectorCanvas) -> str:
    """The operators of the canvas' only page."""
    with pikepdf.open(io.BytesIO(canvas.getpdfdata())) as drawn:
        (page,) = drawn.pages
        return page.obj.Contents.read_bytes().decode("ascii")


def raster(pdf: bytes, folder: Path, *, dpi: int, page: int = 1) -> Image.Image:
    """By poppler, which is not the renderer of the product."""
    source, target = folder / "raster.pdf", folder / "raster"
    source.write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-f", str(page), "-l", str(page), "-singlefile", "-png"]
    subprocess.run([*command, str(source), str(target)], check=True, capture_output=True)
    with Image.open(target.with_suffix(".png")) as picture:
        return picture.convert("RGB")


def middle_of_colour(picture: Image.Image, *, dpi: int, red: bool) -> tuple[float, float]:
    """Middle of the box around all strongly red (or green) pixels, in millimetres from the top-left corner."""
    pixels = np.asarray(picture).astype(int)
    strong, weak = (0, 1) if red else (1, 0)
    rows, columns = np.nonzero((pixels[..., strong] > 150) & (pixels[..., weak] < 110) & (pixels[..., 2] < 110))
    return (
        float(columns.min() + columns.max() + 1) / 2 / dpi * 25.4,
        float(rows.min() + rows.max() + 1) / 2 / dpi * 25.4,
    )


def qpdf_is_content(pdf: bytes, folder: Path) -> bool:
    source = folder / "checked.pdf"
    source.write_bytes(pdf)
    return subprocess.run(["qpdf", "--check", str(source)], check=False, capture_output=True).returncode == 0


def painted_over(pdf: bytes, page: int, box: Box) -> bytes:
    """With a black rectangle over the middle half of `box`.   page: 1-based."""
    with pikepdf.open(io.BytesIO(pdf)) as changed:
        at = changed.pages[page - 1]
        left, top, width, height = (
            to_points(length) for length in (box.x_um + box.width_um // 4, box.y_um, box.width_um // 2, box.height_um)
        )
        at.contents_add(f"q 0 g {left} {float(at.mediabox[3]) - top - height} {width} {height} re f Q".encode("ascii"))
        target = io.BytesIO()
        changed.save(target)
        return target.getvalue()
