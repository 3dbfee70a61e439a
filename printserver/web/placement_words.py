"""Words for what is wrong or unusual with a seal's place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from printserver.rendering.placement_findings import Finding, FindingKind
from printserver.web.languages import N_

K = FindingKind
FINDING_WORDS: Final[Mapping[FindingKind, str]] = {
    K.OFF_PAGE: N_("Page %(page)s: seal %(seal)s at %(x)s × %(y)s mm is not wholly on the page."),
    K.OVER_CODE: N_("Page %(page)s: seal %(seal)s at %(x)s × %(y)s mm would cover the verification code."),
    K.OVER_BARCODE: N_("Page %(page)s: seal %(seal)s at %(x)s × %(y)s mm would cover the barcode."),
    K.SEALS_OVERLAP: N_("Page %(page)s: two seals overlap."),
    K.NO_SUCH_PAGE: N_("Seal %(seal)s: the document has no page %(page)s."),
    K.NO_PLACE: N_("Seal %(seal)s has no place yet."),
    K.NO_SIZE: N_("Seal %(seal)s has no size and cannot be placed."),
    K.KEYWORD_NOT_FOUND: N_("Seal %(seal)s: the words “%(keyword)s” are not found in the document."),
    K.KEYWORD_TOO_SELDOM: N_("Seal %(seal)s: the words “%(keyword)s” stand in the document only %(count)s times."),
    K.KEYWORD_TOO_OFTEN: N_("Seal %(seal)s: the words “%(keyword)s” stand in the document too often, %(count)s times."),
    K.STRADDLE_NEEDS_PAGES: N_(
        "Seal %(seal)s: a straddle seal needs at least two pages; when both sides are printed, two front sides."
    ),
    K.KEYWORD_FOUND_MORE: N_(
        "Page %(page)s: the words “%(keyword)s” stand in the document %(count)s times; is this the right place?"
    ),
    K.BESIDE_SIGNATURE: N_(
        "Seal %(seal)s covers no date and no line to be signed or sealed, as custom has it; page %(page)s has one."
    ),
    K.FAR_FROM_TEXT: N_("Page %(page)s: seal %(seal)s at %(x)s × %(y)s mm is far from any text."),
    K.UNFILLED_BLANKS: N_("Page %(page)s: blanks are not filled in."),
    K.PAGE_WITHOUT_TEXT: N_("Page %(page)s has no text that can be read."),
}


def said_finding(gettext: Callable[[str], str], finding: Finding) -> str:
    return gettext(FINDING_WORDS[finding.kind]) % finding.facts
