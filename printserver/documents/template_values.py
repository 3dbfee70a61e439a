"""What is filled into a template: checked against its fields, then spelt out for typst, all of it plain data. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from printserver.documents.template_schema import (
    PARTY_PARTS,
    FieldKind,
    TemplateDescription,
    TemplateField,
)
from printserver.foundation.errors import Malformed
from printserver.foundation.full_width import half_width
from printserver.foundation.unseen_characters import hides_something

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", re.ASCII)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LONGEST_PART: Final = 200
_LINES: Final = "\n\r\t"


@dataclass(frozen=True)
class AmountSaid:
    """plain: 12345.60.   grouped: 12,345.60.   capitals: 人民币大写, empty in other currencies."""

    plain: str
    grouped: str
    currency: str
    capitals: str


AmountReader = Callable[[str, str], AmountSaid | None]
"""Text and currency → what it says, or None when it is empty.   Raises: Malformed."""

Values = Mapping[str, Any]


class ValuesWrong(Malformed):
    """`fields`: names of the fields that cannot be used, `items.2.price` of a table's third row."""

    code = "template-values-wrong"

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__(f"these fields are missing or wrong: {', '.join(sorted(fields))}")
        self.fields = fields


def check_values(description: TemplateDescription, given: Values, amounts: AmountReader) -> dict[str, Any]:
    """The values in one form: text, ISO dates, {"amount", "currency"}, a party's parts, a choice's code, rows.

    A field that the template does not have is wrong too.   Raises: ValuesWrong.
    """
    known = {each.name for each in description.fields}
    wrong = {name for name in given if name not in known}
    values = {}
    for each in description.fields:
        values[each.name] = _checked(each, given.get(each.name), each.name, wrong, amounts)
    if wrong:
        raise ValuesWrong(frozenset(wrong))
    return values


def spelt_out(description: TemplateDescription, values: Values, language: str, amounts: AmountReader) -> dict[str, Any]:
    """For `json(bytes(sys.inputs.data))`: dates and amounts in words, choices with their label.

    values: checked.
    """
    return {each.name: _spelt(each, values[each.name], language, amounts) for each in description.fields}


def _checked(field: TemplateField, given: Any, at: str, wrong: set[str], amounts: AmountReader) -> Any:
    if field.kind is FieldKind.TABLE:
        return _rows(field, given, at, wrong, amounts)
    if field.kind is FieldKind.PARTY:
        return _party(field, given, at, wrong)
    if field.kind is FieldKind.AMOUNT:
        return _amount(field, given, at, wrong, amounts)
    text = _text(field.kind, given)
    if text is None or not _is_usable(field, text):
        wrong.add(at)
        return ""
    return text


def _text(kind: FieldKind, given: Any) -> str | None:
    """In one form; None for what is neither text nor number. Digits may be as wide as Chinese characters."""
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    text = str(given).strip().replace("\r\n", "\n")
    if kind in (FieldKind.NUMBER, FieldKind.DATE):
        text = half_width(text)
    day = _date(text) if kind is FieldKind.DATE else None
    return text if day is None else day.isoformat()


def _is_usable(field: TemplateField, text: str) -> bool:
    if not text:
        return not field.required
    if len(text) > field.longest or hides_something(text, besides=_LINES if field.lines > 1 else ""):
        return False
    if field.kind is FieldKind.DATE:
        return _date(text) is not None
    if field.kind is FieldKind.NUMBER:
        return _NUMBER.fullmatch(text) is not None
    if field.kind is FieldKind.CHOICE:
        return text in {option.code for option in field.options}
    return True


def _date(text: str) -> date | None:
    """As forms, spreadsheets and people write it: 2026-12-01, 2026/12/1, 2026.12.1 or 2026年12月1日."""
    found = _DAY.fullmatch(text)
    try:
        return None if found is None else date(*map(int, found.groups()))
    except ValueError:
        return None


def _rows(field: TemplateField, given: Any, at: str, wrong: set[str], amounts: AmountReader) -> list[dict[str, Any]]:
    listed = [] if given is None else given
    if not isinstance(listed, list | tuple) or not all(isinstance(row, Mapping) for row in listed):
        wrong.add(at)
        return []
    rows = [(number, row) for number, row in enumerate(listed) if any(_is_filled(value) for value in row.values())]
    if not (field.least_rows if field.required else 0) <= len(rows) <= field.most_rows:
        wrong.add(at)
    known = {column.name for column in field.columns}
    checked = []
    for number, row in rows:
        wrong |= {f"{at}.{number}.{name}" for name in row if name not in known}
        checked.append(
            {
                column.name: _checked(column, row.get(column.name), f"{at}.{number}.{column.name}", wrong, amounts)
                for column in field.columns
            }
        )
    return checked


def _is_filled(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(str(value.get("amount", "")).strip())
    return bool(str("" if value is None else value).strip())


def _party(field: TemplateField, given: Any, at: str, wrong: set[str]) -> dict[str, str]:
    said = {"name": given} if isinstance(given, str) else ({} if given is None else given)
    if not isinstance(said, Mapping) or not set(said) <= set(PARTY_PARTS):
        wrong.add(at)
        return dict.fromkeys(PARTY_PARTS, "")
    party = {part: str(said.get(part) or "").strip() for part in PARTY_PARTS}
    wrong |= {f"{at}.{part}" for part, text in party.items() if len(text) > LONGEST_PART or hides_something(text)}
    if field.required and not party["name"]:
        wrong.add(f"{at}.name")
    return party


def _amount(field: TemplateField, given: Any, at: str, wrong: set[str], amounts: AmountReader) -> dict[str, str]:
    said = given if isinstance(given, Mapping) else {"amount": given}
    amount_given, currency = said.get("amount"), str(said.get("currency") or "CNY")
    text = "" if amount_given is None else str(amount_given).strip()
    try:
        amount = amounts(text, currency)
    except Malformed:
        wrong.add(at)
        return {"amount": "", "currency": "CNY"}
    if amount is None and field.required:
        wrong.add(at)
    return {"amount": "" if amount is None else amount.plain, "currency": currency}


def _spelt(field: TemplateField, value: Any, language: str, amounts: AmountReader) -> Any:
    if field.kind is FieldKind.TABLE:
        return [
            {column.name: _spelt(column, row[column.name], language, amounts) for column in field.columns}
            for row in value
        ]
    if field.kind is FieldKind.AMOUNT:
        said = amounts(value["amount"], value["currency"]) or AmountSaid("", "", value["currency"], "")
        return vars(said)
    if field.kind is FieldKind.DATE:
        return _date_said(value)
    if field.kind is FieldKind.CHOICE:
        words = next((option.words[language] for option in field.options if option.code == value), "")
        return {"code": value, "words": words}
    return value


def _date_said(text: str) -> dict[str, str]:
    day = _date(text)
    if day is None:
        return {"iso": "", "zh": "", "en": ""}
    return {
        "iso": day.isoformat(),
        "zh": f"{day.year}年{day.month}月{day.day}日",
        "en": f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
    }
