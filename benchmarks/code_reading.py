"""How often a page's code is read after print and scan: our reader beside `zbarimg`, on seeded sets made here.

`python -m benchmarks.code_reading --pages 3000` is the full run: so many pages of office quality at 300 and at 200 dpi,
and a tenth of that of each harder set. `make bench` runs a few. A "page" here is the part of a sheet around its code,
58 × 54 mm with text beside it, drawn at 600 dpi, printed and scanned by simulation: rates of a simulation, not of a
printer. Every text that is read must be the very one that was printed; a false one ends the run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from printserver.rendering.dot_grid import DotGrid
from printserver.rendering.qr_code import module_dots, qr_modules
from printserver.returns.matching import Image, find_codes
from printserver.signing.codes import BLOB_SIZE, encode_text

SEED: Final = 20261122
PRINT_DPI: Final = 600
SIZE_MM: Final = (54.0, 58.0)
CODE_AT_MM: Final = (16.0, 13.0)
FEW: Final = 120
_BATCH: Final = 150
_ZBAR: Final = ("zbarimg", "--quiet", "--xml", "-Sdisable", "-Sqrcode.enable")

Random = np.random.Generator
Harm = Callable[[Image, float, Random], Image]


@dataclass(frozen=True)
class Set:
    """`office`: undamaged, as an ordinary office makes it; these must be read.   least: per cent, by our reader."""

    name: str
    dpi: int
    harm: Harm
    office: bool = False
    least: float = 0.0


@dataclass(frozen=True)
class Read:
    """Of `pages`, how many were read right; none may be read wrong."""

    ours: int
    zbar: int
    pages: int


class FalseText(AssertionError):
    """A reader gave a text that was not printed."""


def sheet(text: str, random: Random) -> Image:
    """Grey, at PRINT_DPI: the code as the product draws it, and lines of something like text around it."""
    dot = PRINT_DPI / 25.4
    height, width = (round(side * dot) for side in SIZE_MM)
    page = np.full((height, width), 255, np.uint8)
    modules = np.array(qr_modules(text), np.uint8)
    side = len(modules) * module_dots(len(modules), DotGrid(PRINT_DPI))
    code = cv2.resize(255 - 255 * modules, (side, side), interpolation=cv2.INTER_NEAREST)
    left, top = (round(at * dot) for at in CODE_AT_MM)
    for line in range(3, int(SIZE_MM[0]), 5):
        for word in range(2, int(SIZE_MM[1]), 6):
            inside = left / dot - 8 < word < (left + side) / dot + 3 and top / dot - 6 < line < (top + side) / dot + 4
            if not inside:
                x, y, w = (round(value * dot) for value in (word, line, float(random.uniform(1.5, 4.5))))
                cv2.rectangle(page, (x, y), (x + w, y + round(2.4 * dot)), 40, 3)
    page[top : top + side, left : left + side] = code
    return page


def printed_and_scanned(page: Image, dpi: int, random: Random, *, skew: float = 1.2, blur: float = 0.0) -> Image:
    """Blue-green-red at `dpi`: toner spread and grain, a sheet that lies askew on uneven light, noise."""
    grain = cv2.resize(random.standard_normal((page.shape[0] // 8, page.shape[1] // 8), np.float32), page.shape[::-1])
    exposed = cv2.GaussianBlur(255 - page.astype(np.float32), (0, 0), float(random.uniform(0.8, 1.4))) / 255
    toner = 1 / (1 + np.exp((float(random.uniform(0.38, 0.52)) - exposed - 0.04 * grain) / 0.06))
    scale = dpi / PRINT_DPI
    smooth = cv2.GaussianBlur(toner.astype(np.float32), (0, 0), 0.45 / scale)
    height, width = (round(side * scale) for side in page.shape)
    turn = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), float(random.uniform(-skew, skew)), 1)
    shift = np.array([[1, 0, random.uniform(-6, 6)], [0, 1, random.uniform(-6, 6)], [0, 0, 1]])
    small = np.diag([scale, scale, 1.0]) @ shift @ np.vstack([turn, [0, 0, 1]])
    ink = cv2.warpAffine(smooth, small[:2], (width, height), flags=cv2.INTER_LINEAR)
    if blur:
        ink = cv2.GaussianBlur(ink, (0, 0), blur)
    light = np.linspace(1.0, float(random.uniform(0.9, 1.0)), width, dtype=np.float32)[None, :]
    seen = (0.93 - 0.93 * float(random.uniform(0.82, 0.94)) * ink) * light
    noise = random.standard_normal((height, width, 3), np.float32) * 0.012
    colour = np.array([0.98, 1.0, 1.01], np.float32)
    return np.asarray(np.clip((seen[..., None] * colour + noise) * 255, 0, 255), np.uint8)


def jpeg(picture: Image, quality: int) -> Image:
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)


def grey(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def bilevel(picture: Image) -> Image:
    return np.asarray(np.where(grey(picture) < 128, 0, 255), np.uint8)


def red_seal(picture: Image, dpi: float, random: Random) -> Image:
    """A round seal in red ink with a star of strokes, its middle somewhere on the code."""
    dot = dpi / 25.4
    middle = np.array([CODE_AT_MM[0] + 14, CODE_AT_MM[1] + 14]) + random.uniform(-9, 9, 2)
    stamp = np.zeros(picture.shape[:2], np.uint8)
    x, y = (int(at * dot) for at in middle)
    cv2.circle(stamp, (x, y), int(19 * dot), 255, max(2, int(1.1 * dot)))
    for angle in np.arange(10) * np.pi / 5:
        end = (int(x + np.cos(angle) * 15 * dot), int(y + np.sin(angle) * 15 * dot))
        cv2.line(stamp, (x, y), end, 255, max(2, int(1.6 * dot)))
    cover = (stamp / 255 * 0.85)[..., None].astype(np.float32)
    red = np.array([52, 40, 208], np.float32) / 255
    return np.asarray(picture * (1 - cover + cover * red), np.uint8)


def stained(picture: Image, dpi: float, random: Random) -> Image:
    """Coffee over the page and a few specks."""
    dot = dpi / 25.4
    stain = np.zeros(picture.shape[:2], np.float32)
    for _ in range(2):
        at = tuple(int(value) for value in random.uniform(0, np.array(picture.shape[1::-1])))
        cv2.circle(stain, at, int(random.uniform(6, 16) * dot), float(random.uniform(0.2, 0.45)), -1)
    smooth = cv2.GaussianBlur(stain, (0, 0), dot)
    coffee = np.array([0.55, 0.72, 0.85], np.float32)
    dirty = picture * (1 - smooth[..., None] * (1 - coffee))
    for _ in range(12):
        at = tuple(int(value) for value in random.uniform(0, np.array(picture.shape[1::-1])))
        cv2.circle(dirty, at, max(1, int(random.uniform(0.1, 0.35) * dot)), (60, 60, 60), -1)
    return np.asarray(dirty, np.uint8)


def dropout(picture: Image, _dpi: float, random: Random) -> Image:
    """Toner missing at 2 % of small places."""
    small = (random.random((picture.shape[0] // 3, picture.shape[1] // 3)) < 0.02).astype(np.uint8)
    gone = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    holed = picture.copy()
    holed[gone] = 235
    return holed


def _sets() -> tuple[Set, ...]:
    def office(picture: Image, _dpi: float, random: Random) -> Image:
        return jpeg(picture, int(random.integers(70, 90)))

    sets = [
        Set(f"office, colour JPEG, {dpi} dpi", dpi, office, True, least) for dpi, least in ((300, 99.9), (200, 99.0))
    ]
    sets.append(Set("office, colour JPEG, 150 dpi", 150, office))
    for dpi in (300, 200, 150):
        sets += [
            Set(f"grey, {dpi} dpi", dpi, lambda picture, _dpi, _random: jpeg(grey(picture), 75)),
            Set(f"bilevel, {dpi} dpi", dpi, lambda picture, _dpi, _random: bilevel(picture)),
            Set(f"JPEG quality 30, {dpi} dpi", dpi, lambda picture, _dpi, _random: jpeg(picture, 30)),
            Set(
                f"red seal over it, {dpi} dpi", dpi, lambda picture, at, random: jpeg(red_seal(picture, at, random), 80)
            ),
            Set(f"stains, {dpi} dpi", dpi, lambda picture, at, random: jpeg(stained(picture, at, random), 80)),
            Set(
                f"toner dropout 2 %, {dpi} dpi", dpi, lambda picture, at, random: jpeg(dropout(picture, at, random), 80)
            ),
        ]
    return tuple(sets)


def _lying(kind: Set) -> tuple[tuple[str, dict[str, float]], ...]:
    """The office sets are also laid askew and blurred."""
    if not kind.office:
        return ()
    return (("skewed up to 8°", {"skew": 8.0}), ("blurred", {"blur": 0.5 * kind.dpi / 100}))


def read_set(kind: Set, pages: int, lying: Mapping[str, float] | None = None) -> Read:
    """lying: as `printed_and_scanned` takes it.   Raises: FalseText."""
    random = np.random.default_rng([SEED, kind.dpi, len(kind.name)])
    ours = zbar = 0
    with tempfile.TemporaryDirectory(prefix="psb-") as folder:
        batch: list[tuple[Path, str]] = []
        for number in range(pages):
            text = encode_text("https://print.example", random.bytes(BLOB_SIZE))
            scanned = printed_and_scanned(sheet(text, random), kind.dpi, random, **(lying or {}))
            picture = kind.harm(scanned, kind.dpi, random)
            found = {code.text for code in find_codes(picture, kind.dpi).codes if code.is_qr}
            _require_true(found, text)
            ours += text in found
            path = Path(folder) / f"{number}.png"
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            batch.append((path, text))
            if len(batch) == _BATCH or number == pages - 1:
                zbar += _read_by_zbar(batch)
                batch.clear()
    return Read(ours, zbar, pages)


def _require_true(found: set[str], text: str) -> None:
    if found - {text}:
        raise FalseText("a text was read that was not printed")


def _read_by_zbar(batch: Sequence[tuple[Path, str]]) -> int:
    said = subprocess.run([*_ZBAR, *(str(path) for path, _ in batch)], capture_output=True, check=False).stdout
    found: dict[str, set[str]] = {}
    if said:
        root = ElementTree.fromstring(said)  # noqa: S314 - of zbarimg, about pictures of ours
        for source in root.findall(".//{*}source"):
            found[source.attrib["href"]] = {(data.text or "").strip() for data in source.findall(".//{*}data")}
    for path, _ in batch:
        path.unlink()
    return sum(text in found.get(str(path), set()) for path, text in batch)


def measure(pages: int = FEW) -> Iterator[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}: our rate beside zbarimg's on the same pages, in per cent."""
    for kind in _sets():
        if not kind.office and pages <= FEW:
            continue
        count = pages if kind.office else max(1, pages // 10)
        yield _row(kind.name, read_set(kind, count))
        for name, options in _lying(kind):
            yield _row(f"{name}, {kind.dpi} dpi", read_set(kind, max(1, count // 10), options))


def _row(name: str, read: Read) -> dict[str, object]:
    ours, zbar = (100 * each / read.pages for each in (read.ours, read.zbar))
    ratio = ours / zbar if zbar else float("inf") if ours else 1.0
    return {
        "name": f"code read: {name} ({read.pages})",
        "value": ours,
        "limit": zbar,
        "ratio": ratio,
        "unit": "% of pages",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3_000, help="of office quality, for each resolution")
    pages = parser.parse_args().pages
    short = False
    for row in measure(pages):
        sys.stdout.write(f"{row['name']:<60} ours {row['value']:6.2f} %  zbarimg {row['limit']:6.2f} %\n")
        sys.stdout.flush()
        least = next((kind.least for kind in _sets() if str(row["name"]).startswith(f"code read: {kind.name}")), 0.0)
        short = short or float(str(row["value"])) < least
    sys.exit(1 if short else 0)


if __name__ == "__main__":
    main()
