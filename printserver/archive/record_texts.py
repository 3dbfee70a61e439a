"""The texts of a record: what its paper says page by page, and what else is searched with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from PIL import Image
from sqlalchemy import select

from printserver.archive.issued_words import IssuedPage, issued_pages
from printserver.archive.models import ArchiveParty, ArchiveRecord
from printserver.archive.search_index import IndexKeys, tokens_of_text
from printserver.archive.searchable_file import SearchableNotMade
from printserver.archive.searchable_jobs import SearchableState
from printserver.archive.word_places import UM_PER_INCH, Picture, WordOnScan, as_read, by_pose
from printserver.audit.log import By
from printserver.foundation.unit_of_work import Database, Work
from printserver.rendering.security_marks import without_security
from printserver.rendering.text_recognition import TextLine, TextNotRead, read_text
from printserver.storage.objects import Objects

ISSUED: Final = "issued"
"""The words are the issued page's, which the comparison found again on the scan."""
READ: Final = "read"
"""The words were read from the scan's picture, with the errors that come with that."""
NONE: Final = "none"
_SAME: Final = ("same", "written-on")
_OCR_SECONDS: Final = 120.0


@dataclass(frozen=True)
class SearchableTools:
    """What making searchable files needs of the outside.   read_page: an upright page's lines, of a JPEG."""

    database: Database
    objects: Objects
    keys: IndexKeys
    read_page: Callable[[bytes], tuple[TextLine, ...]] = field(
        default=lambda picture: read_text(picture, wall_seconds=_OCR_SECONDS)
    )


@dataclass(frozen=True)
class RecordOrder:
    """A record as it stands when the work begins. `said`: what else is searched with its text.

    searchable_sha256: of the searchable file, once there is one.
    """

    id: UUID
    organisation_id: UUID
    state: SearchableState
    tries: int
    number: str
    issued_sha256: str
    pages: tuple[dict[str, Any], ...]
    said: str
    created_at: datetime
    searchable_sha256: str | None

    @property
    def by(self) -> By:
        return By(self.organisation_id, process="archive")


@dataclass(frozen=True)
class PageText:
    source: str
    text: str
    words: tuple[WordOnScan, ...]


def order_of(work: Work, record_id: UUID) -> RecordOrder:
    row = work.session.get_one(ArchiveRecord, record_id)
    parties = work.session.execute(
        select(ArchiveParty.name, ArchiveParty.number).where(ArchiveParty.record_id == record_id)
    )
    named = (part for party in parties for part in party)
    return RecordOrder(
        id=row.id,
        organisation_id=row.organisation_id,
        state=SearchableState(row.searchable_state),
        tries=row.searchable_tries,
        number=row.number,
        issued_sha256=row.issued_sha256,
        pages=tuple(row.pages),
        said="\n".join((row.title, row.own_reference, row.number, row.serial, *named)),
        created_at=row.created_at,
        searchable_sha256=row.searchable_sha256,
    )


def page_texts(tools: SearchableTools, order: RecordOrder) -> list[PageText]:
    """One for each page.   Raises: Unavailable, IssuedTextUnreadable, SearchableNotMade."""
    issued = _issued(tools, order)
    return [_text_of_page(tools, order, page, issued) for page in order.pages]


def texts_again(tools: SearchableTools, order: RecordOrder) -> list[str]:
    """The same texts; what was recognised on scans is taken from the searchable file, if there is one.

    Raises: Unavailable, IssuedTextUnreadable, SearchableNotMade.
    """
    issued, made = _issued(tools, order), order.searchable_sha256
    kept = None if made is None else issued_pages(tools.objects.get(made, order.organisation_id))
    texts = []
    for at, page in enumerate(order.pages):
        known = _known(page, issued)
        if known is None and kept is not None and at < len(kept):
            texts.append(kept[at].text)
        else:
            texts.append(known.text if known else _text_of_page(tools, order, page, issued).text)
    return texts


def tokens_of(tools: SearchableTools, order: RecordOrder, texts: Iterable[str]) -> frozenset[int]:
    """Raises: Unavailable."""
    return tokens_of_text(tools.keys.key(order.organisation_id), "\n".join((order.said, *texts)))


def _issued(tools: SearchableTools, order: RecordOrder) -> tuple[IssuedPage, ...]:
    return issued_pages(without_security(tools.objects.get(order.issued_sha256, order.organisation_id)).pdf)


def _known(page: dict[str, Any], issued: Sequence[IssuedPage]) -> IssuedPage | None:
    """The issued page, where the paper shows it."""
    same = page["verdict"] == "same" or page.get("kind") in _SAME
    return issued[page["page"] - 1] if same and page["page"] <= len(issued) else None


def _text_of_page(
    tools: SearchableTools, order: RecordOrder, page: dict[str, Any], issued: Sequence[IssuedPage]
) -> PageText:
    digest, known = page["image_sha256"], _known(page, issued)
    if digest is None:
        return PageText(ISSUED, known.text, ()) if known else PageText(NONE, "", ())
    data = tools.objects.get(digest, order.organisation_id)
    picture = _picture(data, page)
    if known is not None:
        return PageText(ISSUED, known.text, by_pose(known, page.get("pose"), picture))
    try:
        lines = tools.read_page(data)
    except TextNotRead:
        return PageText(NONE, "", ())
    words = tuple(as_read(line.text, line.box, picture) for line in lines)
    return PageText(READ, "\n".join(line.text for line in lines), words)


def _picture(data: bytes, page: dict[str, Any]) -> Picture:
    """Its header alone is read. The server wrote the file itself."""
    measured = page.get("scan_um")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            dpi = picture.width * UM_PER_INCH / measured[0] if measured else page.get("dpi") or 0.0
            return Picture(*picture.size, dpi)
    except OSError as problem:
        raise SearchableNotMade("the page's picture cannot be read") from problem
