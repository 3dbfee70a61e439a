"""What each process asks of the database, held against `deploy/database_roles.sql`, while tests run.

Tests run as the tables' owner, mostly on SQLite, where nothing is refused. So each statement of web, worker or signer,
or of a function that one of them calls, is compared with the grants of that process's role, in each folder
whose `conftest.py` imports `rights_are_enough`. `test_rights_of_processes.py` asks PostgreSQL whether the grants are
read here as it reads them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event

from printserver.foundation.database import Base

ROOT: Final = Path(__file__).parent.parent
ROLES_FILE: Final = ROOT / "deploy" / "database_roles.sql"
ROLES: Final = ("printserver_web", "printserver_worker", "printserver_signer")
_PROCESSES: Final = {"web": "web", "api": "web", "http_edge": "web", "worker": "worker", "signer": "signer"}
_PRODUCT: Final = f"{ROOT}/printserver/"

Right = tuple[str, str, str]
"""SELECT, INSERT, UPDATE or DELETE, the table, and the column: `*` if all are granted, or any is enough."""


def _names(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def granted() -> dict[str, frozenset[Right]]:
    """The rights of each role."""
    text = re.sub(r"--.*", "", ROLES_FILE.read_text(encoding="utf-8"))
    rights: dict[str, set[Right]] = {role: set() for role in ROLES}
    for what, where, whom in re.findall(r"^GRANT ([^;]+?)\s+ON\s+([^;]+?)\s+TO\s+([^;]+?);", text, re.MULTILINE):
        for kind, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", what):
            for role in _names(whom):
                rights[role] |= {(kind, table, column) for table in _names(where) for column in _names(columns) or "*"}
    return {role: frozenset(found) for role, found in rights.items()}


def wanted(statement: str, *, locks: bool = False) -> Iterator[Right]:
    """What a statement as SQLAlchemy writes it needs.   locks: it ends in FOR UPDATE, which SQLite is not told."""
    tables, statement = Base.metadata.tables, " ".join(statement.split())
    named = [name for name in re.findall(r"(?:FROM|JOIN|INTO|UPDATE|,) \"?(\w+)\"?", statement) if name in tables]
    known = {alias: name for name, alias in re.findall(r"(\w+)\"? AS \"?(\w+)", statement) if name in tables}
    known |= {name: name for name in named}
    target = named[0] if named else ""
    kind, returned = statement.split(maxsplit=1)[0], statement.partition(" RETURNING ")[2]
    known["excluded"] = target
    for name, column in re.findall(r"\b(\w+)\"?\.\"?(\w+)", statement):
        if name in known and column in tables[known[name]].columns:
            yield "SELECT", known[name], column
    conflict = re.search(r" ON CONFLICT \(([^)]*)\)", statement)
    bare = _names(f"{returned} {conflict[1] if conflict else ''}")
    for column in {name for name in bare if target and name in tables[target].columns}:
        yield "SELECT", target, column
    if kind == "SELECT":
        yield from (("SELECT", name, "*") for name in named)
        if locks or " FOR UPDATE" in statement or " FOR SHARE" in statement:
            yield "UPDATE", target, "*"
    elif kind == "DELETE":
        yield "DELETE", target, "*"
    elif kind == "INSERT":
        columns = re.match(r"INSERT (?:OR \w+ )?INTO \w+ \(([^)]*)\)", statement)
        yield from (("INSERT", target, column) for column in _names(columns[1] if columns else ""))
    changed = re.search(r" SET (.*?)(?: WHERE | FROM | RETURNING |$)", statement)
    if changed and kind in ("INSERT", "UPDATE"):
        for column in re.findall(r"(?:^|, )\"?(\w+)\"? ?=", changed[1]):
            yield "UPDATE", target, column


def missing(role: str, rights: frozenset[Right], statement: str, *, locks: bool = False) -> list[str]:
    """What the role would be refused, in words."""
    found = set()
    for right in wanted(statement, locks=locks):
        kind, table, column = right
        if column == "*" and any(have[:2] == (kind, table) for have in rights):
            continue
        if not {right, (kind, table, "*")} & rights:
            found.add(f"{role} may not {kind} {table}.{column}")
    return sorted(found)


class RightsWatch:
    """Collects what processes would have been refused while it listens to every engine."""

    def __init__(self, rights: Mapping[str, frozenset[Right]]) -> None:
        self._rights = rights
        self._refused: set[str] = set()
        self._seen: dict[tuple[str, str, bool], list[str]] = {}

    def begin(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._look)

    def end(self) -> None:
        event.remove(Engine, "before_cursor_execute", self._look)

    def taken(self) -> list[str]:
        """What was refused since this was last asked."""
        refused, self._refused = self._refused, set()
        return sorted(refused)

    def _look(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        if " dbos." in statement:  # the job engine's own tables
            return
        compiled = getattr(context, "compiled", None)
        locks = getattr(getattr(compiled, "statement", None), "_for_update_arg", None) is not None
        for role in _processes(sys._getframe(1)):
            key = (role, statement, locks)
            if key not in self._seen:
                found = missing(role, self._rights[role], statement, locks=locks)
                self._seen[key] = [f"{each}: {statement}" for each in found]
            self._refused.update(self._seen[key])


_WATCH: Final = RightsWatch(granted())


@pytest.fixture(autouse=True)
def rights_are_enough() -> Iterator[None]:
    """Of every test whose `conftest.py` imports it."""
    _WATCH.begin()
    yield
    _WATCH.end()
    assert _WATCH.taken() == [], "deploy/database_roles.sql refuses this"


def _processes(frame: FrameType | None) -> frozenset[str]:
    """Whose code sends a statement: the outermost of the product that is a process's, or that one calls."""
    outermost = None
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_PRODUCT):
            outermost = code
            process = _process_of(code.co_filename)
            if process:
                return frozenset({process})
        frame = frame.f_back
    if outermost is None or "work" in outermost.co_varnames[: outermost.co_argcount]:
        return frozenset()  # what the test itself has in hand goes along with what such a function asks
    return _callers().get((outermost.co_filename, outermost.co_qualname), frozenset())


@cache
def _process_of(file: str) -> str:
    place = file.removeprefix(_PRODUCT)
    process = "worker" if place.endswith("/workflows.py") else _PROCESSES.get(place.partition("/")[0])
    return f"printserver_{process}" if process else ""


@cache
def _callers() -> dict[tuple[str, str], frozenset[str]]:
    """Which processes' modules import a function, by its file and name."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for file in (ROOT / "printserver").rglob("*.py"):
        process = _process_of(str(file))
        for called in _imported(file.read_text(encoding="utf-8")) if process else ():
            found[called] = found.get(called, frozenset()) | {process}
    return found


def _imported(text: str) -> Iterator[tuple[str, str]]:
    for module, names in re.findall(r"^from (printserver[\w.]*) import (\([^)]*\)|[^\n]*)", text, re.MULTILINE):
        place = ROOT / module.replace(".", "/")
        for name in _names(re.sub(r"#.*| as \w+", "", names)):
            if (place / f"{name}.py").exists():
                called = re.search(rf"import {name} as (\w+)", text)
                within = called[1] if called else name
                yield from ((f"{place / name}.py", each) for each in re.findall(rf"\b{within}\.(\w+)", text))
            else:
                yield f"{place}.py", name
