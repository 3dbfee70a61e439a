"""From what became of a page's marks to a verdict. Pure.

The limits are set so that false alarms are rare; whatever they leave open is for a person, and the verdict itself only
sorts the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from printserver.returns.comparison_marks import Fate, Mark, Marks
from printserver.returns.comparison_types import Kind, Verdict

OTHER_PAGE_BELOW: Final = 0.45
LEAST_FOUND_SHARE: Final = 0.7
_MOSTLY_BLANK: Final = 0.75
_LEAST_AGREEMENT: Final = 0.5
_HIDDEN_SHARE: Final = 0.03
NO_COLOUR: Final = "the scan has no colour, so seals and text cannot be told apart; please scan in colour"


@dataclass(frozen=True)
class Sight:
    """`agreement`: of the windows by which the scan was laid over.   beside: whether ink was added beside text.

    lines: whether straight lines were drawn in empty places.   seal_missing: whether the issued seal is.
    colour: whether the scan has it.
    """

    marks: Marks
    agreement: float
    beside: bool
    lines: bool
    seal_missing: bool
    colour: bool


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    kind: Kind
    confidence: float
    reason: str


def judged(sight: Sight, *, added: bool) -> Judgement:
    """added: whether anything was found in empty places."""
    marks = sight.marks
    kind, differing = _kind(sight), marks.of(Fate.GONE, Fate.BLANK)
    if marks.found_share < LEAST_FOUND_SHARE:
        clear = 1 - 0.5 * marks.found_share / LEAST_FOUND_SHARE
        return Judgement(Verdict.CHANGED, kind, _rounded(clear), "the scan shows something else than the issued page")
    reason = _first(
        [
            (not sight.colour, NO_COLOUR),
            (sight.agreement < _LEAST_AGREEMENT, "the scan is too poor to be compared"),
            (_is_cut_off(marks), "part of the page is cut off"),
        ]
    )
    if reason:
        return Judgement(Verdict.REVIEW, kind, 0.0 if not sight.colour else 0.2, reason)
    doubtful = marks.of(Fate.DOUBTFUL)
    if differing or len(doubtful) > 1:
        clear = 0.5 + 0.5 * min(1.0, sum(mark.clearness for mark in [*differing, *doubtful]))
        return Judgement(Verdict.CHANGED, kind, _rounded(clear), "printed text is missing or differs")
    reason = _first(
        [
            (bool(doubtful), "one printed mark looks different"),
            (bool(marks.of(Fate.COVERED)), "something lies over printed text"),
            (sight.beside, "something was added beside printed text"),
            (sight.lines, "a line was drawn on the page"),
            (sight.seal_missing, "the issued seal is not on the scan"),
            (bool(marks.pictures), "the printed text agrees; pictures and shades are not compared"),
        ]
    )
    if reason:
        return Judgement(Verdict.REVIEW, kind, 0.5, reason)
    reason = "the printed text agrees; something was added in empty places" if added else "the printed text agrees"
    return Judgement(Verdict.SAME, kind, _rounded(_closeness(marks.seen)), reason)


def _kind(sight: Sight) -> Kind:
    marks = sight.marks
    gone, blank = marks.of(Fate.GONE, Fate.DOUBTFUL), marks.of(Fate.BLANK)
    if marks.found_share < OTHER_PAGE_BELOW and len(blank) < _MOSTLY_BLANK * (len(gone) + len(blank)):
        return Kind.OTHER_PAGE
    if _is_cut_off(marks) or len(blank) > len(gone):
        return Kind.PART_MISSING
    if gone or blank:
        return Kind.CHANGED_TEXT
    return Kind.WRITTEN_ON if marks.of(Fate.COVERED) or sight.beside or sight.lines else Kind.SAME


def _is_cut_off(marks: Marks) -> bool:
    return marks.hidden > _HIDDEN_SHARE * (len(marks.seen) + marks.hidden)


def _closeness(seen: list[Mark]) -> float:
    """By the mark that came closest to the limit; half when it touches it."""
    return 0.5 + 0.5 * min(1.0, 2 * min((mark.clearness for mark in seen), default=0.0))


def _first(doubts: list[tuple[bool, str]]) -> str:
    return next((reason for doubtful, reason in doubts if doubtful), "")


def _rounded(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 2)
