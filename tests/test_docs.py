"""What the documents name is there: links, headings, files, commands with their options, make targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from printserver.cli.main import app

REPOSITORY: Final = Path(__file__).parents[1]
FOLDERS: Final = ("benchmarks", "deploy", "docs", "drivers", "keys", "printserver", "templates", "tests")
DOCUMENTS: Final = sorted(
    {
        *REPOSITORY.glob("README.md"),
        *REPOSITORY.glob("CONTRIBUTING.md"),
        *REPOSITORY.joinpath("docs").rglob("*.md"),
        *(path for folder in FOLDERS for path in REPOSITORY.joinpath(folder).rglob("README.md")),
    }
)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_FENCED: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`([^`\n]+)`")
_PATH: Final = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[A-Za-z0-9_.*/-]*[A-Za-z0-9_*/]")
_COMMAND: Final = re.compile(r"(?:^|[\s/])printserver((?: +[^\s|&;<>]+)+)")
_TARGET: Final = re.compile(r"(?:^|&& |\$ )make ([a-z]+)\b")


def _name(document: Path) -> str:
    return document.relative_to(REPOSITORY).as_posix()


def _code(document: Path) -> Iterator[str]:
    """Inline code and the lines of code blocks."""
    text = document.read_text("utf-8")
    for block in _FENCED.findall(text):
        yield from block.splitlines()[1:-1]
    yield from _INLINE.findall(_FENCED.sub("", text))


def _anchors(document: Path) -> set[str]:
    """As the usual viewers make them from headings."""
    text = _FENCED.sub("", document.read_text("utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken_links(document: Path) -> list[str]:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", document.read_text("utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    return broken


def _missing_paths(document: Path) -> list[str]:
    """Named from the repository's root, perhaps with a `*`."""
    named = {path for code in _code(document) for path in _PATH.findall(code)}
    return [path for path in sorted(named) if not any(REPOSITORY.glob(path.rstrip("/")))]


def _wrong_commands(line: str) -> list[str]:
    return [wrong for words in _COMMAND.findall(line) if (wrong := _wrong_command(words.split()))]


def _wrong_command(words: list[str]) -> str:
    """Empty when the words begin with a command of ours and name only its options, or no command at all."""
    command = get_command(app)
    if not re.fullmatch(r"[a-z][a-z-]*", words[0]):
        return ""
    while words and isinstance(command, TyperGroup):
        if words[0] not in command.commands:
            return " ".join(words)
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return " ".join(word for word in words if word.startswith("--") and word not in known)


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(document: Path):
    assert _broken_links(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_file_that_is_named_exists(document: Path):
    assert _missing_paths(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_command_that_is_named_exists_with_its_options(document: Path):
    assert [wrong for line in _code(document) for wrong in _wrong_commands(line)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_make_target_that_is_named_exists(document: Path):
    named = {target for line in _code(document) for target in _TARGET.findall(line)}
    assert named - _targets() == set()


def test_the_list_of_decisions_names_each_as_its_own_file_does():
    folder = REPOSITORY / "docs" / "decisions"
    listed = re.findall(r"^- \[[0-9]{4}\]\((.+)\) (.+)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    titled = {path.name: path.read_text("utf-8").splitlines()[0][7:] for path in folder.glob("[0-9]*.md")}
    assert dict(listed) == titled


def test_what_is_not_there_would_be_found(tmp_path: Path):
    document = tmp_path / "page.md"
    document.write_text("# A page\n[x](no.md) [y](#a-page) [z](#b)\n`printserver/no.py`\n```sh\nprintserver no\n```\n")
    assert _broken_links(document) == ["no.md", "#b"]
    assert _missing_paths(document) == ["printserver/no.py"]
    assert [_wrong_commands(line) for line in _code(document)] == [["no"], []]
    assert _wrong_commands("printserver audit verify --fast") == ["--fast"]
    assert _wrong_commands("printserver audit no") == ["no"]
    assert _wrong_commands("$ printserver verify --keys K --root F TEXT") == []
