"""Which lattices a printer's pantograph has: the usual ones, or those that a person chose from the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from printserver.foundation.errors import Malformed, Refused
from printserver.rendering.microtext import SIZES_UM, USUAL_UM
from printserver.rendering.pantograph import Lattice, Pantograph

BACKGROUNDS: Final[Mapping[int, Lattice]] = {600: Lattice(2, 6_000), 1200: Lattice(3, 9_000)}
"""By the engine's resolution; no other draws dots that are small enough and still even."""
_ROWS: Final[Mapping[int, Mapping[str, tuple[int, int, int]]]] = {
    600: {"A": (3, 8_500, 250), "B": (4, 11_700, 300)},
    1200: {"A": (6, 17_250, 500), "B": (8, 23_000, 500)},
}
"""A row's dots, its first pitch and the step from cell to cell."""
CELLS_A_ROW: Final = 8
_USUAL_CELLS: Final[Mapping[int, str]] = {600: "A5", 1200: "A4"}


class CalibrationMalformed(Malformed):
    code = "calibration-malformed"


class PantographNotPossible(Refused):
    """The printer's engine is too coarse, or of a resolution that nobody has measured."""

    code = "pantograph-not-possible"


@dataclass(frozen=True)
class Calibration:
    """`cell`: of the sheet for that resolution, such as A5.   microtext_um: the smallest that was legible."""

    resolution_dpi: int
    cell: str
    microtext_um: int = USUAL_UM

    def __post_init__(self) -> None:
        if self.cell not in cells(self.resolution_dpi):
            raise CalibrationMalformed("the calibration sheet of this resolution has no such cell")
        if self.microtext_um not in SIZES_UM:
            raise CalibrationMalformed("microtext has 1.5, 2, 2.5 or 3 points")

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    def pantograph(self) -> Pantograph:
        return Pantograph(self.resolution_dpi, BACKGROUNDS[self.resolution_dpi], cells(self.resolution_dpi)[self.cell])


def cells(resolution_dpi: int) -> dict[str, Lattice]:
    """The word's lattice in each cell of the sheet, by the cell's name.   Raises PantographNotPossible."""
    if resolution_dpi not in _ROWS:
        raise PantographNotPossible(
            f"a pantograph needs a printer of 600 or 1200 dots per inch; this one has {resolution_dpi}"
        )
    return {
        f"{row}{at + 1}": Lattice(dots, first + at * step)
        for row, (dots, first, step) in _ROWS[resolution_dpi].items()
        for at in range(CELLS_A_ROW)
    }


def calibration_of(stored: Mapping[str, Any], resolution_dpi: int) -> Calibration:
    """What was chosen for the printer, or the usual when nothing was, or it was for another resolution.

    stored: as `Calibration.to_json`, or empty.   Raises PantographNotPossible, CalibrationMalformed.
    """
    if stored.get("resolution_dpi") == resolution_dpi:
        return Calibration(**stored)
    return Calibration(resolution_dpi, _USUAL_CELLS.get(resolution_dpi, ""))
