"""What becomes of one page of a scan: decoded, its codes read, its copy looked up, compared with what was issued.

Nothing is recorded here; only the page's picture is put into the object store, under its digest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import cv2

from printserver.foundation.unit_of_work import Database
from printserver.organisations.queries import OrganisationFacts
from printserver.print_requests.queries import CopyFacts, copy_by_serial
from printserver.returns.comparing import IssuedPages, NotCompared
from printserver.returns.comparison import Comparison, RegionKind, Verdict
from printserver.returns.matching import Image, find_codes, upright
from printserver.returns.pages import ScanPage
from printserver.returns.reading import CodeReading, note_of_state, read_codes, refusal
from printserver.returns.states import PageState, Reason
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects
from printserver.verification.service import agrees

JPEG_QUALITY: Final = 85
LEAST_FOUND: Final = 0.5
MOST_MISSING: Final = 1
"""A page of verdict `review` is kept by itself only when this share of the issued marks was found and no more than
this many places of them were not: a genuine code can be cut out and glued on another page."""


@dataclass(frozen=True)
class PageFate:
    """`copy_id` and `page`: what the page is, or is thought to be when a person has to decide."""

    position: int
    """1-based place in the scan."""
    state: PageState
    reason: str = ""
    copy_id: UUID | None = None
    page: int | None = None
    rotation: int = 0
    """Degrees clockwise by which the page lay turned in the scan."""
    image_sha256: str | None = None
    """Upright as far as that is known, a JPEG file."""
    verdict: str = ""
    findings: dict[str, Any] = field(default_factory=dict)

    @property
    def kept_as(self) -> tuple[UUID, int] | None:
        """Copy and page of a matched page."""
        if self.state is not PageState.MATCHED or self.copy_id is None or self.page is None:
            return None
        return self.copy_id, self.page

    def doubted(self, reason: Reason) -> PageFate:
        return replace(self, state=PageState.DOUBTFUL, reason=reason)


@dataclass(frozen=True)
class PageReader:
    """Reads the pages of one return. `at`: the moment at which keys are judged."""

    database: Database
    objects: Objects
    key_list: KeyList
    organisation: OrganisationFacts
    issued: IssuedPages
    at: datetime

    def fate(self, scanned: ScanPage) -> PageFate:
        """Raises: Unavailable; whatever else is wrong with a page is its fate."""
        if scanned.image is None:
            trouble = {"trouble": scanned.trouble or ""}
            return PageFate(scanned.number, PageState.DOUBTFUL, Reason.BROKEN_PAGE, findings=trouble)
        codes = find_codes(scanned.image, scanned.dpi)
        rotation = codes.rotation or 0
        seen = PageFate(
            scanned.number,
            PageState.BLANK,
            rotation=rotation,
            image_sha256=self.objects.put(_jpeg(upright(scanned.image, rotation)), self.organisation.id),
            findings={"rung": codes.rung, "dpi": round(scanned.dpi), "source": scanned.source},
        )
        if codes.blank:
            return seen
        reading = read_codes(codes, self.key_list, self.at)
        findings = seen.findings | {"evidence": reading.evidence}
        if reading.code is None:
            return replace(seen, findings=findings).doubted(reading.reason or Reason.UNREADABLE)
        findings |= {"serial": str(reading.code.serial), "page": reading.code.page}
        copy, reason = self._looked_up(reading)
        if copy is None:
            return replace(seen, findings=findings).doubted(reason or Reason.UNKNOWN_CODE)
        named = replace(seen, copy_id=copy.id, page=reading.code.page, findings=findings)
        if reason is not None:
            return named.doubted(reason)
        matched = replace(named, state=PageState.MATCHED, reason=note_of_state(copy.state) or "")
        return self._compared(matched, copy, reading.code.page, scanned.image, scanned.dpi)

    def _looked_up(self, reading: CodeReading) -> tuple[CopyFacts | None, Reason | None]:
        """The organisation's own copy that the code names, and why the page may not simply be taken for it."""
        if reading.code is None:
            return None, reading.reason
        with self.database.reading() as work:
            copy = copy_by_serial(work, reading.code.serial)
            agreed = copy is None or reading.body is None or agrees(work, copy, reading.body)
        reason = refusal(reading, copy, self.organisation, agrees=agreed)
        own = copy is not None and copy.organisation_id == self.organisation.id
        return copy if own else None, reason

    def _compared(self, matched: PageFate, copy: CopyFacts, page: int, image: Image, dpi: float) -> PageFate:
        try:
            comparison = self.issued.compare(copy, page, image, dpi)
        except NotCompared as problem:
            findings = matched.findings | {"comparison": str(problem)}
            return replace(matched, findings=findings).doubted(Reason.NOT_COMPARED)
        findings = matched.findings | {
            "comparison": comparison.reason,
            "score": comparison.score,
            "regions": [asdict(region) for region in comparison.regions],
        }
        compared = replace(matched, verdict=comparison.verdict, findings=findings)
        if comparison.verdict is Verdict.CHANGED:
            return compared.doubted(Reason.DIFFERS)
        return compared if _is_recognised(comparison) else compared.doubted(Reason.NOT_COMPARED)


def _is_recognised(comparison: Comparison) -> bool:
    missing = sum(region.kind is RegionKind.MISSING for region in comparison.regions)
    return comparison.score >= LEAST_FOUND and missing <= MOST_MISSING


def _jpeg(image: Image) -> bytes:
    made, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not made:
        raise ValueError("the page's picture could not be written")
    return data.tobytes()
