"""Packs the fence backend, `drivers/cups/fence`, into the one file that CUPS executes (Python's zipapp)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

_SOURCES: Final = Path(__file__).resolve().parents[2] / "drivers" / "cups" / "fence"
# Isolated: no folder, variable or user's package of the machine can slip a module of its own in.
_SHEBANG: Final = b"#!/usr/bin/python3 -I\n"
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def fence_archive() -> bytes:
    """The same octets from the same sources, whoever packs them and when."""
    packed = io.BytesIO()
    packed.write(_SHEBANG)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_STORED) as archive:
        for source in sorted(_SOURCES.glob("*.py")):
            name = source.name if source.name == "__main__.py" else f"fence/{source.name}"
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source.read_bytes())
    return packed.getvalue()
