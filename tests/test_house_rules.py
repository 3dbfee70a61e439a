"""House rules that no linter knows. Each rule is also shown to find the bad sample beside it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[1]
_LONGEST_MODULE: Final = 400
_NOT_OURS: Final = {".git", ".venv", "var", "__pycache__"}


@dataclass(frozen=True)
class SourceFile:
    """A text file of the repository; `path` is relative to its root, with forward slashes."""

    path: str
    text: str

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(ast.parse(self.text))

    def lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)


@dataclass(frozen=True)
class Rule:
    """What must not be there, where it is looked for, and a sample that breaks it."""

    name: str
    concerns: Callable[[SourceFile], bool]
    broken_at: Callable[[SourceFile], Iterable[int]]
    bad: SourceFile
    good: SourceFile


def _below(*folders: str, but: Iterable[str] = ()) -> Callable[[SourceFile], bool]:
    """Python files below one of `folders`, other than those whose path begins with or is named as in `but`."""
    exceptions = tuple(but)

    def concerns(file: SourceFile) -> bool:
        return file.is_python and file.path.startswith(folders) and not (
            file.path.startswith(exceptions) or file.name in exceptions
        )  # fmt: skip

    return concerns


def _calls(file: SourceFile) -> Iterator[ast.Call]:
    return (node for node in file.nodes() if isinstance(node, ast.Call))


def _commits(file: SourceFile) -> Iterator[int]:
    return (call.lineno for call in _calls(file) if isinstance(call.func, ast.Attribute) and call.func.attr == "commit")


_WALL_CLOCK: Final = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime"},
}


def _wall_clock_readings(file: SourceFile) -> Iterator[int]:
    for node in file.nodes():
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            if node.attr in _WALL_CLOCK.get(name, ()):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name in _WALL_CLOCK["time"])


def _state_changes(file: SourceFile) -> Iterator[int]:
    """Assignments to an attribute `state`, and UPDATE statements that set the column."""
    for node in file.nodes():
        if isinstance(node, ast.Attribute) and node.attr == "state" and isinstance(node.ctx, ast.Store):
            yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            inserts = "insert" in ast.unparse(node.func.value)
            if not inserts and any(keyword.arg == "state" for keyword in node.keywords):
                yield node.lineno


def _missing_docstring(file: SourceFile) -> Iterator[int]:
    tree = ast.parse(file.text)
    if tree.body and ast.get_docstring(tree) is None:
        yield 1


def _lines_beyond_the_longest_module(file: SourceFile) -> Iterator[int]:
    return (number for number, _ in file.lines() if number == _LONGEST_MODULE + 1)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}) for kind in caught
    )


def _passes_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _unexplained_broad_handlers(file: SourceFile) -> Iterator[int]:
    lines = file.text.splitlines()
    for node in file.nodes():
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _passes_on(node):
            comment = lines[node.lineno - 1].partition("#")[2]
            if len(re.sub(r"noqa(: *[A-Z]+[0-9]+)?", "", comment).split()) < 3:
                yield node.lineno


def _prints(file: SourceFile) -> Iterator[int]:
    """Calls of `print` that do not say where to: whoever names a stream has chosen it."""
    for call in _calls(file):
        is_print = isinstance(call.func, ast.Name) and call.func.id == "print"
        if is_print and not any(keyword.arg == "file" for keyword in call.keywords):
            yield call.lineno


def _names_that_are_no_sentence(file: SourceFile) -> Iterator[int]:
    functions = (node for node in file.nodes() if isinstance(node, ast.FunctionDef))
    return (function.lineno for function in functions if re.fullmatch(r"test(_[^_]*){0,3}", function.name))


def _finds(pattern: str) -> Callable[[SourceFile], Iterable[int]]:
    expression = re.compile(pattern)
    return lambda file: (number for number, line in file.lines() if expression.search(line))


# Written with a class of one character, so that this file is not its own find.
_PACKAGE_HOSTS: Final = _finds(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|debian[.]org/debian|index-ur[l]|find-link[s]"
    r"|https?:/[/]\S+\.(whl|tgz|tar\.gz|deb)\b|\"resolved\":"
)
_PRIVATE_KEYS: Final = _finds(r"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----")
_MACHINE_PATHS: Final = _finds(r"/wor[k]/|/roo[t]/|/hom[e]/[a-z]|/opt/pyp[i]|/opt/wheel[s]|[.]pyen[v]")

RULES: Final = [
    Rule(
        "only the unit of work commits",
        _below("printserver/", but=["printserver/foundation/unit_of_work.py", "printserver/migrations/env.py"]),
        _commits,
        bad=SourceFile("printserver/seals/service.py", "work.session.commit()"),
        good=SourceFile("printserver/seals/service.py", "work.session.flush()"),
    ),
    Rule(
        "no rule reads the wall clock",
        _below(
            "printserver/",
            but=["printserver/foundation/clock.py", "printserver/cli/", "printserver/worker/", "printserver/signer/"],
        ),
        _wall_clock_readings,
        bad=SourceFile("printserver/approvals/rules.py", "late = datetime.datetime.now(UTC) > expiry"),
        good=SourceFile("printserver/approvals/rules.py", "late = clock.now() > expiry; time.monotonic()"),
    ),
    Rule(
        "a state changes only where the transition is decided and recorded",
        _below(
            "printserver/",
            but=[
                "service.py",
                "copies.py",
                "pipeline.py",
                "flows.py",
                "authorisation.py",
                "printserver/seals/steps.py",
                "printserver/seals/physical.py",
                "printserver/organisations/identity_proof_steps.py",
                "printserver/organisations/identity_proof_secrets.py",
                "printserver/organisations/key_media_steps.py",
                "printserver/notifications/attempts.py",
                "printserver/returns/settling.py",
                "printserver/print_requests/batches.py",
                "printserver/print_requests/batch_running.py",
                "printserver/archive/holds.py",
                "printserver/archive/retention_changes.py",
                "printserver/archive/disposal.py",
                "printserver/archive/disposal_running.py",
                "printserver/notifications/webhooks.py",
            ],
        ),
        _state_changes,
        bad=SourceFile("printserver/api/v1/seals.py", "seal.state = SealState.ACTIVE"),
        good=SourceFile("printserver/api/v1/seals.py", "request.state.actor = actor; insert(Seal).values(state=new)"),
    ),
    Rule(
        "a state is not set by an UPDATE elsewhere either",
        _below(
            "printserver/",
            but=[
                "service.py",
                "copies.py",
                "pipeline.py",
                "flows.py",
                "authorisation.py",
                "printserver/seals/steps.py",
                "printserver/seals/physical.py",
                "printserver/organisations/identity_proof_steps.py",
                "printserver/organisations/identity_proof_secrets.py",
                "printserver/organisations/key_media_steps.py",
                "printserver/notifications/attempts.py",
                "printserver/returns/settling.py",
                "printserver/print_requests/batches.py",
                "printserver/print_requests/batch_running.py",
                "printserver/archive/holds.py",
                "printserver/archive/retention_changes.py",
                "printserver/archive/disposal.py",
                "printserver/archive/disposal_running.py",
                "printserver/notifications/webhooks.py",
            ],
        ),
        _state_changes,
        bad=SourceFile("printserver/printing/queries.py", "update(Copy).where(Copy.id == id).values(state=printed)"),
        good=SourceFile("printserver/printing/queries.py", "update(Copy).where(Copy.id == id).values(note='x')"),
    ),
    Rule(
        "every module says what it is for",
        _below("printserver/", "drivers/", "benchmarks/", "tests/"),
        _missing_docstring,
        bad=SourceFile("printserver/seals/service.py", "from __future__ import annotations"),
        good=SourceFile("printserver/seals/service.py", '"""Change seals."""'),
    ),
    Rule(
        "no module outgrows its reader",
        lambda file: file.is_python and "/migrations/versions/" not in file.path,
        _lines_beyond_the_longest_module,
        bad=SourceFile("printserver/seals/service.py", "x = 1\n" * (_LONGEST_MODULE + 1)),
        good=SourceFile("printserver/seals/service.py", "x = 1\n" * _LONGEST_MODULE),
    ),
    Rule(
        "whoever catches everything says why",
        lambda file: file.is_python,
        _unexplained_broad_handlers,
        bad=SourceFile("printserver/worker/launch.py", "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    pass"),
        good=SourceFile(
            "printserver/worker/launch.py",
            "try:\n    f()\nexcept Exception:  # noqa: BLE001 - one bad scan must not stop the batch\n    pass",
        ),
    ),
    Rule(
        "only the command line prints",
        _below("printserver/", but=["printserver/cli/", "printserver/web/translations_check.py"]),
        _prints,
        bad=SourceFile("printserver/seals/service.py", "print(seal)"),
        good=SourceFile("printserver/cli/main.py", "print(seal)"),
    ),
    Rule(
        "a test's name is a sentence",
        _below("tests/"),
        _names_that_are_no_sentence,
        bad=SourceFile("tests/unit/seals/test_service.py", "def test_suspend_seal(): ..."),
        good=SourceFile("tests/unit/seals/test_service.py", "def test_a_suspended_seal_seals_nothing(): ..."),
    ),
    Rule(
        "no address of a package host",
        lambda file: True,
        _PACKAGE_HOSTS,
        bad=SourceFile("deploy/Containerfile", "RUN fetch https:/" + "/host.example/thing-1.0.tar.gz"),
        good=SourceFile("deploy/Containerfile", "RUN pip install -r requirements.lock"),
    ),
    Rule(
        "no private key",
        lambda file: True,
        _PRIVATE_KEYS,
        bad=SourceFile("keys/trust/root.pem", "-----BEGIN EC PRIVATE " + "KEY-----"),
        good=SourceFile("keys/trust/root.pem", "-----BEGIN PUBLIC KEY-----"),
    ),
    Rule(
        "no path of one machine",
        lambda file: True,
        _MACHINE_PATHS,
        bad=SourceFile("docs/operations/backup.md", "cd /" + "root/printserver"),
        good=SourceFile("docs/operations/backup.md", "cd /opt/printserver"),
    ),
]


def _tracked_paths() -> list[str]:
    """What git keeps or would keep; without git (or in someone else's checkout) every file that is not a product."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        files = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob("*") if path.is_file())
        return [path.as_posix() for path in files if not _NOT_OURS.intersection(path.parts)]
    return [path for path in listing.decode().split("\0") if path]


@cache
def _repository_files() -> list[SourceFile]:
    files: list[SourceFile] = []
    for path in _tracked_paths():
        place = REPOSITORY / path
        if place.is_symlink() or not place.is_file():
            continue
        try:
            files.append(SourceFile(path, place.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a picture or a font
    return files


def test_the_rules_are_applied_to_the_real_repository():
    paths = {file.path for file in _repository_files()}
    assert {"Makefile", "printserver/foundation/unit_of_work.py", "tests/test_house_rules.py"} <= paths


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_repository_keeps_the_house_rule(rule: Rule):
    broken = [
        f"{file.path}:{line}" for file in _repository_files() if rule.concerns(file) for line in rule.broken_at(file)
    ]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_house_rule_tells_bad_from_good(rule: Rule):
    def found(file: SourceFile) -> bool:
        return rule.concerns(file) and any(rule.broken_at(file))

    assert found(rule.bad)
    assert not found(rule.good)


@pytest.mark.parametrize("name", ["foundation/unit_of_work.py", "foundation/clock.py"])
def test_the_places_excepted_from_a_rule_exist(name: str):
    assert (REPOSITORY / "printserver" / name).is_file()


def test_no_driver_imports_the_product():
    drivers = [file for file in _repository_files() if file.path.startswith("drivers/")]
    pattern = re.compile(r"^\s*(from|import)\s+printserver\b", re.MULTILINE)
    assert [file.path for file in drivers if pattern.search(file.text)] == []
    assert pattern.search("    from printserver.audit import log")
