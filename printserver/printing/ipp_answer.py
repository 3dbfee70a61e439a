"""What a printer says of itself, taken out of its answer and made harmless.

The answer is hostile input: it is read in a limited process, and every value that comes out is looked at once more,
cut, stripped of control characters and kept within its range. What is missing or odd is left out, never guessed.
Source: RFC 8011 section 5.4, PWG 5100.9, 5100.13 and 5100.22 (the last three unverified against the text).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from printserver.foundation.errors import Malformed, Unavailable
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.printing.raster import RESOLUTIONS_DPI, SHEET_BACKS

PDF: Final = "application/pdf"
PWG_RASTER: Final = "image/pwg-raster"
URF: Final = "image/urf"
FORMATS: Final = (PDF, PWG_RASTER, URF)
"""What a printer can be sent, the best first."""

_MODULE: Final = "printserver.printing.ipp_answer_process"
_LIMITS: Final = ProcessLimits(memory_bytes=512 * MEBIBYTE, cpu_seconds=10, wall_seconds=20, output_bytes=32 * MEBIBYTE)
_STATES: Final = {3: "idle", 4: "processing", 5: "stopped"}
_COUNTS: Final = range(2**31)  # integer(0:MAX), RFC 8011 section 5.1.5
_DPI: Final = range(72, 4801)
_LONGEST_TEXT: Final = 200
_MOST_VALUES: Final = 64
_KEYWORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}")
_SUPPLY_LEVEL: Final = re.compile(r"(?:^|;)level=(-?[0-9]{1,9})(?:;|$)")
_SUPPLY_MOST: Final = re.compile(r"(?:^|;)maxcapacity=([0-9]{1,9})(?:;|$)")
_URF_DPI: Final = re.compile(r"RS([0-9]{2,4}(?:-[0-9]{2,4}){0,8})")

Attributes = Mapping[str, list[Any]]


class PrinterAnswerRefused(Unavailable):
    """What the printer says is no answer, or one that cannot be read within the limits."""

    code: ClassVar[str] = "printer-answer-refused"


@dataclass(frozen=True, slots=True)
class Supply:
    """`level`: per cent; None if the printer does not know."""

    name: str
    level: int | None


@dataclass(frozen=True, slots=True)
class PrinterAnswer:
    """Texts have at most 200 printable characters, lists 64 entries; empty or None where the printer says nothing."""

    make_and_model: str = ""
    uuid: str = ""
    firmware: str = ""
    colour: bool = False
    formats: tuple[str, ...] = ()
    resolutions_dpi: tuple[int, ...] = ()
    """Equal in both directions; those of PDF."""
    pwg_resolutions_dpi: tuple[int, ...] = ()
    pwg_sheet_back: str = ""
    """How the back of a sheet is turned, of `raster.SHEET_BACKS`."""
    pwg_types: tuple[str, ...] = ()
    urf: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    state: str = ""
    """`idle`, `processing` or `stopped`."""
    reasons: tuple[str, ...] = ()
    """printer-state-reasons without `none`."""
    supplies: tuple[Supply, ...] = ()
    impressions: int | None = None
    """Sides printed since the printer was made."""
    sheets: int | None = None
    up_seconds: int | None = None

    @property
    def two_sided(self) -> bool:
        return any(each.startswith("two-sided") for each in self.sides)

    @property
    def document_format(self) -> str | None:
        """The best that the printer takes; None if it takes nothing that we can send."""
        return next((each for each in FORMATS if each in self.formats), None)

    @property
    def resolution_dpi(self) -> int:
        """At which pages are drawn for it: 600 where it can, else the finest that we can draw, else 600."""
        offered = {PWG_RASTER: self.pwg_resolutions_dpi, URF: _urf_resolutions(self.urf)}.get(
            self.document_format or PDF, self.resolutions_dpi
        )
        usable = [each for each in offered if each in RESOLUTIONS_DPI]
        return 600 if 600 in usable or not usable else max(usable)

    def capabilities(self) -> dict[str, Any]:
        """JSON of what does not change from minute to minute."""
        passing = {"state", "reasons", "supplies", "impressions", "sheets", "up_seconds"}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if name not in passing
        }


def read_answers(messages: Sequence[bytes]) -> list[PrinterAnswer | None]:
    """One for each message, in order; None for what is no answer. One child process reads them all."""
    if not messages:
        return []
    read = read_in_child(messages, "printer")
    if read is None:
        # One of them broke the child: each by itself, so that it speaks for nobody else.
        if len(messages) == 1:
            return [None]
        return [answer for message in messages for answer in read_answers([message])]
    return [None if each is None else answer_from(each) for each in read]


def read_answer(message: bytes) -> PrinterAnswer:
    """Raises: PrinterAnswerRefused."""
    answer = read_answers([message])[0]
    if answer is None:
        raise PrinterAnswerRefused("the printer's answer cannot be read")
    return answer


def answer_from(attributes: Attributes) -> PrinterAnswer:
    """attributes: values by name, as the child read them; nothing of it is believed."""
    modes, supported = _texts(attributes, "print-color-mode-supported"), attributes.get("color-supported", [])
    return PrinterAnswer(
        make_and_model=_text(attributes, "printer-make-and-model"),
        uuid=_text(attributes, "printer-uuid"),
        firmware=_text(attributes, "printer-firmware-string-version"),
        colour=supported[0] is True if supported else "color" in modes,
        formats=_keywords(attributes, "document-format-supported"),
        resolutions_dpi=_resolutions(attributes, "printer-resolution-supported"),
        pwg_resolutions_dpi=_resolutions(attributes, "pwg-raster-document-resolution-supported"),
        pwg_sheet_back=_one_of(SHEET_BACKS, _keywords(attributes, "pwg-raster-document-sheet-back")),
        pwg_types=_keywords(attributes, "pwg-raster-document-type-supported"),
        urf=_keywords(attributes, "urf-supported"),
        sides=_keywords(attributes, "sides-supported"),
        media=_keywords(attributes, "media-supported"),
        state=_STATES.get(_number(attributes, "printer-state") or 0, ""),
        reasons=tuple(each for each in _keywords(attributes, "printer-state-reasons") if each != "none"),
        supplies=_supplies(attributes),
        impressions=_number(attributes, "printer-impressions-completed"),
        sheets=_number(attributes, "printer-media-sheets-completed"),
        up_seconds=_number(attributes, "printer-up-time"),
    )


def harmless(text: str) -> str:
    """At most 200 characters, all of which show; what does not becomes a space."""
    shown = "".join(each if each.isprintable() else " " for each in text[: 4 * _LONGEST_TEXT])
    return " ".join(shown.split())[:_LONGEST_TEXT]


def read_in_child(messages: Sequence[bytes], group: str) -> list[Attributes | None] | None:
    """The attributes of a group, `printer` or `job`, of each message.

    None when the child gave up, or said something else than it should.
    """
    framed = b"".join(len(each).to_bytes(4, "big") + each for each in messages)
    try:
        said = json.loads(run_limited(_MODULE, (group,), framed, _LIMITS))
    except (ProcessCrashed, ProcessLimitExceeded, ValueError, RecursionError):
        return None
    if not isinstance(said, list) or len(said) != len(messages):
        return None
    try:
        return [None if each is None else _attributes(each) for each in said]
    except Malformed:
        return None


def _attributes(said: object) -> Attributes:
    """The first of each name.   Raises: Malformed."""
    found: dict[str, list[Any]] = {}
    for pair in said if isinstance(said, list) else [None]:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], list)):
            raise Malformed("not a list of names and values")
        found.setdefault(pair[0], pair[1][:_MOST_VALUES])
    return found


def _texts(attributes: Attributes, name: str) -> tuple[str, ...]:
    return tuple(harmless(value) for value in attributes.get(name, []) if isinstance(value, str))


def _text(attributes: Attributes, name: str) -> str:
    return next(iter(_texts(attributes, name)), "")


def _keywords(attributes: Attributes, name: str) -> tuple[str, ...]:
    values = (value for value in attributes.get(name, []) if isinstance(value, str) and _KEYWORD.fullmatch(value))
    return tuple(dict.fromkeys(values))


def _one_of(known: Collection[str], said: Iterable[str]) -> str:
    return next((each for each in said if each in known), "")


def _number(attributes: Attributes, name: str) -> int | None:
    value = next(iter(attributes.get(name, [])), None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _COUNTS else None


def _resolutions(attributes: Attributes, name: str) -> tuple[int, ...]:
    found = {
        value[0]
        for value in attributes.get(name, [])
        if isinstance(value, list) and len(value) == 2 and value[0] == value[1] and _is_dpi(value[0])
    }
    return tuple(sorted(found))


def _is_dpi(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in _DPI


def _urf_resolutions(urf: Iterable[str]) -> tuple[int, ...]:
    """Of `RS300-600`."""
    matches = filter(None, map(_URF_DPI.fullmatch, urf))
    return tuple(sorted(int(each) for match in matches for each in match[1].split("-") if int(each) in _DPI))


def _supplies(attributes: Attributes) -> tuple[Supply, ...]:
    """marker-names and marker-levels, else printer-supply and its descriptions."""
    names, levels = _texts(attributes, "marker-names"), attributes.get("marker-levels", [])
    if names and len(names) == len(levels):
        return tuple(Supply(name, _per_cent(level, 100)) for name, level in zip(names, levels, strict=True))
    names, supplies = _texts(attributes, "printer-supply-description"), _texts(attributes, "printer-supply")
    if len(names) != len(supplies):
        return ()
    return tuple(Supply(name, _supply_level(supply)) for name, supply in zip(names, supplies, strict=True))


def _supply_level(supply: str) -> int | None:
    level, most = _SUPPLY_LEVEL.search(supply), _SUPPLY_MOST.search(supply)
    return _per_cent(int(level[1]), int(most[1])) if level and most else None


def _per_cent(level: object, most: int) -> int | None:
    """None for a level that the printer does not know, which it says by a negative number."""
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= most or most == 0:
        return None
    return round(100 * level / most)
