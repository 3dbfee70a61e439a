"""What a template asks for: its names, class, languages, fields and a sample, read from JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from printserver.foundation.errors import Malformed

LANGUAGES: Final = ("zh", "en")
MOST_FIELDS: Final = 80
MOST_COLUMNS: Final = 10
MOST_ROWS: Final = 200
LONGEST_TEXT: Final = 4_000
PARTY_PARTS: Final = ("name", "number", "address", "representative", "contact")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    AMOUNT = "amount"
    PARTY = "party"
    CHOICE = "choice"
    TABLE = "table"


class TemplateMalformed(Malformed):
    """The template's description or one of its files cannot be used; the message says where."""

    code = "document-template-malformed"


@dataclass(frozen=True)
class Words:
    """The same in Chinese and English."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Option:
    code: str
    words: Words


@dataclass(frozen=True)
class TemplateField:
    """longest: characters of a text.   lines: of the box it is typed into.   columns: of a table, none of them a
    table or a party.   least_rows, most_rows: of a table."""

    name: str
    kind: FieldKind
    label: Words
    required: bool = True
    longest: int = 200
    lines: int = 1
    options: tuple[Option, ...] = ()
    columns: tuple[TemplateField, ...] = ()
    least_rows: int = 1
    most_rows: int = 50


@dataclass(frozen=True)
class TemplateDescription:
    """class_code: of the documents that it makes.   sample: values for every field, for the preview.

    sample_en: the same for the English text; empty where `sample` serves for both.
    """

    name: Words
    about: Words
    class_code: str
    languages: tuple[str, ...]
    fields: tuple[TemplateField, ...]
    sample: Mapping[str, Any] = field(default_factory=dict)
    sample_en: Mapping[str, Any] = field(default_factory=dict)

    def sample_in(self, language: str) -> Mapping[str, Any]:
        return self.sample_en if language == "en" and self.sample_en else self.sample

    def to_json(self) -> dict[str, Any]:
        return {
            "name": vars(self.name),
            "about": vars(self.about),
            "class_code": self.class_code,
            "languages": list(self.languages),
            "fields": [_field_json(each) for each in self.fields],
            "sample": dict(self.sample),
            "sample_en": dict(self.sample_en),
        }


def read_description(given: object) -> TemplateDescription:
    """given: parsed JSON, as in `templates/documents/*/template.json`.   Raises: TemplateMalformed."""
    top = _mapping(given, "the description")
    languages = tuple(_list(top.get("languages"), "languages"))
    if not languages or len(set(languages)) != len(languages) or not set(languages) <= set(LANGUAGES):
        raise TemplateMalformed("languages are zh, en or both")
    fields = _fields(top.get("fields"), "fields", MOST_FIELDS)
    return TemplateDescription(
        name=_words(top.get("name"), "name"),
        about=_words(top.get("about", {"zh": "", "en": ""}), "about", empty=True),
        class_code=_matching(CODE, top.get("class_code", "general"), "class_code"),
        languages=languages,
        fields=fields,
        sample=_mapping(top.get("sample", {}), "sample"),
        sample_en=_mapping(top.get("sample_en", {}), "sample_en"),
    )


def _fields(given: object, where: str, most: int, *, column: bool = False) -> tuple[TemplateField, ...]:
    listed = _list(given, where)
    if not 1 <= len(listed) <= most:
        raise TemplateMalformed(f"{where}: one to {most} are needed")
    fields = tuple(_field(each, f"{where}.{at}", column=column) for at, each in enumerate(listed))
    if len({each.name for each in fields}) != len(fields):
        raise TemplateMalformed(f"{where}: two have the same name")
    return fields


def _field(given: object, where: str, *, column: bool) -> TemplateField:
    said = _mapping(given, where)
    unknown = set(said) - set(TemplateField.__dataclass_fields__)
    if unknown:
        raise TemplateMalformed(f"{where}: {', '.join(sorted(unknown))} is not known")
    try:
        kind = FieldKind(said.get("kind", "text"))
    except ValueError:
        raise TemplateMalformed(f"{where}.kind is one of {', '.join(FieldKind)}") from None
    if column and kind in (FieldKind.TABLE, FieldKind.PARTY):
        raise TemplateMalformed(f"{where}.kind: a column holds neither a table nor a party")
    return TemplateField(
        name=_matching(_NAME, said.get("name"), f"{where}.name"),
        kind=kind,
        label=_words(said.get("label"), f"{where}.label"),
        required=said.get("required", True) is True,
        longest=_number(said.get("longest", 200), 1, LONGEST_TEXT, f"{where}.longest"),
        lines=_number(said.get("lines", 1), 1, 20, f"{where}.lines"),
        options=_options(said, where) if kind is FieldKind.CHOICE else (),
        columns=_columns(said, where) if kind is FieldKind.TABLE else (),
        least_rows=_number(said.get("least_rows", 1), 0, MOST_ROWS, f"{where}.least_rows"),
        most_rows=_number(said.get("most_rows", 50), 1, MOST_ROWS, f"{where}.most_rows"),
    )


def _options(said: Mapping[str, Any], where: str) -> tuple[Option, ...]:
    listed = [_mapping(each, f"{where}.options") for each in _list(said.get("options"), f"{where}.options")]
    if not listed:
        raise TemplateMalformed(f"{where}.options: a choice needs some")
    return tuple(
        Option(_matching(CODE, each.get("code"), f"{where}.options"), _words(each.get("words"), f"{where}.options"))
        for each in listed
    )


def _columns(said: Mapping[str, Any], where: str) -> tuple[TemplateField, ...]:
    return _fields(said.get("columns"), f"{where}.columns", MOST_COLUMNS, column=True)


def _field_json(each: TemplateField) -> dict[str, Any]:
    said: dict[str, Any] = {**vars(each), "kind": each.kind.value, "label": vars(each.label)}
    said["options"] = [{"code": option.code, "words": vars(option.words)} for option in each.options]
    said["columns"] = [_field_json(column) for column in each.columns]
    return {key: value for key, value in said.items() if value != []}


def _words(given: object, where: str, *, empty: bool = False) -> Words:
    said = _mapping(given, where)
    zh, en = said.get("zh"), said.get("en")
    if not isinstance(zh, str) or not isinstance(en, str) or (not empty and not (zh.strip() and en.strip())):
        raise TemplateMalformed(f"{where}: words in zh and en are needed")
    if len(zh) > LONGEST_TEXT or len(en) > LONGEST_TEXT:
        raise TemplateMalformed(f"{where}: at most {LONGEST_TEXT} characters")
    return Words(zh, en)


def _mapping(given: object, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise TemplateMalformed(f"{where} is an object")
    return given


def _list(given: object, where: str) -> list[Any]:
    if not isinstance(given, list | tuple):
        raise TemplateMalformed(f"{where} is a list")
    return list(given)


def _matching(shape: re.Pattern[str], given: object, where: str) -> str:
    if not isinstance(given, str) or not shape.fullmatch(given):
        raise TemplateMalformed(f"{where}: small letters and digits, beginning with a letter")
    return given


def _number(given: object, least: int, most: int, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise TemplateMalformed(f"{where} is a number from {least} to {most}")
    return given
