"""Which fonts this machine has, as fontconfig knows them, and what it takes for those that it lacks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUBSTITUTES: Final = Path(__file__).with_name("chinese_fonts.conf")
"""For fontconfig: the machine's own configuration, and what stands in for fonts that Chinese documents name."""
_SECONDS: Final = 20
_SPECIAL: Final = str.maketrans({each: f"\\{each}" for each in "\\-:,="})


@dataclass(frozen=True)
class Replaced:
    """A font that a document names and this machine lacks.   substitute: what fontconfig takes for it."""

    name: str
    substitute: str


def replaced_fonts(names: Iterable[str]) -> tuple[Replaced, ...]:
    """Those of `names` that this machine lacks, by name. A family is known by any of its names, in any language."""
    wanted = sorted({name for name in names if name.isprintable()})
    if not wanted:
        return ()
    here = {family.strip().casefold() for line in _asked("fc-list", ":", "family") for family in line.split(",")}
    return tuple(Replaced(name, _substitute(name)) for name in wanted if name.casefold() not in here)


def _substitute(name: str) -> str:
    """A Chinese name is looked up for Chinese text."""
    language = "" if name.isascii() else ":lang=zh-cn"
    return "".join(_asked("fc-match", "--format=%{family[0]}", name.translate(_SPECIAL) + language))


def _asked(*command: str) -> list[str]:
    """A name from a document may begin with anything but a dash: that one is written with a backslash."""
    environment = {**os.environ, "FONTCONFIG_FILE": str(SUBSTITUTES)}
    answer = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment)
    return answer.stdout.splitlines()
