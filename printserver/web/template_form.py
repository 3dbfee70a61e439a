"""A form made of a template's fields: what was typed, the values it means, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import FormData

from printserver.documents.template_schema import PARTY_PARTS, FieldKind, TemplateDescription, TemplateField
from printserver.organisations.identity_numbers import is_citizen_number, is_credit_code
from printserver.print_requests.money import CNY
from printserver.print_requests.parties import MOST_PARTIES, PartyKind
from printserver.web.forms import TypedRequest

MOST_TYPED: Final = 5_000
CURRENCY: Final = "currency"
Typed = Mapping[str, Sequence[str]]
"""Name of an input → what was typed: one text, or one a row in a table's column, `goods.price`."""


@dataclass(frozen=True)
class TypedTemplate:
    """As it was typed; `rows` says how many rows of a table are shown."""

    typed: Typed

    @classmethod
    def of_form(cls, form: FormData | None) -> TypedTemplate:
        found: dict[str, list[str]] = {}
        for name, value in [] if form is None else form.multi_items()[:MOST_TYPED]:
            if isinstance(value, str):
                found.setdefault(name, []).append(value)
        return cls(found)

    @classmethod
    def of_values(cls, description: TemplateDescription, values: Mapping[str, Any]) -> TypedTemplate:
        found: dict[str, list[str]] = {}
        for each in description.fields:
            value = values.get(each.name)
            if each.kind is FieldKind.TABLE:
                for column in each.columns:
                    name = f"{each.name}.{column.name}"
                    found[name] = [_plain(row.get(column.name)) for row in value or ()]
            elif each.kind is FieldKind.PARTY:
                for part in PARTY_PARTS:
                    found[f"{each.name}.{part}"] = [str((value or {}).get(part, ""))]
            else:
                found[each.name] = [_plain(value)]
                if each.kind is FieldKind.AMOUNT:
                    found[f"{each.name}.{CURRENCY}"] = [_currency(value)]
        return cls(found)

    def text(self, name: str, row: int = 0) -> str:
        texts = self.typed.get(name, ())
        return texts[row] if row < len(texts) else ""

    def application(self, description: TemplateDescription, language: str, *, own: str) -> TypedRequest:
        """What the application can take over: name, number, the first amount, the parties but `own`."""
        number = self.text("number").strip()
        of_kind = {kind: [each.name for each in description.fields if each.kind is kind] for kind in FieldKind}
        amount = next((name for name in of_kind[FieldKind.AMOUNT] if self.text(name).strip()), "")
        named = [(self.text(f"{name}.name").strip(), self.text(f"{name}.number")) for name in of_kind[FieldKind.PARTY]]
        parties = [(_kind_of(party), name, party, "both") for name, party in named if name not in ("", own)]
        return TypedRequest(
            title=f"{description.name[language]} {number}".strip(),
            own_reference=number,
            class_code=description.class_code,
            amount=self.text(amount),
            currency=self.text(f"{amount}.{CURRENCY}") or CNY,
        ).with_parties(parties[:MOST_PARTIES])

    def rows(self, field: TemplateField, more: str = "") -> int:
        """more: the table that gets one row more."""
        typed = max((len(self.typed.get(f"{field.name}.{column.name}", ())) for column in field.columns), default=0)
        wanted = max(typed, field.least_rows, 1) + (field.name == more)
        return min(wanted, field.most_rows)

    def values(self, description: TemplateDescription) -> dict[str, Any]:
        """As `check_values` takes them."""
        return {each.name: self._value(each) for each in description.fields}

    def _value(self, field: TemplateField) -> Any:
        if field.kind is FieldKind.TABLE:
            return [
                {column.name: self.text(f"{field.name}.{column.name}", row) for column in field.columns}
                for row in range(self.rows(field))
            ]
        if field.kind is FieldKind.PARTY:
            return {part: self.text(f"{field.name}.{part}") for part in PARTY_PARTS}
        if field.kind is FieldKind.AMOUNT:
            return {"amount": self.text(field.name), "currency": self.text(f"{field.name}.{CURRENCY}") or CNY}
        return self.text(field.name)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("amount", ""))
    return "" if value is None else str(value)


def _currency(value: Any) -> str:
    return str(value.get("currency", CNY)) if isinstance(value, Mapping) else CNY


def _kind_of(number: str) -> PartyKind:
    """Of a party that is named with this number, which may be empty."""
    number = number.strip().upper()
    if is_citizen_number(number):
        return PartyKind.PERSON
    return PartyKind.COMPANY if not number or is_credit_code(number) else PartyKind.OTHER
