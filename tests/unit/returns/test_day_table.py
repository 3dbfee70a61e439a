"""A table that spreadsheets open, and that makes them compute nothing."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from printserver.returns.day_table import csv_file

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4))
def test_no_text_becomes_a_formula_and_none_is_lost(rows: list[list[str]]):
    for before, after in zip(rows, read(csv_file(["head"], rows))[1:], strict=True):
        for text, cell in zip(before, after, strict=True):
            assert cell in (text, f"'{text}")
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers_and_what_is_not_known_stays_empty():
    assert csv_file(["=a", "b", "c"], [(-1, 2, None)]) == b"\xef\xbb\xbf'=a,b,c\r\n-1,2,\r\n"
