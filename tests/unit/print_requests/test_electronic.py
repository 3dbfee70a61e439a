"""Which copies a request draws: those on paper, and the file."""

from __future__ import annotations

from printserver.print_requests.electronic import Electronic, numbers_of, papers_of
from printserver.print_requests.states import COPY_TRANSITIONS, CopyState

AT_A_PRINTER = {CopyState.ISSUED, CopyState.RELEASED, CopyState.SENT, CopyState.PRINTED, CopyState.OUTCOME_UNKNOWN}


def test_the_file_has_number_zero_and_comes_besides_or_in_place_of_paper():
    assert list(numbers_of(2, Electronic.NONE)) == [1, 2]
    assert list(numbers_of(2, Electronic.ALSO)) == [1, 2, 0]
    assert list(numbers_of(1, Electronic.ONLY)) == [0]
    assert [papers_of(2, each) for each in Electronic] == [2, 2, 0]


def test_no_way_leads_from_an_electronic_original_to_a_printer():
    reached, grows = {CopyState.ELECTRONIC}, True
    while grows:
        more = {after for (before, _), after in COPY_TRANSITIONS.items() if before in reached}
        grows, reached = not more <= reached, reached | more
    assert not reached & AT_A_PRINTER
