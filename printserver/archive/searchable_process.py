"""Runs in a limited child process: scans and words on standard input become a validated PDF/A-2b on standard output.

Standard input: a JSON head behind its 4-byte big-endian length, then the scans' bytes. The head: {"title", "made_at",
"most_pixels", "scans": [length…], "pages": [{"scan", "position", "rotation", "words": [[text, [start], [end],
[above]]…]}]}. Standard output: a JSON line {"kept": [untouched or repacked…], "failure"}, then the file, if it is one.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pikepdf
from pikepdf import Dictionary, pdfa
from PIL import Image

from printserver.archive.invisible_font import BLANK_WIDTH, DESCENT, EM, codes_of, embed
from printserver.archive.scan_parts import Scan
from printserver.foundation.confinement import NotConfined, give_up_files

FLAVOUR: Final = "2b"
_READABLE: Final = ("/usr", "/lib", "/lib64", "/proc", *sysconfig.get_paths().values())
_MOST_FINDINGS: Final = 5
Point = Sequence[float]


class NotPdfA(ValueError):
    """What the validator found."""


def main() -> None:
    with contextlib.suppress(NotConfined):  # the limits of the process hold all the same
        give_up_files(reading=_READABLE)
    source = sys.stdin.buffer
    head = json.loads(source.read(int.from_bytes(source.read(4), "big")))
    Image.MAX_IMAGE_PIXELS = head["most_pixels"]
    answer: dict[str, Any] = {"kept": [], "failure": None}
    made = b""
    try:
        scans = [Scan(source.read(length), head["most_pixels"]) for length in head["scans"]]
        answer["kept"], made = _made(head, scans)
    except Exception as failure:  # noqa: BLE001 - whatever libraries raise on hostile bytes is why there is no file
        answer["failure"] = f"{type(failure).__name__}: {failure}"[:1_000]
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(made)


def _made(head: Mapping[str, Any], scans: Sequence[Scan]) -> tuple[list[str], bytes]:
    pdf = pikepdf.new()
    codes = codes_of(word[0] for page in head["pages"] for word in page["words"])
    font = embed(pdf, codes) if codes else None
    kept = []
    for wanted in head["pages"]:
        page, how = scans[wanted["scan"]].add_page(pdf, wanted["position"])
        page.Rotate = (int(page.get("/Rotate", 0)) - wanted["rotation"]) % 360
        if font is not None and wanted["words"]:
            _lay_words(pdf, page, font, codes, wanted["words"])
        kept.append(how)
    return kept, _validated(pdf, head["title"], head["made_at"])


def _lay_words(
    pdf: pikepdf.Pdf, page: pikepdf.Page, font: pikepdf.Object, codes: Mapping[str, int], words: Sequence[Any]
) -> None:
    """Over whatever the page shows, in a state of their own."""
    left, bottom, right, top = (float(side) for side in page.cropbox)
    turn = int(page.get("/Rotate", 0))

    def place(point: Point) -> tuple[float, float]:
        across, down = _unturned(point, turn)
        return left + across * (right - left), top - down * (top - bottom)

    said = ["BT", "3 Tr", "/Words 1 Tf"]
    for text, *corners in words:
        known = [codes[character] for character in text if character in codes]
        if known:
            (x, y), (end_x, end_y), (above_x, above_y) = map(place, corners)
            advance = len(known) * BLANK_WIDTH / EM
            up_x, up_y = above_x - x, above_y - y
            base_x, base_y = x + up_x * DESCENT / EM, y + up_y * DESCENT / EM
            matrix = ((end_x - x) / advance, (end_y - y) / advance, up_x, up_y, base_x, base_y)
            said.append(f"{' '.join(f'{each:.3f}' for each in matrix)} Tm")
            said.append(f"<{''.join(f'{code:04X}' for code in known)}> Tj")
    fonts = page.resources.get("/Font")
    page.Resources.Font = Dictionary({**(dict(fonts.items()) if fonts is not None else {}), "/Words": font})
    page.contents_add(b"q", prepend=True)
    page.contents_add("\n".join(["Q", "q", *said, "ET", "Q"]).encode())


def _unturned(point: Point, turn: int) -> tuple[float, float]:
    """Of a place on the page as it is seen, the place on the page as it is stored; fractions from the top left."""
    across, down = point
    return {
        0: (across, down),
        90: (down, 1 - across),
        180: (1 - across, 1 - down),
        270: (1 - down, across),
    }[turn]


def _validated(pdf: pikepdf.Pdf, title: str, made_at: str) -> bytes:
    """The same bytes always, of the same pages.   Raises: NotPdfA."""
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = title
    pdfa.prepare(pdf, FLAVOUR)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["xmp:MetadataDate"] = made_at
    options = pdfa.resolve_save_kwargs(FLAVOUR, deterministic_id=True)
    written = io.BytesIO()
    pdf.save(written, **options)
    report = pdfa.validate_written(io.BytesIO(written.getvalue()), FLAVOUR, options)
    if not report.passed:
        said = dict.fromkeys(f"{finding.rule}: {finding.message}" for finding in report.findings)
        raise NotPdfA("; ".join(list(said)[:_MOST_FINDINGS]))
    return written.getvalue()


if __name__ == "__main__":
    main()
