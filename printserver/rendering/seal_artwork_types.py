"""Types of seals as data: outline, usual size, star, the words that a seal of the type says of itself.

Source of the sizes: State Council notice 国发〔1999〕25号 (company seal 40 mm, joint-stock 42 mm), rules of the police
on seals (contract seal 58 mm) and seals in use, all unverified against the texts.
Each may be changed in an application: these are where a form begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SealType(StrEnum):
    COMPANY = "company"
    JOINT_STOCK = "joint-stock"
    CONTRACT = "contract"
    FINANCE = "finance"
    INVOICE = "invoice"
    OVAL = "oval"
    DEPARTMENT = "department"
    LEGAL_REPRESENTATIVE = "legal-representative"
    PERSONAL = "personal"


class Outline(StrEnum):
    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


@dataclass(frozen=True)
class SealStyle:
    """Of one type.   width_mm, height_mm: whole millimetres.   inner: the line within, such as 合同专用章.

    number_within: the number stands in the middle, as an invoice seal's tax number does, not on the lower edge.
    of_person: kept and used by its owner alone.
    """

    outline: Outline
    width_mm: int
    height_mm: int
    star: bool = False
    inner: str = ""
    number_within: bool = False
    of_person: bool = False


T = SealType
STYLES: Final[Mapping[SealType, SealStyle]] = {
    T.COMPANY: SealStyle(Outline.ROUND, 40, 40, star=True),
    T.JOINT_STOCK: SealStyle(Outline.ROUND, 42, 42, star=True),
    T.CONTRACT: SealStyle(Outline.ROUND, 58, 58, star=True, inner="合同专用章"),
    T.FINANCE: SealStyle(Outline.ROUND, 38, 38, inner="财务专用章"),
    T.INVOICE: SealStyle(Outline.OVAL, 40, 30, inner="发票专用章", number_within=True),
    T.OVAL: SealStyle(Outline.OVAL, 45, 30),
    T.DEPARTMENT: SealStyle(Outline.ROUND, 38, 38, star=True),
    T.LEGAL_REPRESENTATIVE: SealStyle(Outline.SQUARE, 20, 20, of_person=True),
    T.PERSONAL: SealStyle(Outline.SQUARE, 18, 18, of_person=True),
}


def of_person(type_name: str) -> bool:
    """Whether a seal of this type is a person's own; a type that we do not know is an organisation's."""
    return type_name in set(SealType) and STYLES[SealType(type_name)].of_person
