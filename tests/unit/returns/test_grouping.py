"""What a batch tells of each copy in it."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from printserver.returns.grouping import Placed, copies_in_batch
from printserver.returns.states import KEPT, PageState

COPY, OTHER = UUID(int=1), UUID(int=2)
M, D = PageState.MATCHED, PageState.DOUBTFUL


def test_pages_here_elsewhere_waiting_missing_and_doubled_are_told_apart():
    pages = [Placed(1, M, COPY, 2), Placed(2, M, COPY, 1), Placed(3, D, COPY, 2), Placed(4, D, COPY, 4)]
    (found,) = copies_in_batch(pages, {COPY: 6}, {COPY: {1, 2, 5}})
    assert (found.here, found.elsewhere, found.waiting, found.missing) == ((1, 2), (5,), (4,), (3, 6))
    assert (found.doubled, found.in_order) == ((2,), False)


def test_a_whole_copy_in_order_misses_nothing_and_discarded_pages_do_not_count():
    pages = [Placed(1, M, COPY, 1), Placed(2, PageState.DISCARDED, COPY, 1), Placed(3, M, COPY, 2)]
    (found,) = copies_in_batch(pages, {COPY: 2}, {COPY: {1, 2}})
    assert (found.here, found.missing, found.doubled, found.in_order) == ((1, 2), (), (), True)


def test_copies_come_in_the_order_of_their_first_page():
    pages = [Placed(3, M, COPY, 1), Placed(1, M, OTHER, 1)]
    assert [each.copy_id for each in copies_in_batch(pages, {COPY: 1, OTHER: 1}, {})] == [OTHER, COPY]


@given(
    st.lists(st.tuples(st.sampled_from([M, D, PageState.SETTLED, PageState.VERSION]), st.integers(1, 7)), min_size=1),
    st.sets(st.integers(1, 5)),
)
def test_every_page_of_a_copy_is_in_exactly_one_of_the_four(seen: list[tuple[PageState, int]], more: set[int]):
    pages = [Placed(at, state, COPY, page) for at, (state, page) in enumerate(seen, 1)]
    pages = [page for page in pages if page.page <= 5 or page.state is D]
    home = more | {page.page for page in pages if page.state in KEPT}
    for found in copies_in_batch(pages, {COPY: 5}, {COPY: home}):
        parts = (found.here, found.elsewhere, found.waiting, found.missing)
        assert sorted(page for part in parts for page in part) == [1, 2, 3, 4, 5]
