"""Which copy and page a scanned page is: a ladder of readings, from cheap and usual to slow and rare.

Pure: pixels in, code texts out. Whether a code is genuine and which copy it names is decided by the caller, who has
the keys and the books; a signed QR counts more than a Code 128, which anyone can draw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from printserver.foundation.serials import PageCode, SerialMalformed
from printserver.print_requests.process_code import ProcessCode, ProcessCodeMalformed

Image = NDArray[np.uint8]
"""A decoded page: (height, width) grey or (height, width, 3) in the order blue, green, red."""

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners of a code in pixels of the page's image: from the top left of the *upright* code, clockwise."""

_QR: Final = [zxingcpp.BarcodeFormat.QRCode]
_CODE_128: Final = [zxingcpp.BarcodeFormat.Code128]
_BOTH: Final = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128]
_BACK: Final = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)
"""By quarter turns clockwise, how a page is turned back."""
_A4_LONG_SIDE_MM: Final = 297.0
_CORNER_LONG_MM: Final = 66
_CORNER_SHORT_MM: Final = 63
_BLANK_BELOW_MM2: Final = 3.0
_DAMAGED: Final = re.compile(r"[0-9]{28,36}|9[0-9]{37,45}", re.ASCII)
"""About as long as a page's or a process sheet's bars; nobody else prints numbers of that kind."""
_VERIFICATION_TEXT: Final = re.compile(r"https?://[0-9A-Za-z.:\[\]-]{1,60}/q/[0-9]{100,400}", re.ASCII)


class Rung(StrEnum):
    """How a page was read, in the order in which the readings are tried."""

    QR_CORNER_GREY = "qr-corner-grey"
    QR_CORNER_RED = "qr-corner-red"
    BLANK = "blank"
    PAGE_GREY = "page-grey"
    PAGE_RED = "page-red"
    QR_CORNER_FIXED = "qr-corner-fixed"
    QR_CORNER_DOUBLED = "qr-corner-doubled"
    QR_CORNER_ADAPTIVE = "qr-corner-adaptive"
    PAGE_ENLARGED = "page-enlarged"
    UNREAD = "unread"


@dataclass(frozen=True)
class FoundCode:
    """One code on a page."""

    text: str
    is_qr: bool
    quad: Quad
    rotation: int
    """0, 90, 180 or 270: by how many degrees clockwise the page lies turned in its image."""


@dataclass(frozen=True)
class PageCodes:
    """What the ladder found on one page. Only codes in our own form are in it; foreign barcodes are left out."""

    rung: Rung
    """The reading that succeeded, or BLANK, or UNREAD."""
    codes: tuple[FoundCode, ...] = ()
    """QR codes first."""
    troubles: tuple[str, ...] = ()
    """What the reader itself failed on; a failure never ends the page or the file."""
    sheets: tuple[FoundCode, ...] = ()
    """Barcodes of process sheets; no page of a copy carries one."""
    damaged: tuple[str, ...] = ()
    """Digits of bars that look like ours and whose check digits do not agree: never believed, good for a guess."""

    @property
    def blank(self) -> bool:
        return self.rung is Rung.BLANK

    @property
    def rotation(self) -> int | None:
        """Degrees clockwise by which the page lies turned in its image; None when no code was read."""
        found = self.codes or self.sheets
        return found[0].rotation if found else None

    @property
    def qr_texts(self) -> tuple[str, ...]:
        """Texts `<public url>/q/<digits>`; their signature is not checked here."""
        return tuple(dict.fromkeys(code.text for code in self.codes if code.is_qr))

    @property
    def page_codes(self) -> tuple[PageCode, ...]:
        """Code 128 contents whose check digits agree."""
        return tuple(dict.fromkeys(PageCode.parse(code.text) for code in self.codes if not code.is_qr))

    @property
    def process_codes(self) -> tuple[ProcessCode, ...]:
        """Of process sheets, check digits agree."""
        return tuple(dict.fromkeys(ProcessCode.parse(code.text) for code in self.sheets))


class Evidence(StrEnum):
    """On what a page's identity rests."""

    QR = "qr"
    CODE_128 = "code-128"
    AGREEMENT = "agreement"
    CONFLICT = "conflict"
    NONE = "none"


@dataclass(frozen=True)
class PageIdentity:
    code: PageCode | None
    """None with NONE and CONFLICT: then a person decides."""
    evidence: Evidence


def find_codes(image: Image, dpi: float | None = None) -> PageCodes:
    """Climb the ladder until a reading yields a code of ours.

    image: uint8, grey or blue-green-red, any of the four orientations.
    dpi: pixels an inch; None takes the long side for that of an A4 page.
    Never raises on a strange image: what the reader failed on is in `troubles`.
    """
    pixels_a_mm = (dpi / 25.4) if dpi else max(image.shape[:2]) / _A4_LONG_SIDE_MM
    beside = _Beside()
    for rung, parts, formats, binarizer in _readings(image, pixels_a_mm):
        found: list[FoundCode] = []
        for part in parts:
            found = _read(part, formats, binarizer, beside)
            if found or beside.sheets:
                break
        if found or beside.sheets or rung is Rung.BLANK:
            found.sort(key=lambda code: not code.is_qr)
            return beside.page(rung, found)
    return beside.page(Rung.UNREAD, [])


def every_code(image: Image) -> tuple[FoundCode, ...]:
    """All codes of ours on a clean page, such as one we have rendered; one reading of the whole page, no ladder."""
    return tuple(_read(_Part(_red(image)), _BOTH, zxingcpp.Binarizer.LocalAverage, _Beside()))


def identify_page(codes: PageCodes, read_qr: Callable[[str], PageCode | None]) -> PageIdentity:
    """Decide which copy and page a page is: the signed QR wins, agreement is best, two different answers are none.

    read_qr: verifies a QR text's signature and returns its serial and page, or None when it is not genuine.
    """
    signed = {code for text in codes.qr_texts if (code := read_qr(text)) is not None}
    printed = set(codes.page_codes)
    if len(signed) > 1 or (not signed and len(printed) > 1):
        return PageIdentity(None, Evidence.CONFLICT)
    if signed:
        (code,) = signed
        return PageIdentity(code, Evidence.AGREEMENT if code in printed else Evidence.QR)
    if printed:
        return PageIdentity(next(iter(printed)), Evidence.CODE_128)
    return PageIdentity(None, Evidence.NONE)


@dataclass(frozen=True)
class Completeness:
    """How the pages found of one copy compare with the pages it has. All page numbers are 1-based and ascending."""

    pages_expected: int
    missing: tuple[int, ...]
    doubled: tuple[int, ...]
    unexpected: tuple[int, ...]
    """Numbers beyond the last page: never trusted, always for a person."""
    in_order: bool

    @property
    def complete(self) -> bool:
        """Every page is there; a page scanned twice does not make a copy incomplete."""
        return not self.missing and not self.unexpected


def completeness(pages_expected: int, found: Sequence[int]) -> Completeness:
    """Compare the page numbers found of one copy, in scanning order, with its pages 1 to `pages_expected` (≥ 1)."""
    if pages_expected < 1:
        raise ValueError("a copy has at least one page")
    expected = range(1, pages_expected + 1)
    return Completeness(
        pages_expected=pages_expected,
        missing=tuple(page for page in expected if page not in found),
        doubled=tuple(sorted({page for page in found if found.count(page) > 1})),
        unexpected=tuple(sorted({page for page in found if page not in expected})),
        in_order=list(found) == sorted(found),
    )


def upright(image: Image, rotation: int) -> Image:
    """Turn a page that lies `rotation` degrees clockwise (0, 90, 180 or 270) back upright."""
    turn = _BACK[rotation // 90]
    return np.ascontiguousarray(image) if turn is None else np.asarray(cv2.rotate(image, turn), np.uint8)


def marked_area_mm2(image: Image, pixels_a_mm: float) -> float:
    """Area in mm² of what is on the page, without paper shade, shadows at the edges and thin straight lines."""
    grey = greyed(image)
    small = cv2.resize(grey, None, fx=4 / pixels_a_mm, fy=4 / pixels_a_mm, interpolation=cv2.INTER_AREA)
    if min(small.shape) <= 80:
        return float("inf")
    darker = cv2.medianBlur(small, 31).astype(np.int16) - small.astype(np.int16) > 40
    marks = darker.astype(np.uint8)
    marks[:40] = marks[-40:] = 0
    marks[:, :40] = marks[:, -40:] = 0
    for kernel in ((1, 60), (60, 1)):
        line = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        marks[cv2.dilate(line, np.ones((3, 3), np.uint8)) > 0] = 0
    return float(marks.sum()) / 16


@dataclass(frozen=True)
class _Part:
    """A piece of the page given to the reader, and where it lies: page = origin + pixel / scale."""

    image: Image
    x: int = 0
    y: int = 0
    scale: float = 1.0


@dataclass
class _Beside:
    """What the readings of one page came upon besides its codes."""

    sheets: list[FoundCode] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def page(self, rung: Rung, found: Sequence[FoundCode]) -> PageCodes:
        damaged = () if found or self.sheets else tuple(dict.fromkeys(self.damaged))
        return PageCodes(rung, tuple(found), tuple(self.troubles), tuple(self.sheets), damaged)


_Reading = tuple[Rung, Iterator[_Part], list[zxingcpp.BarcodeFormat], zxingcpp.Binarizer]


def _readings(image: Image, pixels_a_mm: float) -> Iterator[_Reading]:
    """The ladder. Source: measured order of the project's own reading tests; crops cost a tenth of a whole page."""
    local, fixed = zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.FixedThreshold

    def corners(prepare: Callable[[Image], Image], scale: float = 1.0) -> Iterator[_Part]:
        for part in _corners(image, pixels_a_mm):
            yield _Part(prepare(part.image), part.x, part.y, scale)

    colour = image.ndim == 3
    yield Rung.QR_CORNER_GREY, corners(greyed), _QR, local
    if colour:
        yield Rung.QR_CORNER_RED, corners(_red), _QR, local
    grey = greyed(image)
    if marked_area_mm2(grey, pixels_a_mm) < _BLANK_BELOW_MM2:
        yield Rung.BLANK, iter(()), _QR, local
    yield Rung.PAGE_GREY, iter([_Part(grey)]), _BOTH, local
    if colour:
        yield Rung.PAGE_RED, iter([_Part(_red(image))]), _BOTH, local
    yield Rung.QR_CORNER_FIXED, corners(_red), _QR, fixed
    yield Rung.QR_CORNER_DOUBLED, corners(lambda part: _enlarged(_red(part), 2), 2), _QR, local
    yield Rung.QR_CORNER_ADAPTIVE, corners(lambda part: _thresholded(_red(part), pixels_a_mm)), _QR, local
    yield Rung.PAGE_ENLARGED, iter([_Part(_enlarged(_red(image), 1.5), scale=1.5)]), _BOTH, local


def _corners(image: Image, pixels_a_mm: float) -> Iterator[_Part]:
    height, width = image.shape[:2]
    across, down = int(_CORNER_LONG_MM * pixels_a_mm), int(_CORNER_SHORT_MM * pixels_a_mm)
    across, down = min(across, width), min(down, height)
    for x, y in ((width - across, 0), (0, height - down), (width - across, height - down), (0, 0)):
        yield _Part(image[y : y + down, x : x + across], x, y)


def greyed(image: Image) -> Image:
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _red(image: Image) -> Image:
    """The red channel: a red seal over a code vanishes in it."""
    return np.ascontiguousarray(image) if image.ndim == 2 else np.asarray(cv2.extractChannel(image, 2), np.uint8)


def _enlarged(image: Image, factor: float) -> Image:
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)


def _thresholded(image: Image, pixels_a_mm: float) -> Image:
    smooth = cv2.GaussianBlur(image, (0, 0), 0.8)
    block = max(3, int(4 * pixels_a_mm) | 1)
    black = cv2.adaptiveThreshold(smooth, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, 12)
    return np.asarray(black, np.uint8)


def _read(
    part: _Part, formats: list[zxingcpp.BarcodeFormat], binarizer: zxingcpp.Binarizer, beside: _Beside
) -> list[FoundCode]:
    if min(part.image.shape) < 16:
        return []
    try:
        barcodes = zxingcpp.read_barcodes(
            part.image, formats=formats, try_invert=False, binarizer=binarizer, return_errors=formats is _BOTH
        )
    except (ValueError, RuntimeError, MemoryError) as failure:
        beside.troubles.append(f"{type(failure).__name__}: {failure}")
        return []
    found: list[FoundCode] = []
    for barcode in barcodes:
        try:
            text, is_qr = barcode.text, barcode.format.symbology == zxingcpp.BarcodeFormat.QRCode
        except (ValueError, RuntimeError) as failure:
            beside.troubles.append(f"{type(failure).__name__}: {failure}")
            continue
        code = _found(barcode, text, part, is_qr=is_qr)
        if barcode.valid and _is_ours(text, is_qr=is_qr):
            found.append(code)
        elif barcode.valid and not is_qr and _is_process_code(text):
            beside.sheets.append(code)
        elif not is_qr and _DAMAGED.fullmatch(text):
            beside.damaged.append(text)
    return found


def _found(barcode: zxingcpp.Barcode, text: str, part: _Part, *, is_qr: bool) -> FoundCode:
    quad = _quad(barcode.position, part)
    return FoundCode(text, is_qr, quad if is_qr else _clockwise(quad), round(barcode.orientation / 90) * 90 % 360)


def _is_process_code(text: str) -> bool:
    try:
        ProcessCode.parse(text)
    except ProcessCodeMalformed:
        return False
    return True


def _is_ours(text: str, *, is_qr: bool) -> bool:
    if is_qr:
        return _VERIFICATION_TEXT.fullmatch(text) is not None
    try:
        PageCode.parse(text)
    except SerialMalformed:
        return False
    return True


def _quad(position: zxingcpp.Position, part: _Part) -> Quad:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    a, b, c, d = ((part.x + corner.x / part.scale, part.y + corner.y / part.scale) for corner in corners)
    return (a, b, c, d)


def _clockwise(quad: Quad) -> Quad:
    """The reader starts a linear code's quad at its first bar, but at either end of that bar."""
    a, b, c, d = quad
    turn = (b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0])
    return quad if turn > 0 else (d, c, b, a)
