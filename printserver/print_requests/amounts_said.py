"""How amounts of money are read and said in documents that templates make."""

from __future__ import annotations

from printserver.documents.template_values import AmountSaid
from printserver.print_requests.money import in_capitals, parse_money


def read_amount(text: str, currency: str) -> AmountSaid | None:
    """None for an empty text.   Raises: AmountMalformed."""
    money = parse_money(text, currency)
    return None if money is None else AmountSaid(money.plain, money.grouped, money.currency, in_capitals(money))
