"""The gate for TIFF files: each page wholly there, or the file waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.returns.intake import (
    ScanHasNoPages,
    ScanIncomplete,
    ScanKind,
    ScanLimits,
    ScanRefused,
    ScanTooLarge,
    examine,
)
from tests.unit.returns.hard_files import TIFF_KINDS, huge_tiff, tiff, tiff_of

PAGES = [np.random.default_rng(seed).integers(0, 255, (90, 64, 3)).astype(np.uint8) for seed in range(3)]
WHOLE = tiff(PAGES, "tiff_lzw")
SHORT = 3


@pytest.mark.parametrize("kind", TIFF_KINDS)
def test_every_usual_compression_passes_and_its_pages_are_counted(kind: str) -> None:
    found = examine(tiff(PAGES, kind), "scan.tif")
    assert (found.kind, found.pages) == (ScanKind.TIFF, 3)


@pytest.mark.parametrize("kind", TIFF_KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_off_tiff_is_refused_wherever_it_was_cut(kind: str, share: float) -> None:
    whole = tiff(PAGES, kind)
    with pytest.raises(ScanIncomplete):
        examine(whole[: int(len(whole) * share)], "cut.tif")


@pytest.mark.parametrize("limits", [ScanLimits(pages=2), ScanLimits(pixels=90 * 64 - 1)], ids=["pages", "pixels"])
def test_a_tiff_beyond_a_limit_is_refused(limits: ScanLimits) -> None:
    with pytest.raises(ScanTooLarge):
        examine(WHOLE, "large.tif", limits)


def test_a_tiff_bomb_is_refused_by_its_header_alone() -> None:
    with pytest.raises(ScanTooLarge):
        examine(huge_tiff(), "bomb.tif")


SIZE = {256: (4, 1, 4), 257: (4, 1, 4)}


@pytest.mark.parametrize(
    "data",
    [
        tiff_of({**SIZE, 273: (4, 1, 8), 279: (4, 1, 8)}, following=8),
        tiff_of(SIZE),
        tiff_of({256: (4, 1, 0), 257: (4, 1, 4), 273: (4, 1, 8), 279: (4, 1, 8)}),
        tiff_of({256: (2, 1, 4), 257: (4, 1, 4), 273: (4, 1, 8), 279: (4, 1, 8)}),
        tiff_of({**SIZE, 273: (4, 1, 8), 279: (4, 1, 0)}),
        tiff_of({**SIZE, 273: (4, 1, 0xFFFFFFFF), 279: (4, 1, 0xFFFFFFFF)}),
        tiff_of({**SIZE, 273: (4, 0xFFFFFFFF, 8), 279: (4, 0xFFFFFFFF, 8)}),
        tiff_of({**SIZE, 273: (4, 4, 9_000), 279: (4, 4, 9_000)}),
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\0\0",
        b"II+\0\x08\0\0\0",
    ],
    ids=["circle", "no-strips", "no-width", "text-as-width", "no-bytes", "far", "many", "outside", *"wxyz"],
)
def test_a_tiff_that_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(ScanIncomplete):
        examine(data, "damaged.tif")


def test_a_tiff_without_a_directory_has_no_pages() -> None:
    with pytest.raises(ScanHasNoPages):
        examine(b"II*\0\0\0\0\0", "empty.tif")


@given(st.data())
def test_a_tiff_with_a_wrong_byte_passes_or_is_refused(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert examine(bytes(content), "damaged").pages >= 1
    except ScanRefused:
        return


@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]), st.binary(max_size=300))
def test_arbitrary_bytes_behind_a_tiff_header_are_refused_or_described(start: bytes, rest: bytes) -> None:
    try:
        assert examine(start + rest, "noise").kind is ScanKind.TIFF
    except ScanRefused:
        return
