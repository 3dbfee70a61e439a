"""What somebody with the disk alone would find: pieces of stored contents, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

PIECE: Final = 48
PIECES: Final = 24


def files_below(*folders: Path) -> dict[Path, bytes]:
    """Also what the database keeps beside its own file."""
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def in_clear(files: Mapping[Path, bytes], contents: Iterable[bytes]) -> dict[Path, bytes]:
    """Files that hold a piece of one of the contents, and the piece. Manifests and texts of templates are left out:
    what they say, rows say too."""
    pieces = {piece for content in contents if not content.startswith((b"{", b"#")) for piece in _pieces(content)}
    return {path: piece for path, data in files.items() for piece in pieces if piece in data}


def _pieces(content: bytes) -> set[bytes]:
    """From all over the content; not those of few different bytes, which any file may hold."""
    step = max(1, (len(content) - PIECE) // PIECES)
    found = (content[start : start + PIECE] for start in range(0, len(content) - PIECE, step))
    return {piece for piece in found if len(set(piece)) > PIECE // 2}
