"""Where in an archived paper words stand: the pages, and what stands around them, read from its searchable file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from printserver.archive.access import searchable_pdf
from printserver.archive.issued_words import issued_pages
from printserver.archive.search_words import runs_of_question, words_of_question, words_of_text
from printserver.archive.text_places import placed
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.storage.objects import Objects

AROUND: Final = 40


@dataclass(frozen=True)
class Hit:
    """`page`: 1-based, of the copy.   before, words, after: what stands there, in the paper's own letters and script;
    empty when the words stand apart."""

    page: int
    before: str
    words: str
    after: str


def hits(database: Database, objects: Objects, actor: Actor, record_id: UUID, typed: str) -> tuple[Hit, ...]:
    """The pages on which any of the words stands; the reading of the file is recorded.

    Raises: Forbidden, RecordNotFound also without a searchable file, WordsTooShort, ObjectChanged,
    IssuedTextUnreadable.
    """
    words_of_question(typed)
    pages = issued_pages(searchable_pdf(database, objects, actor, record_id))
    return found_on([page.text for page in pages], typed)


def found_on(texts: Sequence[str], typed: str) -> tuple[Hit, ...]:
    """texts: of each page. Words in letters count whole; what stands together counts together. Pure."""
    found = (_hit(page, text, runs_of_question(typed)) for page, text in enumerate(texts, 1))
    return tuple(hit for hit in found if hit is not None)


def _hit(page: int, text: str, runs: Sequence[str]) -> Hit | None:
    there = words_of_text(text)
    named = [run for run in runs if (words := words_of_text(run)) and words <= there]
    if not named:
        return None
    paper = placed(text)
    place = next(filter(None, (_place(paper.read, run) for run in named)), None)
    if place is None:
        return Hit(page, "", "", "")
    before, shown, after = paper.around(*place.span())
    return Hit(page, before[-AROUND:].lstrip(), shown, after[:AROUND].rstrip())


def _place(read: str, run: str) -> re.Match[str] | None:
    """A number is asked for without the separators of its thousands, which stand on the paper."""
    exact = re.search(re.escape(run), read)
    return exact or (re.search(",?".join(run), read) if run.isdecimal() else None)
