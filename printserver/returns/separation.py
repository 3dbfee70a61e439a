"""The process sheet parts a batch: the uncoded pages behind it belong to its request. Pure.

A section ends at the next process sheet, at the first page with a code of ours that is not known to belong to the
section's request, and at a page that cannot be seen: better one page too many waits for a person than one goes to a
request that is not its own. Blank backs are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from printserver.returns.fate import PageFate
from printserver.returns.states import PageState


@dataclass(frozen=True)
class Section:
    """`sheet`: the process sheet's 1-based place in the scan."""

    request_id: UUID
    sheet: int


def placed(section: Section | None, fate: PageFate) -> tuple[PageFate, Section | None]:
    """The page's fate behind the sheet of `section`, and the section that the next page lies in."""
    if fate.state is PageState.SHEET and fate.request_id is not None:
        if section is not None and section.request_id == fate.request_id:
            return replace(fate, sheet=section.sheet), section  # the sheet's own second page
        return replace(fate, sheet=fate.position), Section(fate.request_id, fate.position)
    if section is None or fate.state is PageState.BLANK:
        return fate, section
    if fate.is_uncoded:
        behind = replace(fate, state=PageState.ATTACHED, reason="", request_id=section.request_id, sheet=section.sheet)
        return behind, section
    return fate, section if fate.request_id == section.request_id else None
