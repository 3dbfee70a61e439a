"""What people should know of a document besides its pages, and which of it a person must have confirmed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from printserver.documents.fonts import Replaced
from printserver.documents.found_signatures import FoundSignature
from printserver.foundation.errors import Refused


class Source(StrEnum):
    """What was handed in."""

    PDF = "pdf"
    PICTURE = "picture"
    OFFICE = "office"
    TEMPLATE = "template"


class Question(StrEnum):
    """What a person confirms after having looked."""

    FONTS_REPLACED = "fonts-replaced"
    ENGINES_DIFFER = "engines-differ"
    NOT_COMPARED = "not-compared"
    SIGNATURE_BROKEN = "signature-broken"


class NotConfirmed(Refused):
    """`questions`: what nobody has confirmed yet."""

    code = "document-not-confirmed"

    def __init__(self, questions: Iterable[Question]) -> None:
        self.questions = tuple(sorted(questions))
        super().__init__(f"somebody must look at the document and confirm: {', '.join(self.questions)}")


@dataclass(frozen=True)
class MadeFrom:
    """The template that set the document.   data_sha256: of the canonical JSON of what was filled in.

    name: by language, as it was called then.
    """

    template: str
    version: int
    language: str
    data_sha256: str
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """differing_pages: from 1, drawn otherwise by pdfium and by poppler.   unseen_pages: how many were not compared.

    original_kept: the untouched original is in the object store.   confirmed: by the person who handed it in.
    """

    source: Source = Source.PDF
    fonts_replaced: tuple[Replaced, ...] = ()
    fonts_not_embedded: tuple[str, ...] = ()
    differing_pages: tuple[int, ...] = ()
    unseen_pages: int = 0
    signatures: tuple[FoundSignature, ...] = ()
    original_kept: bool = False
    made_from: MadeFrom | None = None
    confirmed: frozenset[Question] = field(default_factory=frozenset)

    @property
    def questions(self) -> frozenset[Question]:
        asked = {
            Question.FONTS_REPLACED: self.fonts_replaced,
            Question.ENGINES_DIFFER: self.differing_pages,
            Question.NOT_COMPARED: self.unseen_pages,
            Question.SIGNATURE_BROKEN: any(not each.intact for each in self.signatures),
        }
        return frozenset(question for question, cause in asked.items() if cause)

    @property
    def open_questions(self) -> frozenset[Question]:
        return self.questions - self.confirmed

    @property
    def says_something(self) -> bool:
        return bool(self.questions or self.signatures or self.fonts_not_embedded or self.made_from)

    def confirm(self, questions: Iterable[str]) -> Findings:
        """What was not asked counts for nothing."""
        said = set(questions)
        answered = frozenset(question for question in self.questions if question in said)
        return replace(self, confirmed=self.confirmed | answered)

    def require_confirmed(self) -> None:
        """Raises: NotConfirmed."""
        if self.open_questions:
            raise NotConfirmed(self.open_questions)

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source.value,
            "fonts_replaced": [vars(each) for each in self.fonts_replaced],
            "fonts_not_embedded": list(self.fonts_not_embedded),
            "differing_pages": list(self.differing_pages),
            "unseen_pages": self.unseen_pages,
            "signatures": [vars(each) for each in self.signatures],
            "original_kept": self.original_kept,
            "made_from": None if self.made_from is None else vars(self.made_from),
            "confirmed": sorted(each.value for each in self.confirmed),
        }

    @classmethod
    def of_json(cls, given: Mapping[str, Any] | None) -> Findings:
        """None: of a document that was handed in before there were any."""
        if given is None:
            return cls()
        made_from = given["made_from"]
        return cls(
            source=Source(given["source"]),
            fonts_replaced=tuple(Replaced(**each) for each in given["fonts_replaced"]),
            fonts_not_embedded=tuple(given["fonts_not_embedded"]),
            differing_pages=tuple(given["differing_pages"]),
            unseen_pages=given["unseen_pages"],
            signatures=tuple(FoundSignature(**each) for each in given["signatures"]),
            original_kept=given["original_kept"],
            made_from=None if made_from is None else MadeFrom(**made_from),
            confirmed=frozenset(Question(each) for each in given["confirmed"]),
        )
