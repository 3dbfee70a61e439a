"""A registered seal's own picture: read in a limited child process, cleaned of its paper, in its true size."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pikepdf import Dictionary, Name, Stream

from printserver.foundation.errors import Malformed, TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.rendering.pdf_files import add_page, saved
from printserver.rendering.seal_artwork import LARGEST_UM, SMALLEST_UM, SealTextRefused
from printserver.rendering.seal_artwork_limits import (
    LOWEST_DPI,
    NO_RED,
    OTHER_PROPORTIONS,
    PIXELS,
    TOO_COARSE,
    TOO_MANY_PIXELS,
)
from printserver.rendering.seal_artwork_shapes import SEAL_RED
from printserver.rendering.units import to_points
from printserver.rendering.vector import numbers

LARGEST_BYTES: Final = 20 * MEBIBYTE
_MODULE: Final = "printserver.rendering.seal_artwork_process"
_LIMITS: Final = ProcessLimits(memory_bytes=2048 * MEBIBYTE, cpu_seconds=30, wall_seconds=60)


class SealImageTooLarge(TooLarge):
    code = "seal-image-too-large"


class SealImageUnreadable(Malformed):
    code = "seal-image-unreadable"


class SealImageWithoutRed(Malformed):
    code = "seal-image-without-red"


class SealImageProportions(Malformed):
    code = "seal-image-proportions"


class SealImageTooCoarse(Malformed):
    """`dpi`: of the picture at the seal's size."""

    code = "seal-image-too-coarse"

    def __init__(self, dpi: int) -> None:
        super().__init__(
            f"at this size the picture has {dpi} dots per inch; scan the seal with at least {LOWEST_DPI}, better 600"
        )
        self.dpi = dpi


@dataclass(frozen=True)
class CleanSeal:
    """`pdf`: one page of the seal's size, red on nothing.   before_png: as handed in, reduced.   dpi: as handed in."""

    pdf: bytes
    before_png: bytes
    dpi: int


def clean_seal_image(data: bytes, *, width_um: int, height_um: int) -> CleanSeal:
    """Take the red seal out of its paper; the red itself becomes even, its edges stay as soft as they were.

    data: PNG, JPEG, TIFF, BMP or WebP, at most 20 MiB and 40 million pixels.
    width_um, height_um: of the seal, to which its red is cropped; 10,000 to 100,000.
    Raises SealImageTooLarge, SealImageUnreadable, SealImageWithoutRed, SealImageTooCoarse, SealImageProportions,
    SealTextRefused for a size that no seal has.
    """
    if not all(SMALLEST_UM <= side <= LARGEST_UM for side in (width_um, height_um)):
        raise SealTextRefused("a seal is 10 to 100 mm wide and high")
    if len(data) > LARGEST_BYTES:
        raise SealImageTooLarge("the picture of a seal has at most 20 MiB")
    try:
        answer = run_limited(_MODULE, [str(width_um), str(height_um)], data, _LIMITS)
    except ProcessCrashed as crash:
        raise _refusal(crash) from None
    except ProcessLimitExceeded as exceeded:
        raise SealImageTooLarge("the picture needs more time or memory than a seal's may") from exceeded
    line, _, rest = answer.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    columns, rows = int(head["columns"]), int(head["rows"])
    ink, before = rest[: columns * rows], rest[columns * rows :]
    return CleanSeal(_page(ink, columns, rows, width_um, height_um), before, int(head["dpi"]))


def _refusal(crash: ProcessCrashed) -> Malformed | TooLarge:
    if crash.status == TOO_MANY_PIXELS:
        return SealImageTooLarge(f"the picture of a seal has at most {PIXELS // 1_000_000} million pixels")
    if crash.status == NO_RED:
        return SealImageWithoutRed("there is no red seal in this picture")
    if crash.status == OTHER_PROPORTIONS:
        return SealImageProportions("the red in the picture is not as wide and high as the size that was given")
    if crash.status == TOO_COARSE:
        said = re.search(r"dpi (\d+)", crash.diagnosis, re.ASCII)
        return SealImageTooCoarse(int(said[1]) if said else 0)
    return SealImageUnreadable("this is no picture that can be read; PNG, JPEG, TIFF, BMP and WebP can")


def _page(ink: bytes, columns: int, rows: int, width_um: int, height_um: int) -> bytes:
    """The seal's red everywhere, as opaque as there is ink."""
    red = bytes(round(255 * part) for part in SEAL_RED)
    width, height = to_points(width_um), to_points(height_um)
    with pikepdf.new() as pdf:
        image = _image(pdf, red * (columns * rows), columns, rows, Name.DeviceRGB)
        image.SMask = _image(pdf, ink, columns, rows, Name.DeviceGray)
        resources = Dictionary(XObject=Dictionary({"/Seal": image}))
        add_page(pdf, width, height, f"{numbers(width, 0, 0, height, 0, 0)} cm /Seal Do\n".encode("ascii"), resources)
        pdf.pages[0].obj.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
        return saved(pdf)


def _image(pdf: pikepdf.Pdf, samples: bytes, columns: int, rows: int, colours: Name) -> Stream:
    image = pdf.make_stream(samples)
    image.Type, image.Subtype = Name.XObject, Name.Image
    image.Width, image.Height, image.BitsPerComponent, image.ColorSpace = columns, rows, 8, colours
    return image
