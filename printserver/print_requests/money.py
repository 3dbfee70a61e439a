"""Amounts of money: whole numbers of the smallest unit, typed as people type them, and in Chinese capitals. Pure.

Source of the capitals: 支付结算办法 (PBC, 1997), annex 1 正确填写票据和结算凭证的基本规定.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.foundation.full_width import half_width

MOST_MINOR: Final = 10**15 - 1
CNY: Final = "CNY"
_DECIMALS: Final = {"CNY": 2, "USD": 2, "EUR": 2, "HKD": 2, "GBP": 2, "JPY": 0}
CURRENCIES: Final = tuple(_DECIMALS)
_TYPED: Final = re.compile(r"([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:[.]([0-9]{1,2}))?", re.ASCII)
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")


class AmountMalformed(Malformed):
    code = "amount-malformed"


@dataclass(frozen=True)
class Money:
    """`minor`: in the currency's smallest unit, 0 to 10^15 - 1.   currency: ISO 4217.   Raises: AmountMalformed."""

    minor: int
    currency: str = CNY

    def __post_init__(self) -> None:
        if self.currency not in _DECIMALS or not 0 <= self.minor <= MOST_MINOR:
            raise AmountMalformed(f"an amount is in one of {', '.join(CURRENCIES)} and below ten thousand billion")

    @property
    def plain(self) -> str:
        """As it is typed: 12345.60."""
        decimals = _DECIMALS[self.currency]
        whole, rest = divmod(self.minor, 10**decimals)
        return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)

    @property
    def grouped(self) -> str:
        """As it is read: 12,345.60."""
        whole, dot, rest = self.plain.partition(".")
        return f"{int(whole):,}{dot}{rest}"

    @property
    def fen(self) -> int | None:
        """None in other currencies: nobody converts here."""
        return self.minor if self.currency == CNY else None


def parse_money(text: str, currency: str = CNY) -> Money | None:
    """What a person typed, also in full-width characters; nothing is no amount.   Raises: AmountMalformed."""
    typed = half_width(text).strip().removeprefix("¥").strip()
    if not typed:
        return None
    match = _TYPED.fullmatch(typed)
    decimals = _DECIMALS.get(currency)
    if match is None or decimals is None or (match[2] and not decimals):
        raise AmountMalformed("an amount is a number such as 12,345.60, in a currency that this server knows")
    whole = int(match[1].replace(",", ""))
    return Money(whole * 10**decimals + int((match[2] or "").ljust(decimals, "0") or 0), currency)


def in_capitals(money: Money) -> str:
    """人民币大写; empty for other currencies."""
    if money.currency != CNY:
        return ""
    yuan, cents = divmod(money.minor, 100)
    jiao, fen = divmod(cents, 10)
    said = f"{_whole(yuan)}元" if yuan else ""
    if not cents:
        return f"人民币{said or '零元'}整"
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif yuan:
        said += "零"
    return f"人民币{said}{_DIGITS[fen]}分" if fen else f"人民币{said}整"


def _whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said, gap = "", False
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if not group:
            gap = bool(said)
            continue
        said += ("零" if gap or (said and group < 1_000) else "") + _group(group) + _unit(at, groups)
        gap = False
    return said


def _unit(at: int, groups: list[int]) -> str:
    """万亿 is said 万 when 亿 follows by itself."""
    return "万" if at == 3 and groups[2] else _GROUPS[at]


def _group(number: int) -> str:
    said, gap = "", False
    for at in range(3, -1, -1):
        digit = number // 10**at % 10
        if digit:
            said += ("零" if gap else "") + _DIGITS[digit] + _PLACES[at]
            gap = False
        else:
            gap = bool(said)
    return said
