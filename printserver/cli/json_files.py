"""JSON that a person wrote for a command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer


def read_object(given: Path | str, *needed: str) -> dict[str, Any]:
    """given: a file, or the JSON itself.   needed: names that must be in it.

    Raises: BadParameter, which ends the command with status 2 and says what is wrong.
    """
    where = str(given) if isinstance(given, Path) else "the JSON"
    try:
        found = json.loads(given.read_text("utf-8-sig") if isinstance(given, Path) else given)
    except (ValueError, RecursionError) as problem:
        raise typer.BadParameter(f"{where}: no JSON: {problem}") from problem
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{where}: a JSON object is needed")
    missing = [name for name in needed if name not in found]
    if missing:
        raise typer.BadParameter(f"{where}: without {', '.join(missing)}")
    return found
