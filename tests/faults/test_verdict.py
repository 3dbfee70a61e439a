"""The count itself: it must find what the kills are there to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.printing.paper import Printing, by_copy
from tests.faults.printing.verdict import BookedCopy, PaperOf, judge_all

DIGEST = "d" * 64
WHOLE = PaperOf(starts=1, begun=2, done=2)
HANDED_OVER = ("claimed cups-job=1 pid=2", "printer-job=1", "submitting")


def counted(state: str, paper: PaperOf, *evidence: str, foreign: int = 0):
    return judge_all([BookedCopy("copy", state, 2, DIGEST, evidence)], {DIGEST: paper}, foreign)


def test_a_copy_that_is_printed_by_the_books_and_on_paper_once_is_as_it_should_be():
    verdict = counted("printed", WHOLE)
    assert (verdict.printed_once, verdict.kept) == (1, True)


@pytest.mark.parametrize("state", ["printed", "outcome-unknown", "issued", "wasted"])
def test_a_copy_that_a_printer_was_given_twice_is_found_whatever_the_books_say(state):
    verdict = counted(state, PaperOf(starts=2, begun=2, done=2))
    assert (verdict.printed_twice, verdict.printed_once, verdict.kept) == (1, 0, False)


def test_a_document_that_is_nobodys_copy_is_a_copy_too_many():
    assert counted("printed", WHOLE, foreign=1).printed_twice == 1


@pytest.mark.parametrize("paper", [PaperOf(), PaperOf(starts=1), PaperOf(starts=1, begun=2, done=1)])
def test_a_copy_that_the_books_call_printed_and_that_never_came_out_whole_is_lost(paper):
    verdict = counted("printed", paper)
    assert (verdict.lost, verdict.printed_once) == (1, 0)


@pytest.mark.parametrize("state", ["wasted", "void"])
def test_a_copy_that_came_out_though_the_books_say_that_it_never_did_is_lost(state):
    assert counted(state, WHOLE).lost == 1
    assert counted(state, PaperOf()).lost == 0


@pytest.mark.parametrize("state", ["authorised", "issued", "released", "sent"])
def test_a_copy_that_never_settles_is_lost(state):
    assert counted(state, PaperOf()).lost == 1


def test_an_unknown_outcome_is_counted_with_its_reason_and_is_a_finding_where_our_side_could_know():
    doubtful = counted("outcome-unknown", WHOLE, *HANDED_OVER, "printer-state=processing impressions=1")
    assert (doubtful.unknown, doubtful.findings) == (1, [])
    assert dict(doubtful.unknown_reasons) == {"backend was killed, printer last said processing; on paper: whole": 1}
    assert counted("outcome-unknown", PaperOf(), "claimed cups-job=1 pid=2").findings
    assert counted("outcome-unknown", WHOLE, *HANDED_OVER, "printer-state=completed impressions=2").findings
    assert not counted("outcome-unknown", WHOLE, *HANDED_OVER, "printer-state=completed impressions=1").findings


def test_a_document_that_broke_off_on_its_way_belongs_to_the_copy_that_it_begins(tmp_path: Path):
    broken_off, stranger = tmp_path / "1.pdf", tmp_path / "2.pdf"
    broken_off.write_bytes(b"%PDF-1.7 one")
    stranger.write_bytes(b"%PDF-1.7 three")
    found = [Printing(path, "0" * 64, frozenset(), frozenset()) for path in (broken_off, stranger)]
    prints = by_copy(found, {"a": b"%PDF-1.7 one whole", "b": b"%PDF-1.7 two whole"})
    assert {owner: [each.path for each in own] for owner, own in prints.items()} == {"a": [broken_off], "": [stranger]}
