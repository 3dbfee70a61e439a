"""Makes small issued pages for the comparison's tests: all that a whole page has, a third of its pixels."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache

import numpy as np
import pypdfium2
import typst

from printserver.cli.demo.paper import Image
from printserver.foundation.serials import CopySerial, PageCode
from tests.unit.returns.made_pages import code_128_svg, contract_lines, qr_svg, verification_text

SERIAL = CopySerial(bytes(range(10)))
SIDE_MM = 150
LINES = tuple(contract_lines(0, 5))
_PAGE = """
#set page(width: 150mm, height: 150mm, margin: (x: 14mm, top: 42mm, bottom: 22mm))
#set text(size: 10.5pt, font: ("Libertinus Serif", "Noto Serif CJK SC"), fallback: true)
#set par(leading: 0.75em, justify: true)
#let data = json(bytes(sys.inputs.data))
#place(top + right, dx: 3mm, dy: -32mm, image(bytes(data.qr), format: "svg", width: 28mm))
#place(bottom + left, dx: -1mm, dy: 14mm, image(bytes(data.bars), format: "svg", width: 72mm, height: 8mm))
#if data.seal {
  place(top + left, dx: 20mm, dy: -35mm, circle(radius: 15mm, stroke: 1mm + rgb("#d9261c"))[
    #set align(center + horizon)
    #text(fill: rgb("#d9261c"), size: 18pt)[★]])
}
#for line in data.lines { par(line) }
"""


@cache
def small_page(lines: Sequence[str] = LINES, *, page: int = 1, seal: bool = True) -> bytes:
    """A PDF of one page, 150 mm wide and high.   page: which its codes say it is."""
    codes = {"qr": qr_svg(verification_text(SERIAL, page)), "bars": code_128_svg(PageCode(SERIAL, page).digits())}
    data = json.dumps({"lines": list(lines), "seal": seal, **codes})
    return bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": data}))


@cache
def drawn(pdf: bytes, dpi: int) -> Image:
    """Never to be written to."""
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        image = np.array(document[0].render(scale=dpi / 72, rev_byteorder=False).to_numpy()[:, :, :3], np.uint8)
    image.setflags(write=False)
    return image
