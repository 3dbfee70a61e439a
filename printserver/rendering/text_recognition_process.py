"""Runs in a limited child process: pictures on standard input, each behind its 4-byte big-endian length, become text.

`page`: one picture, whose lines are looked for. `lines`: each picture is one line. Writes a JSON list with one list of
{"text", "confidence", "box"} for each picture; `box` is [left, top, width, height] in its pixels.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rapidocr import RapidOCR

from printserver.foundation.confinement import NotConfined, give_up_files

UNREADABLE: Final = 4
_MOST_PIXELS: Final = 60_000_000
_LONGEST_SIDE: Final = 2_000
"""Of a page, in pixels: letters of 10 points keep about 24."""
_READABLE: Final = ("/usr", "/lib", "/lib64", "/proc", "/sys", *sysconfig.get_paths().values())
_SETTINGS: Final = {
    "Global.log_level": "critical",
    "Global.max_side_len": _LONGEST_SIDE,
    "Global.use_cls": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def _pictures() -> Iterator[NDArray[np.uint8]]:
    """Blue-green-red; what is transparent is not looked at."""
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        try:
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            if picture.width * picture.height > _MOST_PIXELS:
                sys.exit(UNREADABLE)
            yield np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            sys.exit(UNREADABLE)


def _page(engine: RapidOCR, picture: NDArray[np.uint8]) -> list[dict[str, Any]]:
    found: Any = engine(picture)
    if found.boxes is None or found.txts is None:
        return []
    lines = [_line(*each) for each in zip(found.txts, found.scores, found.boxes, strict=True)]
    return sorted(lines, key=lambda line: (line["box"][1] + line["box"][3] // 2, line["box"][0]))


def _alone(engine: RapidOCR, picture: NDArray[np.uint8]) -> list[dict[str, Any]]:
    height, width = picture.shape[:2]
    found: Any = engine(picture, use_det=False)
    text, confidence = (found.txts[0], found.scores[0]) if found.txts else ("", 0.0)
    return [_line(text, confidence, np.array([[0, 0], [width, height]]))]


def _line(text: str, confidence: float, corners: NDArray[Any]) -> dict[str, Any]:
    left, top = (int(side) for side in np.floor(corners.min(axis=0)))
    right, bottom = (int(side) for side in np.ceil(corners.max(axis=0)))
    return {"text": text, "confidence": round(float(confidence), 4), "box": [left, top, right - left, bottom - top]}


def main(order: str) -> None:
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    with contextlib.suppress(NotConfined):  # the limits of the process hold all the same
        give_up_files(reading=_READABLE)
    pictures = list(_pictures())
    engine = RapidOCR(params=dict(_SETTINGS))
    read = _page if order == "page" else _alone
    json.dump([read(engine, picture) for picture in pictures], sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
