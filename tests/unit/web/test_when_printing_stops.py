"""The guide's table of faults says what the pages say, in both languages."""

from __future__ import annotations

import re
from typing import Final

import pytest

from printserver.web.languages import Language, translations
from printserver.web.printer_words import EFFECTS, PROBLEMS, REASONS, STATES
from printserver.web.words import WORDS
from tests.test_docs import REPOSITORY

GUIDE: Final = REPOSITORY / "docs" / "guide" / "when-printing-stops.md"
TEXT: Final = GUIDE.read_text("utf-8")
CHINESE: Final = translations(Language.ZH).gettext
CONDITIONS: Final = {**STATES, **PROBLEMS, **REASONS}
NAMES: Final = {keyword: condition.name for keyword, condition in CONDITIONS.items()}
FAULTS: Final = (
    *("paper out", "paper jam", "abort by the printer", "printer off at start", "wrong credentials"),
    *("disk full in the spool", "cupsd restarted gracefully", "queue disabled and enabled"),
)


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column has this heading."""
    lines = TEXT.split(f"| {heading} |")[1].splitlines()[2:]
    end = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def _named(cell: str) -> list[tuple[str, str, str]]:
    """Keyword, English and Chinese of each line of a cell."""
    return re.findall(r"`([a-z-]+)`: (.+?) \(([^()]+)\)(?:<br>|$)", cell)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_that_was_promised_has_a_row(fault: str):
    assert any(row[0].startswith(fault) for row in _rows("fault"))


@pytest.mark.parametrize("row", _rows("fault"), ids=lambda row: row[0])
def test_a_faults_words_are_those_of_the_pages(row: list[str]):
    said, states = _named(row[1]), _named(row[2])
    assert states
    assert said or row[1] == "–"
    for names, found in ((NAMES, said), (WORDS["copy_state"], states)):
        assert [(names[keyword], CHINESE(names[keyword])) for keyword, _, _ in found] == [each[1:] for each in found]


def test_every_button_that_the_table_offers_is_one_of_the_pages():
    offered = re.findall(r"\*\*(.+?) \(([^()]+)\)\*\*", TEXT)
    assert len(offered) > 5
    assert [CHINESE(english) for english, _ in offered] == [chinese for _, chinese in offered]
    templates = "".join(path.read_text("utf-8") for path in (REPOSITORY / "templates" / "web").glob("*.html"))
    assert [english for english, _ in offered if f'_("{english}")' not in templates] == []


def test_every_word_of_a_printer_is_explained_and_no_other():
    explained = {row[0].strip("`"): row[1:] for row in _rows("word")}
    assert explained.keys() == CONDITIONS.keys()
    for keyword, condition in CONDITIONS.items():
        assert explained[keyword] == [
            f"{condition.name} ({CHINESE(condition.name)})", f"{EFFECTS[condition.effect]} {condition.remedy}"
        ]  # fmt: skip
