"""Classes of documents that every organisation has, and those that the law keeps off electronic sealing.

Source: 中华人民共和国电子签名法 (2019), article 3: no electronic signatures for documents about marriage, adoption,
inheritance and other personal relations, nor about stopping the supply of water, heat, gas and other public utilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from printserver.approvals.retention_periods import PERMANENT, STANDARD
from printserver.signing.flow import DEFAULT_CLASS, Flow, Sealing, default_flow, parse_flow

STANDARD_RETENTION: Final = STANDARD
PERMANENT_RETENTION: Final = PERMANENT


@dataclass(frozen=True)
class ShippedClass:
    """`only_by_hand`: the law allows no electronic seal, whatever anybody confirms."""

    code: str
    name_zh: str
    name_en: str
    retention: str
    only_by_hand: bool

    @property
    def flow(self) -> Flow:
        """Its flow until officers confirm another one."""
        general = default_flow()
        if self.code == DEFAULT_CLASS:
            return general
        sealing = Sealing.PHYSICAL if self.only_by_hand else Sealing.ELECTRONIC
        return parse_flow({**general.to_json(), "class": self.code, "sealing": sealing.value})


SHIPPED: Final = {
    shipped.code: shipped
    for shipped in (
        ShippedClass(DEFAULT_CLASS, "一般合同", "General contract", STANDARD_RETENTION, only_by_hand=False),
        ShippedClass("marriage", "婚姻文书", "Marriage document", PERMANENT_RETENTION, only_by_hand=True),
        ShippedClass("adoption", "收养文书", "Adoption document", PERMANENT_RETENTION, only_by_hand=True),
        ShippedClass("inheritance", "继承文书", "Inheritance document", PERMANENT_RETENTION, only_by_hand=True),
        ShippedClass(
            "personal-relations", "其他人身关系文书", "Other personal relations", PERMANENT_RETENTION, only_by_hand=True
        ),
        ShippedClass(
            "utility-supply",
            "停止供水、供热、供气等公用事业服务文书",
            "Stopping water, heat, gas or other utilities",
            STANDARD_RETENTION,
            only_by_hand=True,
        ),
    )
}
