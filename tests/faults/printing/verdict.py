"""Compare the books with the paper. Pure: the rule that decides whether a copy came out twice or was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SETTLED = frozenset({"printed", "wasted", "outcome-unknown", "void"})
NEVER_CAME_OUT = frozenset({"wasted", "void"})


@dataclass(frozen=True)
class BookedCopy:
    """As the server's own interface shows it; `evidence`: the fence's record that our side holds, line by line."""

    id: str
    state: str
    pages: int
    issued_sha256: str | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperOf:
    """starts: how often a printer was given the copy's document.   done: pages that came out, of the best start."""

    starts: int = 0
    begun: int = 0
    done: int = 0


@dataclass
class Verdict:
    """Sums over all authorised copies."""

    authorised: int = 0
    printed_once: int = 0
    unknown: int = 0
    wasted: int = 0
    void: int = 0
    printed_twice: int = 0
    lost: int = 0
    unknown_reasons: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """What the product promises was kept."""
        return self.printed_twice == 0 and self.lost == 0

    def figures(self) -> dict[str, Any]:
        figures = {**vars(self), "unknown_reasons": dict(sorted(self.unknown_reasons.items()))}
        return {name: value for name, value in figures.items() if name != "void" or value}


def judge_all(copies: Sequence[BookedCopy], paper: Mapping[str, PaperOf], foreign: int) -> Verdict:
    """paper: by `issued_sha256`.   foreign: documents at a printer that are no copy's; each is a copy too many."""
    verdict = Verdict()
    for copy in copies:
        _count(verdict, copy, paper.get(copy.issued_sha256 or "", PaperOf()))
    if foreign:
        verdict.printed_twice += foreign
        verdict.findings.append(f"{foreign} documents at the printers are nobody's copy")
    return verdict


def _count(verdict: Verdict, copy: BookedCopy, paper: PaperOf) -> None:
    verdict.authorised += 1
    if paper.starts > 1:
        verdict.printed_twice += 1
        verdict.findings.append(f"{copy.id} is {copy.state} and was started {paper.starts} times")
    if wrong := _wrong(copy, paper):
        verdict.lost += 1
        verdict.findings.append(f"{copy.id} {wrong}; evidence: {' | '.join(copy.evidence) or 'none'}")
    elif copy.state == "printed" and paper.starts == 1:
        verdict.printed_once += 1
    elif copy.state == "wasted":
        verdict.wasted += 1
    elif copy.state == "void":
        verdict.void += 1
    elif copy.state == "outcome-unknown":
        verdict.unknown += 1
        verdict.unknown_reasons[f"{evidence_in_words(copy)}; on paper: {_truth(copy, paper)}"] += 1
        if known := could_be_known(copy):
            verdict.findings.append(f"{copy.id} is outcome-unknown, but {known}: {' | '.join(copy.evidence)}")


def _wrong(copy: BookedCopy, paper: PaperOf) -> str:
    """What the books say that is not so; empty when they are right."""
    if copy.state not in SETTLED:
        return f"is still {copy.state}, on paper: {_truth(copy, paper)}"
    if copy.state == "printed" and paper.done < copy.pages:
        return f"is printed by the books, on paper: {_truth(copy, paper)}"
    if copy.state in NEVER_CAME_OUT and paper.starts:
        return f"is {copy.state} by the books, on paper: {_truth(copy, paper)}"
    return ""


def _truth(copy: BookedCopy, paper: PaperOf) -> str:
    if paper.starts == 0:
        return "nothing arrived"
    if paper.begun == 0:
        return "arrived, no page begun"
    return "whole" if paper.done >= copy.pages else "in part"


def could_be_known(copy: BookedCopy) -> str:
    """Why a person need not have been asked, by the fence's own record; empty when nobody on our side could know."""
    if "submitting" not in copy.evidence:
        return "no byte was handed over"
    states = [line for line in copy.evidence if line.startswith("printer-state=")]
    if states and states[-1] == f"printer-state=completed impressions={copy.pages}":
        return "the printer itself said that it completed every page"
    return ""


def evidence_in_words(copy: BookedCopy) -> str:
    """One of a few classes, for counting."""
    if not copy.evidence:
        return "no record"
    if "submitting" not in copy.evidence:
        return "no byte handed over"
    said = [line for line in copy.evidence if line.startswith("printer-state=")]
    ended = [line for line in copy.evidence if line.startswith("ended ")]
    printer = said[-1].split()[0].partition("=")[2] if said else "nothing"
    if printer == "completed" and said[-1] != f"printer-state=completed impressions={copy.pages}":
        printer = "completed, but counted other pages"
    backend = "was killed" if not ended else "ended well" if ended[-1] == "ended rc=0" else "failed"
    return f"backend {backend}, printer last said {printer}"
