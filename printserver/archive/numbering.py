"""How an archive number (档号) is written, by a pattern that each organisation chooses. Pure.

The usual form of DA/T 22 joins fonds, year, retention and piece by hyphens: `{fonds}-{year}-{retention}-{sequence}`.
Source of that form: unverified. Whatever the pattern, pieces are counted anew each year over the whole organisation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed

USUAL: Final = "{year}-{sequence}"
FULL: Final = "{fonds}-{year}-{retention}-{sequence}"
LONGEST: Final = 80
_FIELD: Final = re.compile(r"\{([a-z]+)\}")
FIELDS: Final = ("year", "sequence", "fonds", "retention", "class")
_PLAIN: Final = re.compile(r"[\w·.\-/]*")
_FONDS: Final = re.compile(r"[0-9A-Za-z]{0,12}", re.ASCII)


class ArchiveNumberingMalformed(Malformed):
    """The pattern lacks year or sequence, names what there is not, or needs a fonds that is not given."""

    code = "archive-numbering-malformed"


@dataclass(frozen=True)
class Numbering:
    """`fonds`: the number of the organisation's fonds (全宗号).   Raises: ArchiveNumberingMalformed."""

    pattern: str = USUAL
    fonds: str = ""

    def __post_init__(self) -> None:
        named = _FIELD.findall(self.pattern)
        if len(self.pattern) > LONGEST or not _PLAIN.fullmatch(_FIELD.sub("", self.pattern)):
            raise ArchiveNumberingMalformed("an archive number has letters, digits, · . - / and fields in braces")
        if not set(named) <= set(FIELDS) or len(set(named)) != len(named) or not {"year", "sequence"} <= set(named):
            raise ArchiveNumberingMalformed(
                "an archive number has {year} and {sequence}, may have {fonds}, {retention} and {class}, each once"
            )
        if not _FONDS.fullmatch(self.fonds) or ("fonds" in named and not self.fonds):
            raise ArchiveNumberingMalformed("the fonds is up to 12 letters and digits, and given when it is used")

    def number(self, *, year: int, sequence: int, retention: str, class_code: str) -> str:
        """sequence: from 1."""
        values = {
            "fonds": self.fonds,
            "year": f"{year}",
            "retention": retention,
            "class": class_code,
            "sequence": f"{sequence:06d}",
        }
        return _FIELD.sub(lambda field: values[field[1]], self.pattern)
