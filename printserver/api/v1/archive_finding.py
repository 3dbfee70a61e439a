"""Finding in the archive: kept searches, the catalogue, how archive numbers are written, the words of texts anew."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.archive import catalogue_table, queries, reindexing, saved_searches, searching
from printserver.archive.numbering import LONGEST
from printserver.archive.scheme import numbering_of, set_numbering
from printserver.archive.search_fields import ArchiveSearch
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.returns.day_table import csv_file

router = api_router("", "archive")

CSV: Final = "text/csv; charset=utf-8"


class SavedSearch(View):
    """`fields`: as on the search page."""

    id: UUID
    name: str
    fields: dict[str, str]


class NewSearch(View):
    name: Annotated[str, Field(min_length=1, max_length=saved_searches.LONGEST_NAME)]
    fields: Annotated[dict[str, str], Field(description=f"Of {', '.join(sorted(saved_searches.FIELDS))}.")]


class Made(View):
    id: UUID


class Numbering(View):
    """`pattern`: with {year} and {sequence}, if wanted {fonds}, {retention} and {class}. `fonds`: 全宗号."""

    pattern: Annotated[str, Field(max_length=LONGEST)]
    fonds: Annotated[str, Field(max_length=12)] = ""


class ReadAnew(View):
    texts: int


@router.get("/archive-searches", summary="Your saved searches")
@requires(Permission.READ_ARCHIVE)
def list_saved_searches(actor: CurrentActor, work: CurrentWork) -> list[SavedSearch]:
    return [
        SavedSearch(id=each.id, name=each.name, fields=dict(each.fields))
        for each in saved_searches.saved_searches(work, actor)
    ]


@router.post("/archive-searches", summary="Keep a search under a name", status_code=201)
@requires(Permission.READ_ARCHIVE)
def save_search(body: NewSearch, actor: CurrentActor, work: CurrentWork) -> Made:
    """In place of what was kept under that name. Only you see it."""
    return Made(id=saved_searches.save_search(work, actor, body.name, body.fields))


@router.delete("/archive-searches/{search_id}", summary="Forget a saved search", status_code=204)
@requires(Permission.READ_ARCHIVE)
def forget_search(search_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    saved_searches.forget_search(work, actor, search_id)


@router.get("/archive-catalogue", summary="The catalogue: how much there is by year, class and branch")
@requires(Permission.READ_ARCHIVE)
def list_catalogue(actor: CurrentActor, work: CurrentWork) -> tuple[queries.CatalogueLine, ...]:
    return queries.catalogue_lines(work, actor)


@router.get("/archive-catalogue/table.csv", summary="The catalogue's records by number", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def export_catalogue(
    actor: CurrentActor,
    adapters: CurrentAdapters,
    catalogue: Annotated[str, Query(max_length=200, description="A year, or year and class; empty for all.")] = "",
    branch_id: UUID | None = None,
) -> Response:
    """UTF-8 with a byte order mark, for spreadsheets. That it was taken out is recorded."""
    with adapters.database.work() as work:
        found = searching.export_catalogue(work, actor, ArchiveSearch(catalogue=catalogue, branch_id=branch_id))
        names = {each.id: each.name for each in branches_with(work, actor, Permission.READ_ARCHIVE)}
    zone = ZoneInfo(adapters.settings.time_zone)
    rows = [catalogue_table.cells(each, names, zone) for each in found]
    return attachment(csv_file(catalogue_table.COLUMNS, rows), CSV, "archive-catalogue.csv")


@router.get("/archive-numbering", summary="How archive numbers are written")
@requires(Permission.READ_ARCHIVE, Permission.MANAGE_DOCUMENTS)
def read_numbering(actor: CurrentActor, work: CurrentWork) -> Numbering:
    return Numbering.model_validate(numbering_of(work, actor.organisation_id))


@router.put("/archive-numbering", summary="Choose how archive numbers are written")
@requires(Permission.MANAGE_DOCUMENTS)
def choose_numbering(body: Numbering, actor: CurrentActor, work: CurrentWork) -> Numbering:
    """From now on; numbers that are given stay."""
    return Numbering.model_validate(set_numbering(work, actor, pattern=body.pattern, fonds=body.fonds))


@router.get("/archive-index", summary="How many texts can be searched by words, and how many are read anew")
@requires(Permission.READ_ARCHIVE)
def read_index(actor: CurrentActor, work: CurrentWork) -> reindexing.IndexFacts:
    """Of the records that the caller may read."""
    return reindexing.index_facts(work, actor)


@router.post("/archive-index", summary="Have the words of archived texts written down anew", status_code=202)
@requires(Permission.SETTLE_RETURNS)
def read_anew(actor: CurrentActor, work: CurrentWork) -> ReadAnew:
    """Of all records where the caller settles returns. Until its turn comes a text is found by its former words."""
    return ReadAnew(texts=reindexing.read_anew(work, actor))
