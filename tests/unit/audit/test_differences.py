"""What was done to a sequence is told apart: removed, inserted, changed, moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.audit.differences import Differences, differences


def told(expected: str, found: str) -> Differences:
    """One letter a hash."""
    one, other = ({place: letter.encode() for place, letter in enumerate(text)} for text in (expected, found))
    return differences(one, other)


@pytest.mark.parametrize(
    ("expected", "found", "removed", "inserted", "changed", "moved"),
    [
        ("abcd", "abcd", (), (), (), ()),
        ("abcd", "abXd", (), (), (2,), ()),
        ("abcd", "acd", (1,), (), (), ()),
        ("abcd", "abc", (3,), (), (), ()),
        ("abcd", "aXbcd", (), (1,), (), ()),
        ("abcd", "acbd", (), (), (), ((2, 1), (1, 2))),
        ("abcd", "bcda", (), (), (), ((1, 0), (2, 1), (3, 2), (0, 3))),
        ("abcdef", "acdXf", (1, 4), (3,), (), ()),
        ("", "ab", (), (0, 1), (), ()),
        ("ab", "", (0, 1), (), (), ()),
    ],
)
def test_each_deed_is_named(expected, found, removed, inserted, changed, moved):
    assert told(expected, found) == Differences(removed, inserted, changed, moved)


def test_a_copy_of_an_entry_is_inserted():
    assert told("abcd", "aabcd").inserted == (1,)


@given(st.sets(st.integers(0, 39), max_size=10), st.integers(1, 40))
def test_removing_and_closing_up_names_exactly_what_was_removed(gone, size):
    letters = [bytes([number]) for number in range(size)]
    left = [letter for place, letter in enumerate(letters) if place not in gone]
    found = differences(dict(enumerate(letters)), dict(enumerate(left)))
    assert found == Differences(tuple(sorted(place for place in gone if place < size)), (), (), ())


@given(st.permutations(range(12)))
def test_a_permutation_names_every_place_that_is_wrong(order):
    wrong = {place: bytes([number]) for place, number in enumerate(order) if place != number}
    right = {place: bytes([place]) for place in wrong}
    found = differences(right, wrong)
    assert found.moved == tuple((order[place], place) for place in wrong)
    assert (found.removed, found.inserted, found.changed) == ((), (), ())


@given(st.lists(st.integers(0, 9), max_size=20), st.lists(st.integers(0, 9), max_size=20))
def test_two_unequal_sequences_always_differ(one, other):
    found = differences({p: bytes([n]) for p, n in enumerate(one)}, {p: bytes([n]) for p, n in enumerate(other)})
    assert (found == Differences((), (), (), ())) == (one == other)
