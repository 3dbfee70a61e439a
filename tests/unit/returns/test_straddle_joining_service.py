"""Seals of the other party are found on what comes home, cut out, and joined over a copy's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.models import RequestSeal
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.marks import PlacedSeal, SealPlace
from printserver.rendering.page_layout import BARCODE_BOX_UM, QR_BOX_UM, Box, ContentTransform, PageLayout
from printserver.rendering.placement import Document, WantedSeal, resolve
from printserver.rendering.places import Straddle
from printserver.rendering.straddle import SeamSlice, seam_slice
from printserver.rendering.units import A4_PORTRAIT
from printserver.returns.comparing import IssuedPages
from printserver.returns.comparison_types import Comparison, Kind, Verdict
from printserver.returns.matching import Image
from printserver.returns.models import ReturnPage
from printserver.returns.pipeline import process_return
from printserver.returns.states import PageState
from printserver.returns.straddle_joining_service import (
    NothingCutOut,
    place_picture,
    seal_across_picture,
    seals_across,
)
from printserver.seals.queries import seal_facts
from tests.paper_books import Books
from tests.paper_drawings import page_pixels, scan_of
from tests.unit.returns.test_pipeline import bring, detail, tools_of

MM = 200 / 25.4
RED = (40, 30, 205)


def stamped(page: np.ndarray, part: int) -> np.ndarray:
    """One half of a seal at the right edge, 36 mm high, and on the second page a whole one."""
    marked = page.copy()
    height, width = page.shape[:2]
    middle = (width if part == 0 else width - round(18 * MM), height // 2)
    cv2.circle(marked, middle, round(17 * MM), RED, round(1.4 * MM))
    if part == 1:
        marked[:, : width - round(18 * MM)] = page[:, : width - round(18 * MM)]
        cv2.circle(marked, (round(60 * MM), round(230 * MM)), round(18 * MM), RED, round(1.4 * MM))
    return np.asarray(np.minimum(page, marked), np.uint8)


def test_the_slices_with_which_a_page_was_issued_are_looked_for(books: Books):
    asked: dict[int, tuple[SeamSlice, ...]] = {}

    class Looking(IssuedPages):
        def compare(
            self, copy: CopyFacts, page: int, scan: Image, dpi: float, slices: Sequence[SeamSlice] = ()
        ) -> Comparison:
            asked[page] = tuple(slices)
            return Comparison(Verdict.SAME, 1.0, (), "nothing differs", Kind.SAME, 1.0)

    copy = books.copy(pages=2)
    seal = {"seal_id": books.seal, "request_id": copy.request_id, "position": 1, "wanted": []}
    with books.database.work() as work:
        size = seal_facts(work, books.seal)
        part = Box(0, 0, 7_000, size.height_um)
        place = SealPlace(2, 210_000 + size.width_um // 2 - 7_000, 120_000, part)
        whole = SealPlace(2, 60_000, 200_000)
        work.session.add(RequestSeal(**seal, places=[place.to_json(), whole.to_json()]))
    return_id = bring(books, scan_of(*(page_pixels(books.issue(copy), page) for page in (1, 2))))
    process_return(replace(tools_of(books), issued_pages=Looking), return_id)
    slice_of_it = SeamSlice(Box(203_000, 120_000 - size.height_um // 2, 7_000, size.height_um), from_top=False)
    assert asked == {1: (), 2: (slice_of_it,)}


def test_a_shared_page_shows_its_slices_in_both_seals_of_the_copy(books: Books):
    """Five pages in groups of at most three: 1-3 and 3-5, of which page 4 did not come home with its slice."""
    copy = books.copy(pages=5)
    return_id = bring(books, scan_of(np.full((300, 300, 3), 255, np.uint8)))
    with books.database.work() as work:
        size = seal_facts(work, books.seal)
        qr, bars = Box(150_000, 12_000, *QR_BOX_UM), Box(12_000, 270_000, *BARCODE_BOX_UM)
        layout = tuple(PageLayout(page, A4_PORTRAIT, qr, bars, ContentTransform()) for page in range(1, 6))
        wanted = WantedSeal(b"", size.width_um, size.height_um, (Straddle(group=3),))
        (drawn,) = resolve(Document(layout), [wanted]).seals
        seal = {"seal_id": books.seal, "request_id": copy.request_id, "position": 1, "wanted": []}
        work.session.add(RequestSeal(**seal, places=[place.to_json() for place in drawn.places]))
        for page in (1, 2, 3, 5):
            regions = []
            for place in slices_drawn(drawn, page):
                picture = np.full((place.height_um // 1_000, place.width_um // 1_000, 3), 40 * page, np.uint8)
                sides = dict(zip(("x_um", "y_um", "w_um", "h_um"), vars(place).values(), strict=True))
                kept = {"kind": "issued-straddle", "edge": "right", "picture_sha256": kept_picture(books, picture)}
                regions.append(sides | kept)
            work.session.add(
                ReturnPage(
                    id=new_id(), return_id=return_id, organisation_id=books.organisation_id, branch_id=copy.branch_id,
                    position=page, state=PageState.MATCHED, copy_id=copy.id, page=page,
                    findings={"regions": regions, "pose": []},
                )
            )  # fmt: skip
    archivist = books.actor(Role.ARCHIVIST)
    with books.database.reading() as work:
        found = seals_across(work, archivist, copy.id)
    assert [(each.pages, each.missing(5)) for each in found.seals] == [((1, 2, 3), ()), ((3, 5), (4,))]
    for number, pages in ((1, (1, 2, 3)), (2, (3, 5))):
        joined = seal_across_picture(books.database, books.objects, archivist, copy.id, number)
        pixels = np.asarray(cv2.imdecode(np.frombuffer(joined, np.uint8), cv2.IMREAD_COLOR))
        shown = pixels[pixels.shape[0] // 2, :, 0].tolist()
        assert list(dict.fromkeys(shown)) == [40 * page for page in pages]
    _lose_slices_of_the_second_seal(books, copy.id)
    with books.database.reading() as work:
        found = seals_across(work, archivist, copy.id)
    first, unseen = found.seals
    assert (first.pages, found.missing(first), found.not_compared(first)) == ((1, 2), (3,), ())
    assert (unseen.issued, unseen.edge, unseen.pages) == (True, "right", ())
    assert (found.missing(unseen), found.not_compared(unseen)) == ((3, 5), (4,))
    with pytest.raises(NothingCutOut):
        seal_across_picture(books.database, books.objects, archivist, copy.id, 2)


def _lose_slices_of_the_second_seal(books: Books, copy_id: UUID) -> None:
    """Pages 3 and 5 were compared, but no slice was found on them."""
    with books.database.work() as work:
        for page in work.session.scalars(select(ReturnPage).where(ReturnPage.copy_id == copy_id)):
            if page.page in (3, 5):
                page.findings = {"regions": [], "pose": []}


def slices_drawn(seal: PlacedSeal, page: int) -> list[Box]:
    places = [place for place in seal.places if place.page == page]
    return [seam_slice(place, seal.width_um, seal.height_um).box for place in places]


def kept_picture(books: Books, picture: np.ndarray) -> str:
    return books.objects.put(bytes(cv2.imencode(".png", picture)[1]), books.organisation_id)


def test_what_the_other_party_put_on_the_paper_is_shown(books: Books):
    copy = books.copy(pages=2)
    pdf = books.issue(copy)
    return_id = bring(books, scan_of(*(stamped(page_pixels(pdf, page), page - 1) for page in (1, 2))))
    process_return(tools_of(books), return_id)
    first, second = detail(books, return_id).pages
    assert [page.verdict for page in (first, second)] == ["same", "same"]
    found = second.findings
    assert (found["kind"], found["colour"], len(found["pose"]), found["confidence"] > 0.5) == ("same", True, 9, True)
    kinds = [region["kind"] for region in found["regions"]]
    assert sorted(kinds) == ["counter-seal", "straddle"]
    archivist = books.actor(Role.ARCHIVIST)
    seal = place_picture(books.database, books.objects, archivist, second.id, kinds.index("counter-seal") + 1)
    pixels = cv2.imdecode(np.frombuffer(seal, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape[0] / MM == pytest.approx(36 + 1.4 + 2, abs=2), "with a margin of a millimetre"
    with books.database.reading() as work:
        (across,) = seals_across(work, archivist, copy.id).seals
    assert (across.edge, across.pages, across.missing(2)) == ("right", (1, 2), ())
    joined = seal_across_picture(books.database, books.objects, archivist, copy.id, 1)
    pixels = cv2.imdecode(np.frombuffer(joined, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape[0] / MM == pytest.approx(36, abs=2)
    assert pixels.shape[1] / MM == pytest.approx(36, abs=2)
    for number in (0, 2):
        with pytest.raises(NothingCutOut):
            seal_across_picture(books.database, books.objects, archivist, copy.id, number)
        with pytest.raises(NothingCutOut):
            place_picture(books.database, books.objects, archivist, first.id, number)
    officer = books.actor(Role.KEY_OFFICER)
    with pytest.raises(Forbidden):
        place_picture(books.database, books.objects, officer, second.id, 1)
    with pytest.raises((Forbidden, NotFound)):
        seal_across_picture(books.database, books.objects, officer, copy.id, 1)
