"""What becomes of one page of a scan: decoded, its codes read, its copy looked up, compared with what was issued.

Nothing is recorded here; only the page's picture is put into the object store, under its digest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import cv2

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import branch_path
from printserver.organisations.queries import OrganisationFacts
from printserver.print_requests.queries import CopyFacts, copy_by_serial
from printserver.print_requests.request_seals import slices_on
from printserver.print_requests.sheet_requests import request_place
from printserver.returns.comparing import IssuedPages, NotCompared
from printserver.returns.comparison import Comparison, Region, Verdict
from printserver.returns.comparison_wordings import CUT_OUT, cut_out
from printserver.returns.matching import Image, PageCodes, find_codes, upright
from printserver.returns.pages import ScanPage
from printserver.returns.reading import CodeReading, note_of_state, read_codes, refusal
from printserver.returns.states import PageState, Reason
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects
from printserver.verification.service import agrees

JPEG_QUALITY: Final = 85
MOST_REGIONS: Final = 60
"""Of one page that are recorded; another page differs everywhere."""
_OF_THE_PAGE: Final = (cv2.error, ValueError, ArithmeticError, LookupError, MemoryError)
"""What strange pixels make the libraries raise: such a page waits for a person, and the next one is read."""


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
    request_id: UUID | None = None
    """Of the copy that the code names, of the process sheet, or of the sheet that the page lies behind."""
    sheet: int | None = None
    """1-based place in the scan of the process sheet, its own or the one that the page lies behind."""
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

    @property
    def is_uncoded(self) -> bool:
        """Seen well enough, and without any trace of a code of ours."""
        return self.state is PageState.DOUBTFUL and self.reason == Reason.UNREADABLE and "damaged" not in self.findings

    def doubted(self, reason: Reason) -> PageFate:
        return replace(self, state=PageState.DOUBTFUL, reason=reason)


@dataclass(frozen=True)
class PageReader:
    """Reads the pages of one return. `at`: the moment at which keys are judged."""

    database: Database
    objects: Objects
    key_list: KeyList
    organisation: OrganisationFacts
    branch_id: UUID
    issued: IssuedPages
    at: datetime

    def fate(self, scanned: ScanPage) -> PageFate:
        """Raises: Unavailable; whatever else is wrong with a page is its fate."""
        if scanned.image is None:
            return _broken(scanned.number, scanned.trouble or "")
        try:
            return self._read(scanned, scanned.image)
        except Unavailable:
            raise
        except (PrintServerError, *_OF_THE_PAGE) as problem:
            return _broken(scanned.number, f"{type(problem).__name__}: {problem}"[:300])

    def _read(self, scanned: ScanPage, image: Image) -> PageFate:
        codes = find_codes(image, scanned.dpi)
        rotation = codes.rotation or 0
        seen = PageFate(
            scanned.number,
            PageState.BLANK,
            rotation=rotation,
            image_sha256=self.objects.put(_jpeg(upright(image, rotation)), self.organisation.id),
            findings={"rung": codes.rung, "dpi": round(scanned.dpi), "source": scanned.source},
        )
        if codes.blank:
            return seen
        if codes.damaged:
            seen = replace(seen, findings=seen.findings | {"damaged": list(codes.damaged)})
        if codes.sheets:
            return self._sheet(seen, codes)
        reading = read_codes(codes, self.key_list, self.at)
        findings = seen.findings | {"evidence": reading.evidence}
        if reading.code is None:
            return replace(seen, findings=findings).doubted(reading.reason or Reason.UNREADABLE)
        findings |= {"serial": str(reading.code.serial), "page": reading.code.page}
        copy, reason = self._looked_up(reading)
        if copy is None:
            return replace(seen, findings=findings).doubted(reason or Reason.UNKNOWN_CODE)
        named = replace(seen, copy_id=copy.id, page=reading.code.page, request_id=copy.request_id, findings=findings)
        if reason is not None:
            return named.doubted(reason)
        matched = replace(named, state=PageState.MATCHED, reason=note_of_state(copy.state) or "")
        return self._compared(matched, copy, reading.code.page, image, scanned.dpi)

    def _sheet(self, seen: PageFate, codes: PageCodes) -> PageFate:
        """Whose process sheet it is; one of a branch that is not beneath the return's own says nothing."""
        if codes.codes or len(codes.process_codes) != 1:
            return seen.doubted(Reason.CONFLICTING_CODES)
        with self.database.reading() as work:
            request = request_place(work, codes.process_codes[0].request_id)
            if request is None:
                return seen.doubted(Reason.SHEET_UNKNOWN)
            if request.organisation_id != self.organisation.id:
                return seen.doubted(Reason.SHEET_FOREIGN)
            beneath = branch_path(work, request.branch_id).startswith(branch_path(work, self.branch_id))
        if not beneath:
            return seen.doubted(Reason.SHEET_FOREIGN)
        return replace(seen, state=PageState.SHEET, request_id=request.id)

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
            with self.database.reading() as work:
                slices = slices_on(work, copy.request_id, page)
            comparison = self.issued.compare(copy, page, upright(image, matched.rotation), dpi, slices)
        except NotCompared as problem:
            findings = matched.findings | {"comparison": str(problem)}
            return replace(matched, findings=findings).doubted(Reason.NOT_COMPARED)
        findings = matched.findings | self._findings(comparison)
        compared = replace(matched, verdict=comparison.verdict, findings=findings)
        return compared if comparison.verdict is Verdict.SAME else compared.doubted(_doubt(comparison))

    def _findings(self, found: Comparison) -> dict[str, Any]:
        """For the page's record; seals and signatures are cut out and stored."""
        said: dict[str, Any] = {
            "comparison": found.reason,
            "score": found.score,
            "kind": found.kind or "",
            "confidence": found.confidence,
            "colour": found.colour,
            "regions": [self._with_picture(found, region).to_json() for region in found.regions[:MOST_REGIONS]],
        }
        if found.pose is None:
            return said
        return said | {"pose": list(found.pose), "page_um": list(found.page_um), "scan_um": list(found.scan_um)}

    def _with_picture(self, found: Comparison, region: Region) -> Region:
        if region.kind not in CUT_OUT:
            return region
        return replace(region, picture_sha256=self.objects.put(cut_out(found, region), self.organisation.id))


def _doubt(comparison: Comparison) -> Reason:
    if comparison.verdict is Verdict.CHANGED:
        return Reason.DIFFERS
    return Reason.NOT_COMPARED if comparison.kind is None else Reason.COMPARE_BY_EYE


def _broken(number: int, trouble: str) -> PageFate:
    return PageFate(number, PageState.DOUBTFUL, Reason.BROKEN_PAGE, findings={"trouble": trouble})


def _jpeg(image: Image) -> bytes:
    made, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not made:
        raise ValueError("the page's picture could not be written")
    return data.tobytes()
