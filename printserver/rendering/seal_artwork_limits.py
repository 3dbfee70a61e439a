"""What the child process that cleans a seal's picture, and its parent, must agree upon."""

from __future__ import annotations

from typing import Final

TOO_MANY_PIXELS: Final = 4
NO_RED: Final = 5
TOO_COARSE: Final = 6
OTHER_PROPORTIONS: Final = 7
"""Exit statuses of the child."""
PIXELS: Final = 40_000_000
"""Of the picture as handed in: A4 at 600 dpi is 35 million."""
LOWEST_DPI: Final = 300
HIGHEST_DPI: Final = 600
"""What is finer is reduced to this: no printer here shows more."""
PROPORTIONS: Final = 0.08
"""How far the red of the picture may differ from the seal's stated proportions: a scan is never quite straight."""
FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
SHOWN_PIXELS: Final = 800
"""The longer side of the picture as it came, for comparison."""
