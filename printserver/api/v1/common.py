"""What the resources share: the base of their views, pages of lists, files and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from printserver.http_edge.routes import edge_router

PREFIX: Final = "/api/v1"

Item = TypeVar("Item", bound=BaseModel)

Before = Annotated[UUID | None, Query(description="The last id of the page before, to read on from there.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


class View(BaseModel):
    """Read from a room's facts by attribute; of a request, members that we do not know are refused."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Page(View, Generic[Item]):
    """`next`: give it as `before` to read on; null at the end."""

    items: list[Item]
    next: UUID | None


def api_router(path: str, tag: str) -> APIRouter:
    """path: below `PREFIX`; empty for a file with more than one resource."""
    return edge_router(PREFIX + path, tag)


def page_of(view: type[Item], facts: Sequence[object], limit: int) -> Page[Item]:
    """facts: in the list's order, at most `limit` of them, each with an `id`."""
    full = len(facts) >= limit
    return Page(items=[view.model_validate(each) for each in facts], next=_id(facts[-1]) if full else None)


def attachment(data: bytes, media_type: str, filename: str) -> Response:
    """A file to keep, never shown inside a page of ours.   filename: made by us, ASCII."""
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'})


def scan_attachment(data: bytes, name: str) -> Response:
    """name: made by us, ASCII, without ending; that follows from the file's first bytes."""
    for start, media_type, ending in (
        (b"%PDF-", "application/pdf", "pdf"),
        (b"\xff\xd8\xff", "image/jpeg", "jpg"),
        (b"\x89PNG", "image/png", "png"),
        (b"II*\0", "image/tiff", "tif"),
        (b"MM\0*", "image/tiff", "tif"),
        (b"II+\0", "image/tiff", "tif"),
        (b"MM\0+", "image/tiff", "tif"),
    ):
        if data.startswith(start):
            return attachment(data, media_type, f"{name}.{ending}")
    return attachment(data, "application/octet-stream", f"{name}.bin")


def _id(facts: object) -> UUID:
    identifier = getattr(facts, "id", None)
    if not isinstance(identifier, UUID):
        raise TypeError("a list that is read in pages has ids")
    return identifier
