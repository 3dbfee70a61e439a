"""What is wrong with a seal's place, or against custom: a stable code, where it is, and an English sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class FindingKind(StrEnum):
    """Those of `WARNINGS` do not block; somebody has to say that they were seen."""

    OFF_PAGE = "off-page"
    OVER_CODE = "over-code"
    OVER_BARCODE = "over-barcode"
    SEALS_OVERLAP = "seals-overlap"
    NO_SUCH_PAGE = "no-such-page"
    NO_PLACE = "no-place"
    NO_SIZE = "no-size"
    KEYWORD_NOT_FOUND = "keyword-not-found"
    KEYWORD_TOO_SELDOM = "keyword-too-seldom"
    KEYWORD_TOO_OFTEN = "keyword-too-often"
    STRADDLE_NEEDS_PAGES = "straddle-needs-pages"
    KEYWORD_FOUND_MORE = "keyword-found-more"
    BESIDE_SIGNATURE = "beside-signature"
    FAR_FROM_TEXT = "far-from-text"
    UNFILLED_BLANKS = "unfilled-blanks"
    PAGE_WITHOUT_TEXT = "page-without-text"


K = FindingKind
WARNINGS: Final = frozenset(
    {K.KEYWORD_FOUND_MORE, K.BESIDE_SIGNATURE, K.FAR_FROM_TEXT, K.UNFILLED_BLANKS, K.PAGE_WITHOUT_TEXT}
)
SENTENCES: Final = {
    K.OFF_PAGE: "{where} is not wholly on the page",
    K.OVER_CODE: "{where} would cover the verification code",
    K.OVER_BARCODE: "{where} would cover the barcode",
    K.SEALS_OVERLAP: "two seals overlap on page {page}",
    K.NO_SUCH_PAGE: "the document has no page {page}",
    K.NO_PLACE: "a seal without a place cannot be used",
    K.NO_SIZE: "a seal without size cannot be placed",
    K.KEYWORD_NOT_FOUND: "the words “{keyword}” are not found in the document",
    K.KEYWORD_TOO_SELDOM: "the words “{keyword}” stand in the document {count} times only",
    K.KEYWORD_TOO_OFTEN: "the words “{keyword}” stand in the document too often ({count} times)",
    K.STRADDLE_NEEDS_PAGES: "a straddle seal needs at least two pages (of two-sided sheets, two front sides)",
    K.KEYWORD_FOUND_MORE: "the words “{keyword}” stand in the document {count} times; is it the one on page {page}?",
    K.BESIDE_SIGNATURE: "seal {seal} covers no date and no signature line, as custom has it (see page {page})",
    K.FAR_FROM_TEXT: "{where} is far from any text",
    K.UNFILLED_BLANKS: "blanks on page {page} are not filled in",
    K.PAGE_WITHOUT_TEXT: "page {page} has no text that can be read",
}


@dataclass(frozen=True)
class Finding:
    """`page`: 0 when it concerns the whole document.   seal: its number in the request from 1, 0 when none is meant.

    x_um, y_um: of the place.   count: how often a keyword was found.
    """

    kind: FindingKind
    page: int = 0
    seal: int = 0
    x_um: int = 0
    y_um: int = 0
    keyword: str = ""
    count: int = 0

    @property
    def is_warning(self) -> bool:
        return self.kind in WARNINGS

    @property
    def facts(self) -> dict[str, Any]:
        """What a sentence may name."""
        own = {"page": self.page, "seal": self.seal, "keyword": self.keyword, "count": self.count}
        return {**own, "x": f"{self.x_um / 1000:g}", "y": f"{self.y_um / 1000:g}"}

    def __str__(self) -> str:
        where = "the seal at {x} × {y} mm on page {page}".format(**self.facts)
        return SENTENCES[self.kind].format(where=where, **self.facts)

    def to_json(self) -> dict[str, Any]:
        """`code` is stable; numbers that say nothing are left out."""
        known = {name: value for name, value in vars(self).items() if name != "kind" and value}
        return {"code": self.kind.value, "message": str(self), **known}
