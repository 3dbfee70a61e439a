"""The pages that came home behind a request's process sheet, for everybody who may read the request."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import pikepdf
from PIL import Image
from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.print_requests.watched import readable_requests
from printserver.returns.access import PageNotFound
from printserver.returns.events import ReturnedPapersRead
from printserver.returns.models import Return, ReturnPage
from printserver.returns.states import PageState
from printserver.storage.objects import Objects

_DPI: Final = 200


@dataclass(frozen=True)
class ReturnedPaper:
    """number: among the request's papers, from 1, in the order in which they came home.   position: in the scan."""

    id: UUID
    number: int
    return_id: UUID
    position: int
    came_at: datetime
    dpi: int
    picture_sha256: str | None


def returned_papers(work: Work, actor: Actor, request_id: UUID) -> tuple[ReturnedPaper, ...]:
    """Raises: NotFound for a request that the actor may not read."""
    if request_id not in readable_requests(work, actor, [request_id]):
        raise NotFound("there is no such print request")
    rows = work.session.execute(
        select(ReturnPage, Return.created_at)
        .join(Return, Return.id == ReturnPage.return_id)
        .where(ReturnPage.request_id == request_id, ReturnPage.state == PageState.ATTACHED)
        .order_by(ReturnPage.return_id, ReturnPage.position)
    )
    return tuple(
        ReturnedPaper(
            row.id, number, row.return_id, row.position, at, int(row.findings.get("dpi", _DPI)), row.image_sha256
        )
        for number, (row, at) in enumerate(rows, 1)
    )


def paper_digest(database: Database, actor: Actor, request_id: UUID, page_id: UUID) -> str:
    """Of the picture of one of the request's papers.   Raises: NotFound, PageNotFound."""
    with database.reading() as work:
        papers = returned_papers(work, actor, request_id)
    for paper in papers:
        if paper.id == page_id and paper.picture_sha256 is not None:
            return paper.picture_sha256
    raise PageNotFound("there is no such page")


def papers_pdf(database: Database, objects: Objects, actor: Actor, request_id: UUID) -> bytes:
    """All of them in one file, in order; that they were read is recorded.   Raises: NotFound, PageNotFound."""
    with database.work() as work:
        papers = [paper for paper in returned_papers(work, actor, request_id) if paper.picture_sha256 is not None]
        if not papers:
            raise PageNotFound("no page of this request has come home")
        append(work, actor.by, ReturnedPapersRead(id=request_id, pages=len(papers)))
    pictures = ((objects.get(paper.picture_sha256 or "", actor.organisation_id), paper.dpi) for paper in papers)
    return _bound(pictures)


def _bound(pictures: Iterable[tuple[bytes, int]]) -> bytes:
    """A PDF of one page a JPEG picture, whose bytes go into it as they are."""
    with pikepdf.new() as pdf:
        for jpeg, dpi in pictures:
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as header:
                width, height, grey = header.width, header.height, header.mode == "L"
            picture = pikepdf.Stream(pdf, jpeg)
            picture.update(
                {
                    "/Type": pikepdf.Name.XObject,
                    "/Subtype": pikepdf.Name.Image,
                    "/Width": width,
                    "/Height": height,
                    "/BitsPerComponent": 8,
                    "/ColorSpace": pikepdf.Name.DeviceGray if grey else pikepdf.Name.DeviceRGB,
                    "/Filter": pikepdf.Name.DCTDecode,
                }
            )
            across, down = (round(side * 72 / (dpi or _DPI), 2) for side in (width, height))
            page = pdf.add_blank_page(page_size=(across, down))
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=picture))
            page.Contents = pikepdf.Stream(pdf, f"q {across} 0 0 {down} 0 0 cm /Scan Do Q".encode())
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()
