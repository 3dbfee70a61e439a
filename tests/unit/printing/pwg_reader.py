"""A reader of PWG Raster for the tests: decodes every page to pixels, and nothing else. Source: PWG 5102.4-2012."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

_HEADER_OCTETS = 1796


def read_pages(raster: bytes) -> list[npt.NDArray[np.uint8]]:
    """Each page as rows × columns × 3 of sRGB. Fails on anything left over or missing."""
    assert raster[:4] == b"RaS2"
    place, pages = 4, []
    while place < len(raster):
        header = raster[place : place + _HEADER_OCTETS]
        width, height = struct.unpack(">II", header[372:380])
        pixels, place = _read_page(raster, place + _HEADER_OCTETS, width, height)
        pages.append(pixels)
    assert place == len(raster)
    return pages


def _read_page(raster: bytes, place: int, width: int, height: int) -> tuple[npt.NDArray[np.uint8], int]:
    rows: list[npt.NDArray[np.uint8]] = []
    while len(rows) < height:
        times = raster[place] + 1
        row, place = _read_row(raster, place + 1, width)
        rows += [row] * times
    assert len(rows) == height
    return np.stack(rows), place


def _read_row(raster: bytes, place: int, width: int) -> tuple[npt.NDArray[np.uint8], int]:
    row = bytearray()
    while len(row) < 3 * width:
        control = raster[place]
        if control < 128:  # the next colour, so often
            row += raster[place + 1 : place + 4] * (control + 1)
            place += 4
        else:  # so many different colours
            assert control != 128
            octets = 3 * (257 - control)
            row += raster[place + 1 : place + 1 + octets]
            place += 1 + octets
    assert len(row) == 3 * width
    return np.frombuffer(bytes(row), np.uint8).reshape(width, 3), place
