"""What the child process that makes pixels, and its parent, must agree upon."""

from __future__ import annotations

from typing import Final

NO_SUCH_PAGE: Final = 3
TOO_MANY_PIXELS: Final = 4
"""Exit statuses of the child."""
PIXELS: Final = 40_000_000
"""Of one picture: A4 at 600 dpi is 35 million."""
INK_DPI: Final = 50.8
"""Half a millimetre a cell."""
CELLS_PER_PAGE: Final = 300_000
Box = tuple[int, int, int, int]
"""Left, top, width, height in µm from the page's top left corner."""
WHITE: Final = 247
"""A colour value from here on is paper: compression leaves its traces around black text."""
