"""A table whose rows become documents of one template: CSV in UTF-8 or GB18030, read into values by row. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from printserver.documents.template_schema import PARTY_PARTS, FieldKind, TemplateDescription
from printserver.documents.template_values import AmountReader, ValuesWrong, check_values
from printserver.foundation.errors import Malformed

LARGEST: Final = 5_000_000
MOST_ROWS: Final = 1_000
LONGEST_REFERENCE: Final = 200
REFERENCE: Final = frozenset({"reference", "own reference", "own_reference", "自有编号", "业务编号", "参考号"})
TITLE: Final = frozenset({"title", "标题"})
_LABELLED_PARTS: Final = {
    **{part: part for part in PARTY_PARTS},
    "名称": "name",
    "姓名": "name",
    "证件号码": "number",
    "统一社会信用代码": "number",
    "住所": "address",
    "地址": "address",
    "法定代表人": "representative",
    "联系方式": "contact",
}
_TABLE_COLUMN: Final = re.compile(r"([a-z][a-z0-9_]*)\.([1-9][0-9]{0,2})\.([a-z][a-z0-9_]*)", re.ASCII)


class BatchTableUnreadable(Malformed):
    """No table, or its heading names what the template does not have."""

    code = "batch-table-unreadable"


@dataclass(frozen=True)
class BatchLine:
    """number: the row's line in the file, the heading is line 1.   values: as far as they could be checked.

    wrong: fields that cannot be used, as their columns are headed, and `reference` where it is missing or stands twice.
    """

    number: int
    reference: str
    title: str
    values: Mapping[str, Any]
    wrong: frozenset[str] = frozenset()


def read_table(data: bytes, description: TemplateDescription, amounts: AmountReader) -> tuple[BatchLine, ...]:
    """Every row with what is wrong with it; empty lines are skipped.

    A column is headed by a field's name or its label; a party's part by `lender.number`; the cell of a table by
    `goods.1.item`, rows from 1. Raises: BatchTableUnreadable.
    """
    heading, lines = _lines(data)
    places = _places(heading, description)
    rows = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not 1 <= len(rows) <= MOST_ROWS:
        raise BatchTableUnreadable(f"the table has {len(rows)} rows; there can be 1 to {MOST_ROWS}")
    seen: set[str] = set()
    return tuple(_line(number, cells, places, description, amounts, seen) for number, cells in rows)


def heading_of(description: TemplateDescription) -> tuple[str, ...]:
    """The columns of an empty table to fill in."""
    columns = ["reference", "title"]
    for each in description.fields:
        if each.kind is FieldKind.PARTY:
            columns += [f"{each.name}.{part}" for part in PARTY_PARTS]
        elif each.kind is FieldKind.TABLE:
            columns += [f"{each.name}.1.{column.name}" for column in each.columns]
        else:
            columns.append(each.name)
    return tuple(columns)


def _lines(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if len(data) > LARGEST:
        raise BatchTableUnreadable(f"a table has at most {LARGEST // 1_000_000} MB")
    text = _decoded(data)
    first = text.splitlines()[0] if text.strip() else ""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        heading = next(reader, [])
        return heading, [(reader.line_num, cells) for cells in reader]
    except csv.Error as problem:
        raise BatchTableUnreadable(f"this is no table of comma-separated values: {problem}") from None


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BatchTableUnreadable("the table is written in neither UTF-8 nor GB18030")


Path = tuple[str, ...]


def _places(heading: Sequence[str], description: TemplateDescription) -> list[Path]:
    """Where each column belongs: `reference`, a field, a field and its part, or a table, row and column."""
    places = [_place(" ".join(words.split()), description) for words in heading]
    unknown = [words for words, place in zip(heading, places, strict=True) if not place]
    if unknown or not places:
        raise BatchTableUnreadable(f"the template has no field for: {', '.join(unknown)[:300]}")
    if len(set(places)) != len(places):
        raise BatchTableUnreadable("two columns are headed by the same field")
    if ("reference",) not in places:
        raise BatchTableUnreadable("a column `reference` is needed: your own number of each row")
    return places


def _place(words: str, description: TemplateDescription) -> Path:
    if words.casefold() in REFERENCE:
        return ("reference",)
    if words.casefold() in TITLE:
        return ("title",)
    cell = _TABLE_COLUMN.fullmatch(words)
    for each in description.fields:
        if each.kind is FieldKind.TABLE:
            if cell and cell[1] == each.name and any(column.name == cell[3] for column in each.columns):
                return (f"={each.name}", str(int(cell[2])), cell[3])
            continue
        for name in (each.name, each.label.zh, each.label.en):
            if words == name:
                return (f"={each.name}", "name") if each.kind is FieldKind.PARTY else (f"={each.name}",)
            part = _LABELLED_PARTS.get(words.removeprefix(f"{name}."))
            if each.kind is FieldKind.PARTY and words.startswith(f"{name}.") and part:
                return (f"={each.name}", part)
    return ()


def _line(
    number: int,
    cells: Sequence[str],
    places: Sequence[Path],
    description: TemplateDescription,
    amounts: AmountReader,
    seen: set[str],
) -> BatchLine:
    texts = dict(_filled(cells, places))
    reference, title = texts.pop(("reference",), ""), texts.pop(("title",), "")
    wrong = set()
    if not 1 <= len(reference) <= LONGEST_REFERENCE or reference in seen:
        wrong.add("reference")
    seen.add(reference)
    if len(cells) > len(places) and any(cell.strip() for cell in cells[len(places) :]):
        wrong.add("cells")
    values = _values(texts)
    try:
        values = check_values(description, values, amounts)
    except ValuesWrong as problem:
        wrong |= {_headed(name) for name in problem.fields}
    return BatchLine(number, reference, title, values, frozenset(wrong))


def _filled(cells: Sequence[str], places: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for place, cell in zip(places, cells, strict=False):
        if cell.strip():
            yield place, cell.strip()


def _values(texts: Mapping[Path, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for path, text in texts.items():
        name = path[0].removeprefix("=")
        if len(path) == 1:
            values[name] = text
        elif len(path) == 2:
            values.setdefault(name, {})[path[1]] = text
        else:
            rows.setdefault(name, {}).setdefault(int(path[1]), {})[path[2]] = text
    return values | {name: [listed.get(at, {}) for at in range(1, max(listed) + 1)] for name, listed in rows.items()}


def _headed(name: str) -> str:
    """A field of `check_values`, which counts a table's rows from 0, as its column is headed: from 1."""
    table, _, cell = name.partition(".")
    row, _, column = cell.partition(".")
    return f"{table}.{int(row) + 1}.{column}" if column else name
