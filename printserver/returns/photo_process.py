"""Run in a limited process: reads the code on a photograph, or lays a photograph beside the issued page.

`read`: a JPEG or PNG on standard input; writes JSON {"texts": [...], "blurred": bool}.
`compare EDGE` or, where the class hides most of the page, `compare-masked EDGE`: three pictures of the page as PNG,
each behind its 4-byte big-endian length (as it was issued; as strangers see it; the same with the words that it is no
copy), and the photograph. EDGE: how far from the page's edge nothing is compared, in micrometres. Writes three parts in
the same way: JSON {"state", "regions"}, the squared photograph and the page as strangers see it as JPEG, with the
differences marked.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.comparison import DIFFERS, Comparison, Region, RegionKind, Verdict, compare
from printserver.returns.matching import Image, find_codes
from printserver.returns.pages_process import picture_file, to_pixels
from printserver.returns.squaring import ISSUED_DPI, squared

MOST_PIXELS: Final = 60_000_000
UNREADABLE: Final = 4
LEAST_DPI: Final = 110
"""Of the sheet in the photograph: a small letter then has about ten dots."""
_LONGEST_SIDE: Final = 4_000
_SHARP_FROM: Final = 25.0
_UM_PER_INCH: Final = 25_400
_COLOURS: Final = {RegionKind.MISSING: (36, 36, 205), RegionKind.ADDED: (0, 140, 255)}
_HIDDEN: Final = (214, 214, 214)


def main(order: str, edge_um: int) -> None:
    source = sys.stdin.buffer
    if order == "read":
        photo = _decoded(source.read())
        texts = [code.text for code in find_codes(photo).codes if code.is_qr]
        json.dump({"texts": texts, "blurred": _sharpness(photo) < _SHARP_FROM}, sys.stdout)
        return
    issued, public, shown = (_page(source.read(int.from_bytes(source.read(4), "big"))) for _ in range(3))
    masked = order == "compare-masked"
    _write(*_compared(_decoded(source.read()), (issued, public, shown), masked=masked, edge_um=edge_um))


def _page(png: bytes) -> Image:
    """Of our own drawing."""
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _decoded(data: bytes) -> Image:
    """Blue-green-red, upright as its EXIF says, at most 4,000 pixels long."""
    try:
        picture = picture_file(data, MOST_PIXELS).picture
    except Exception:  # noqa: BLE001 - whatever a decoder raises on hostile bytes, this is no photograph
        sys.exit(UNREADABLE)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    channels, pixels = to_pixels(picture)
    photo = np.frombuffer(pixels, np.uint8).reshape(picture.height, picture.width, channels)
    if channels == 1:
        return np.asarray(cv2.cvtColor(photo, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(photo)


def _sharpness(photo: Image) -> float:
    """Variance of the Laplacian at 1,000 pixels: a photograph out of focus has little."""
    scale = 1_000 / max(photo.shape[:2])
    small = cv2.resize(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_64F).var())


def _compared(
    photo: Image, pages: tuple[Image, Image, Image], *, masked: bool, edge_um: int
) -> tuple[dict[str, Any], Image, Image]:
    issued, public, shown = pages
    flat = squared(photo, issued)
    if flat is None:
        return {"state": "not-squared", "regions": []}, photo, shown
    if flat.dpi < LEAST_DPI:
        return {"state": "too-coarse", "regions": []}, flat.page, shown
    hidden = (public == _HIDDEN).all(axis=2) & masked
    found = compare(flat.page, issued, ISSUED_DPI, edge_um=edge_um)
    regions = [region for region in found.regions if not _is_hidden(region, hidden)]
    said = {"state": _state(found, regions, partly=masked), "regions": [_plain(each) for each in regions]}
    return said, _marked(flat.page, regions), _marked(shown, regions)


def _state(found: Comparison, regions: list[Region], *, partly: bool) -> str:
    """same, differs or unsure; partly-same where most is hidden: there only what strangers see may count."""
    if found.score == 0:
        return "unsure"
    if partly:
        return "differs" if any(region.kind in DIFFERS for region in regions) else "partly-same"
    return {Verdict.SAME: "same", Verdict.CHANGED: "differs", Verdict.REVIEW: "unsure"}[found.verdict]


def _plain(region: Region) -> dict[str, Any]:
    return {**region.to_json(), "kind": str(_seen_by_strangers(region))}


def _seen_by_strangers(region: Region) -> RegionKind:
    """What differs and what was added, no more: nobody is told what a photograph's ink might be."""
    return RegionKind.MISSING if region.kind in DIFFERS else RegionKind.ADDED


def _is_hidden(region: Region, hidden: NDArray[np.bool_]) -> bool:
    """Whether it lies where the class shows nothing: there is nothing to compare, and nothing to be learnt."""
    left, top, width, height = (
        round(side * ISSUED_DPI / _UM_PER_INCH) for side in (region.x_um, region.y_um, region.w_um, region.h_um)
    )
    margin = round(2 * ISSUED_DPI / 25.4)
    part = hidden[max(0, top - margin) : top + height + margin, max(0, left - margin) : left + width + margin]
    return bool(part.any())


def _marked(page: Image, regions: list[Region]) -> Image:
    marked = page.copy()
    for region in regions:
        left, top, width, height = (
            round(side * ISSUED_DPI / _UM_PER_INCH) for side in (region.x_um, region.y_um, region.w_um, region.h_um)
        )
        cv2.rectangle(
            marked, (left - 6, top - 6), (left + width + 6, top + height + 6), _COLOURS[_seen_by_strangers(region)], 4
        )
    return marked


def _write(said: dict[str, Any], photo: Image, issued: Image) -> None:
    parts = [json.dumps(said).encode(), _jpeg(photo), _jpeg(issued)]
    for part in parts:
        sys.stdout.buffer.write(len(part).to_bytes(4, "big") + part)
    sys.stdout.buffer.flush()


def _jpeg(picture: Image) -> bytes:
    scale = min(1.0, 1_100 / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 78])[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
