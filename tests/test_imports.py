"""Each import rule of pyproject.toml finds an import that breaks it; `make lint` applies them to the real tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import grimp
import pytest

REPOSITORY: Final = Path(__file__).parents[1]
_CONFIGURATION: Final = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
_CONTRACTS: Final = {contract["id"]: contract for contract in _CONFIGURATION["tool"]["importlinter"]["contracts"]}

# Contract → a file, and an import that must not be in it. A file that is not there is made.
FORBIDDEN: Final = {
    "ladder": ("foundation/clock.py", "import printserver.audit.log"),
    "pure": ("seals/states.py", "import sqlalchemy"),
    "hsm": ("web/__init__.py", "import printserver.signing.hsm"),
    "pkcs11": ("signing/pades.py", "import pkcs11"),
    "signer": ("signer/__init__.py", "import printserver.http_edge"),
    "http": ("returns/service.py", "from fastapi import UploadFile"),
    "jobs": ("seals/service.py", "import dbos"),
    "cups": ("print_requests/printing.py", "import cups"),
}

# Patterns of deciding files that no room has yet: whoever adds one finds it pure from the start.
NAMES_KEPT_FREE: Final[frozenset[str]] = frozenset()


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


@pytest.fixture
def a_copy_of_the_sources(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "printserver", tmp_path / "printserver", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """What is imported when the program runs: naming a type for the checker alone is no reach into a room."""
    return grimp.build_graph("printserver", cache_dir=None, exclude_type_checking_imports=True)


def _models_of_another_room(graph: grimp.ImportGraph) -> list[str]:
    """Imports of a room's `models` from outside.

    Migrations must know every table, and a room's `queries` may join what it reads with the rows of a room below.
    """
    found: list[str] = []
    for models in sorted(module for module in graph.modules if module.endswith(".models")):
        room = models.removesuffix("models")
        for importer in sorted(graph.find_modules_that_directly_import(models)):
            if not importer.startswith((room, "printserver.migrations")) and not importer.endswith(".queries"):
                found.append(f"{importer} -> {models}")
    return found


def test_every_import_contract_has_a_sample_that_breaks_it():
    assert FORBIDDEN.keys() == _CONTRACTS.keys()


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_an_import_that_breaks_the_contract_is_found(contract: str, a_copy_of_the_sources: Path):
    path, forbidden_import = FORBIDDEN[contract]
    file = a_copy_of_the_sources / "printserver" / path
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\n{forbidden_import}\n")
    result = _lint_imports(a_copy_of_the_sources)
    assert result.returncode != 0
    assert f"{_CONTRACTS[contract]['name']} BROKEN" in result.stdout


def test_a_new_folder_must_take_a_rung_of_the_ladder(a_copy_of_the_sources: Path):
    (a_copy_of_the_sources / "printserver" / "attic.py").write_text('"""Nobody\'s room."""\n')
    assert "printserver.attic" in _lint_imports(a_copy_of_the_sources).stdout


def test_rows_of_another_room_are_reached_only_through_its_functions(graph: grimp.ImportGraph):
    found = _models_of_another_room(graph)
    assert not found, "\n" + "\n".join(found)


def test_an_import_of_another_rooms_rows_is_found():
    graph = grimp.ImportGraph()
    graph.add_module("printserver.seals.models")
    for importer in ("printserver.seals.service", "printserver.print_requests.queries", "printserver.web.pages"):
        graph.add_module(importer)
        graph.add_import(importer=importer, imported="printserver.seals.models")
    assert _models_of_another_room(graph) == ["printserver.web.pages -> printserver.seals.models"]


def test_every_pattern_of_a_pure_file_means_a_real_file(graph: grimp.ImportGraph):
    patterns = _CONTRACTS["pure"]["source_modules"]
    assert {pattern for pattern in patterns if not graph.find_matching_modules(pattern)} == NAMES_KEPT_FREE
