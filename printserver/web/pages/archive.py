"""The archive: search and look. Looking and fetching are recorded, so pages link to files and show none themselves."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import classes
from printserver.approvals.flows import decisions
from printserver.archive import saved_searches, searching
from printserver.archive.fixity_queries import is_damaged, is_disposed
from printserver.archive.hits import Hit, hits
from printserver.archive.queries import RecordDetail, RecordSummary, record_named
from printserver.archive.reindexing import is_read_anew
from printserver.archive.search_words import WordsTooShort
from printserver.archive.searchable_jobs import SearchableState
from printserver.foundation.errors import IntegrityError, Malformed, PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.archive_search import ArchiveSearchMalformed
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, branches_with, names
from printserver.print_requests.copy_seals import seals_on
from printserver.print_requests.hand_over_queries import holders_of
from printserver.print_requests.money import CURRENCIES, Money
from printserver.print_requests.queries import copy_facts
from printserver.printing.queries import printer_facts
from printserver.returns.signing_records import records_of_copy
from printserver.returns.straddle_joining_service import seals_across
from printserver.web.archive_search_form import TypedArchiveSearch, TypedSavedSearch
from printserver.web.changes import change, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/archive", "pages")

PAGE: Final = 50
Words = Annotated[str, Query(max_length=500)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def list_records(
    view: CurrentView, actor: CurrentActor, call: CurrentCall, typed: Annotated[TypedArchiveSearch, Query()]
) -> Response:
    """An archive number or a serial, and nothing else, leads to the record itself."""
    if typed.alone:
        with call.adapters.database.reading() as work:
            named = record_named(work, actor, typed.alone)
        if named is not None:
            return view.go(f"/archive/{named}")
    return _list(view, actor, call, typed)


@router.post("/searches", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def create_saved_search(
    view: CurrentView, actor: CurrentActor, call: CurrentCall, typed: Annotated[TypedSavedSearch, Form()]
) -> Response:
    problem = refusal(call, lambda work, actor: saved_searches.save_search(work, actor, typed.name, typed.fields))
    if problem is not None:
        return _list(view, actor, call, typed, problem)
    return view.go(f"/archive?{typed.query_string}".rstrip("?&"), "search-saved")


@router.post("/searches/{search_id}/discardings", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def create_search_discarding(search_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    change(call, lambda work, actor: saved_searches.forget_search(work, actor, search_id))
    return view.go("/archive", "search-forgotten")


@router.get("/{record_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_record(record_id: UUID, view: CurrentView, call: CurrentCall, words: Words = "") -> HTMLResponse:
    """words: that were looked for; the pages on which they stand are told."""
    with call.adapters.database.work() as work:
        actor = call.caller_in(work).actor
        detail = searching.view_record(work, actor, record_id, by_page=True)
    found = _hits(call, actor, detail, words)
    with call.adapters.database.reading() as work:
        return _record(view, work, actor, detail, found=found)


@router.post("/{record_id}/searchable", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_searchable(record_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: searching.make_searchable_again(work, actor, record_id))
    if problem is None:
        return view.go(f"/archive/{record_id}", "searchable-asked-again")
    with call.adapters.database.work() as work:
        actor = call.caller_in(work).actor
        detail = searching.view_record(work, actor, record_id, by_page=True)
        return _record(view, work, actor, detail, problem)


def _list(
    view: View, actor: Actor, call: Call, typed: TypedArchiveSearch, problem: PrintServerError | None = None
) -> HTMLResponse:
    found: tuple[RecordSummary, ...] = ()
    wrong: frozenset[str] = frozenset()
    too_long: frozenset[str] = frozenset()
    try:
        asked = typed.checked(ZoneInfo(view.settings.time_zone))
        found = searching.search_records(
            call.adapters.database,
            call.adapters.index_keys,
            actor,
            asked.search,
            words=asked.words,
            held=asked.held,
            before=typed.before,
            limit=PAGE,
        )
    except ArchiveSearchMalformed as mistyped:
        wrong, too_long = mistyped.fields, mistyped.too_long
    except WordsTooShort as short:
        problem = problem or short
    with call.adapters.database.reading() as work:
        return view.page(
            "archive.html",
            status=422 if wrong else status_of(problem) if problem else 200,
            records=found,
            typed=typed,
            wrong=wrong,
            too_long=too_long,
            problem=problem,
            damaged=is_damaged(work, actor),
            read_anew=bool(typed.words) and is_read_anew(work, actor),
            saved=[
                (each, TypedArchiveSearch.model_validate(each.fields))
                for each in saved_searches.saved_searches(work, actor)
            ],
            classes=classes(work, actor.organisation_id, retired=True),
            branches=branches_with(work, actor, Permission.READ_ARCHIVE),
            currencies=CURRENCIES,
            next=found[-1].id if len(found) == PAGE else None,
        )


def _hits(call: Call, actor: Actor, record: RecordDetail, words: str) -> tuple[Hit, ...] | None:
    """None when nothing was looked for, or there is no file to look in."""
    if not words.strip() or record.searchable.sha256 is None:
        return None
    try:
        return hits(call.adapters.database, call.adapters.objects, actor, record.summary.id, words)
    except (Malformed, IntegrityError):
        return None


def _reads_returns(work: Work, actor: Actor, record: RecordDetail) -> bool:
    return actor.may(Permission.READ_RETURNS, branch_path(work, record.branch_id))


def _record(
    view: View,
    work: Work,
    actor: Actor,
    record: RecordDetail,
    problem: PrintServerError | None = None,
    found: tuple[Hit, ...] | None = None,
) -> HTMLResponse:
    copy = copy_facts(work, record.copy_id)
    decided = decisions(work, record.request_id)
    people = {each for one in decided for each in (one.person_id, one.acts_for, one.to_id) if each is not None}
    people |= {each for each in (copy.settled_by, copy.applicant_id) if each is not None}
    summary = record.summary
    known = {each.code: each.description for each in classes(work, actor.organisation_id, retired=True)}
    return view.page(
        "record.html",
        status=status_of(problem) if problem else 200,
        problem=problem,
        record=record,
        hits=found,
        disposed=is_disposed(work, summary.id),
        document_class=known.get(summary.class_code),
        amount=None if summary.amount_minor is None else Money(summary.amount_minor, summary.amount_currency),
        branch=branch(work, record.branch_id).name,
        seals=seals_on(work, record.copy_id),
        copy=copy,
        printer=printer_facts(work, copy.printer_id),
        decisions=decided,
        people=names(work, people),
        holder=holders_of(work, [record.copy_id]).get(record.copy_id),
        across=seals_across(work, actor, record.copy_id).seals if _reads_returns(work, actor, record) else (),
        signings=[each for each in records_of_copy(work, record.copy_id) if each.present],
        may_retry=actor.may(Permission.SETTLE_RETURNS)
        and record.searchable.state in (SearchableState.NONE, SearchableState.FAILED),
    )
