"""Read a table of staff: CSV in UTF-8 or GB18030, with headings in Chinese or English."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.organisations.permissions import Role

LARGEST: Final = 500_000
MOST_LINES: Final = 1_000
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "staff_number": frozenset({"staff number", "staff_number", "employee number", "工号", "员工号", "职工号"}),
    "name": frozenset({"name", "full name", "姓名", "名字"}),
    "login": frozenset({"login", "sign-in name", "user name", "account", "登录名", "用户名", "账号", "帐号"}),
    "branch": frozenset({"branch", "branch path", "department", "分支机构", "分支", "机构", "部门", "所属机构"}),
    "roles": frozenset({"roles", "role", "角色"}),
}
"""The headings of each column. `roles` may be left out."""
ROLE_NAMES: Final[Mapping[str, Role]] = {
    "经办人": Role.CLERK,
    "审批人": Role.APPROVER,
    "印章保管人": Role.CUSTODIAN,
    "打印机管理员": Role.PRINTER_ADMINISTRATOR,
    "档案员": Role.ARCHIVIST,
    "审计员": Role.AUDITOR,
    "系统管理员": Role.SYSTEM_ADMINISTRATOR,
    "文书管理员": Role.DOCUMENT_ADMINISTRATOR,
    "印章管理员": Role.SEAL_ADMINISTRATOR,
    "密钥管理员": Role.KEY_OFFICER,
}
_SEPARATORS: Final = str.maketrans({"；": ";", "、": ";", ",": ";", "，": ";", "|": ";"})


class StaffFileUnreadable(Malformed):
    code = "staff-file-unreadable"


@dataclass(frozen=True)
class StaffRow:
    """One line as written, spaces trimmed. `line`: from 1, the heading included.   roles: codes, or the own words."""

    line: int
    staff_number: str
    name: str
    login: str
    branch: str
    roles: tuple[str, ...]


def read_staff(data: bytes) -> tuple[StaffRow, ...]:
    """Empty lines are skipped.   Raises: StaffFileUnreadable, saying what is missing."""
    if len(data) > LARGEST:
        raise StaffFileUnreadable(f"a table of staff has at most {LARGEST // 1000} kB")
    text = _decoded(data)
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=first.count)
    try:
        lines = [
            (reader.line_num, row) for reader in (csv.reader(io.StringIO(text), delimiter=separator),) for row in reader
        ]
    except csv.Error as problem:
        raise StaffFileUnreadable(f"this is no table of comma-separated values: {problem}") from None
    if not lines:
        raise StaffFileUnreadable("the table is empty")
    places = _places(lines[0][1])
    rows = tuple(_rows(lines[1:], places))
    if not rows or len(rows) > MOST_LINES:
        raise StaffFileUnreadable(f"the table has {len(rows)} people; there can be 1 to {MOST_LINES}")
    return rows


def from_base64(text: str) -> bytes:
    """A table as it travels in a form or in JSON.   Raises: StaffFileUnreadable."""
    try:
        return b64decode(text, validate=True)
    except Error:
        raise StaffFileUnreadable("the table is not base64") from None


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StaffFileUnreadable("the table is written in neither UTF-8 nor GB18030")


def _places(heading: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, words in enumerate(heading):
        said = " ".join(words.lower().split())
        column = next((name for name, headings in COLUMNS.items() if said in headings), None)
        if column is not None and column in found:
            raise StaffFileUnreadable(f"two columns are headed {words}")
        if column is not None:
            found[column] = place
    missing = [name for name in COLUMNS if name not in found and name != "roles"]
    if missing:
        raise StaffFileUnreadable(f"the heading lacks: {', '.join(missing)}")
    return found


def _rows(lines: list[tuple[int, list[str]]], places: Mapping[str, int]) -> Iterator[StaffRow]:
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue

        def cell(column: str, cells: list[str] = cells) -> str:
            place = places.get(column, len(cells))
            return " ".join(cells[place].split()) if place < len(cells) else ""

        yield StaffRow(number, cell("staff_number"), cell("name"), cell("login"), cell("branch"), _roles(cell("roles")))


def _roles(text: str) -> tuple[str, ...]:
    words = (word.strip() for word in text.translate(_SEPARATORS).split(";"))
    return tuple(dict.fromkeys(str(ROLE_NAMES.get(word, word)) for word in words if word))
