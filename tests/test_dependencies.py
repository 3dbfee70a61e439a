"""What is declared, pinned, explained and imported is one and the same set of libraries."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[1]
_PROJECT: Final = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_OURS: Final = {"printserver", "tests", "benchmarks", "drivers"}
# FastAPI reads uploads with the first, SQLAlchemy speaks to PostgreSQL with the second, rapidocr runs its models with
# the third; of the others pages load files.
_NEVER_IMPORTED: Final = {"python-multipart", "psycopg", "onnxruntime", "django-js-lib-htmx", "bootstrap-wrapper"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: list[str]) -> set[str]:
    return {_normal(re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]) for requirement in requirements}


RUNTIME: Final = _names(_PROJECT["dependencies"])
DEVELOPMENT: Final = _names(_PROJECT["optional-dependencies"]["dev"])


@cache
def _imported_distributions(folder: str) -> dict[str, str]:
    """Third-party distributions imported below `folder`: normalised name → one file that imports it."""
    distributions = packages_distributions()
    found: dict[str, str] = {}
    for file in sorted((REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules = [node.module]
            for root in {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - _OURS:
                for distribution in distributions.get(root, [root]):
                    found[_normal(distribution)] = file.relative_to(REPOSITORY).as_posix()
    return found


def test_every_declared_library_is_pinned_with_a_hash():
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    for name in sorted(RUNTIME | DEVELOPMENT):
        assert re.search(rf"^{name}==\S+ (;.* )?\\\n    --hash=sha256:[0-9a-f]{{64}}", lock, re.MULTILINE), name


def test_every_declared_library_has_its_reason_in_the_decision_record():
    record = (REPOSITORY / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    assert [name for name in sorted(RUNTIME | DEVELOPMENT) if not re.search(rf"\b{name}\b", record)] == []


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("printserver", RUNTIME), ("tests", RUNTIME | DEVELOPMENT), ("benchmarks", RUNTIME | DEVELOPMENT)],
)
def test_only_declared_libraries_are_imported(folder: str, allowed: set[str]):
    found = _imported_distributions(folder)
    assert {name: file for name, file in found.items() if name not in allowed} == {}


def test_every_declared_library_is_used_by_the_product():
    assert RUNTIME - _NEVER_IMPORTED - _imported_distributions("printserver").keys() == set()


def test_every_debian_package_has_its_reason():
    lines = (REPOSITORY / "deploy/setup/debian-packages.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9.+-]+ +# \S.*", line)] == []


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "poetry.lock", "package-lock.json"])
def test_no_lock_that_records_host_names_lies_in_the_repository(name: str):
    assert not (REPOSITORY / name).exists()
