"""Packs the fence backend, `drivers/cups/fence`, into the one file that CUPS executes (Python's zipapp).

The modules go in compiled as well, because it is started once a copy and compiling costs a quarter of its start; a
Python of another version than this one takes the sources.
"""

from __future__ import annotations

import importlib.util
import io
import marshal
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
            octets = source.read_bytes()
            if source.name == "__main__.py":
                archive.writestr(_entry(source.name), octets)
            else:
                archive.writestr(_entry(f"fence/{source.name}"), octets)
                archive.writestr(_entry(f"fence/{source.name}c"), _compiled(octets, f"fence/{source.name}"))
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    return entry


def _compiled(source: bytes, name: str) -> bytes:
    """A .pyc that is not checked against its source (PEP 552). Version 2 of marshal: later ones depend on the run."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    flags = (0b01).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + marshal.dumps(code, 2)
