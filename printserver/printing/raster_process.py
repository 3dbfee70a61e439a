"""Child process: lay each page upright on A4, then become Ghostscript, which draws it. Started by `raster`.

Arguments: Ghostscript's device, dots per inch, `sides`, `pwg-raster-document-sheet-back`. A PDF on standard input, the
raster on standard output. No file is made: the page description goes through a memory file, bands are kept in memory,
and the folder for temporary files is one that cannot exist.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Final

import pikepdf

GHOSTSCRIPT: Final = "/usr/bin/gs"
NOT_A4: Final = 3
A4_POINTS: Final = (595.276, 841.89)
_A4_TOLERANCE: Final = 1.0  # points; nothing is scaled, so what is larger would be cut
_UPRIGHT: Final = 270  # degrees clockwise: a lying page is turned 90 degrees anticlockwise. RFC 8011 section 5.2.10
_SRGB_8: Final = ("-dcupsColorSpace=19", "-dcupsBitsPerColor=8")
_QUALITY_NORMAL: Final = 4

# How the back of a sheet must be mirrored, across and along the paper's way. PWG 5102.4-2012 table 5.
BACK_TRANSFORMS: Final = {
    ("flipped", "two-sided-long-edge"): (1, -1),
    ("flipped", "two-sided-short-edge"): (-1, 1),
    ("rotated", "two-sided-long-edge"): (-1, -1),
    ("manual-tumble", "two-sided-short-edge"): (-1, -1),
}


def upright_pages(document: bytes, back: tuple[int, int]) -> tuple[bytes, int]:
    """The document with every page standing, and its number of pages. Exits with NOT_A4 for any other size.

    back: mirroring of each second page, across and along the paper's way.
    """
    with pikepdf.open(io.BytesIO(document), attempt_recovery=False) as pdf:
        for number, page in enumerate(pdf.pages):
            turned, (width, height) = page.get("/Rotate", 0) % 360, _box(page)
            seen = (height, width) if turned % 180 else (width, height)
            lying = seen[0] > seen[1]
            if not _is_a4(seen[::-1] if lying else seen):
                sys.exit(NOT_A4)
            if number % 2 and back != (1, 1):
                sideways = (turned % 180 != 0) != lying
                _mirror(page, back[::-1] if sideways else back)
            page.Rotate = (turned + (_UPRIGHT if lying else 0)) % 360
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue(), len(pdf.pages)


def _box(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    return right - left, top - bottom


def _is_a4(size: tuple[float, float]) -> bool:
    return all(abs(is_ - should) <= _A4_TOLERANCE for is_, should in zip(size, A4_POINTS, strict=True))


def _mirror(page: pikepdf.Page, factors: tuple[int, int]) -> None:
    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    move = (left + right if factors[0] < 0 else 0, bottom + top if factors[1] < 0 else 0)
    matrix = f"q {factors[0]} 0 0 {factors[1]} {move[0]:.4f} {move[1]:.4f} cm\n"
    page.contents_add(matrix.encode("ascii"), prepend=True)
    page.contents_add(b"\nQ", prepend=False)


def ghostscript_command(source: str, pages: int, device: str, dpi: str, sides: str) -> list[str]:
    """The paper is fixed and nothing is fitted to it, so a point of the page is a point on the paper."""
    return [
        GHOSTSCRIPT,
        "-q",
        "-dSAFER",
        "-dBATCH",
        "-dNOPAUSE",
        "-dPDFSTOPONERROR",
        f"-sDEVICE={device}",
        f"-r{dpi}",
        *_SRGB_8,
        "-dFIXEDMEDIA",
        f"-dDEVICEWIDTHPOINTS={A4_POINTS[0]}",
        f"-dDEVICEHEIGHTPOINTS={A4_POINTS[1]}",
        "-scupsPageSizeName=iso_a4_210x297mm",
        f"-dDuplex={'false' if sides == 'one-sided' else 'true'}",
        f"-dTumble={'true' if sides == 'two-sided-short-edge' else 'false'}",
        f"-dcupsInteger0={pages}",
        "-dcupsInteger1=1",
        "-dcupsInteger2=1",
        f"-dcupsInteger8={_QUALITY_NORMAL}",
        "-dMaxBitmap=0",
        "-sBandListStorage=memory",
        "-sstdout=%stderr",
        "-sOutputFile=%stdout",
        "-f",
        source,
    ]


def main() -> None:
    device, dpi, sides, sheet_back = sys.argv[1:5]
    document, pages = upright_pages(sys.stdin.buffer.read(), BACK_TRANSFORMS.get((sheet_back, sides), (1, 1)))
    descriptor = os.memfd_create("upright", 0)  # inherited
    with open(descriptor, "wb", closefd=False) as memory:
        memory.write(document)
    command = ghostscript_command(f"/proc/self/fd/{descriptor}", pages, device, dpi, sides)
    os.execve(command[0], command, {**os.environ, "TMPDIR": "/nonexistent"})  # noqa: S606 -- the limits stay on


if __name__ == "__main__":
    main()
