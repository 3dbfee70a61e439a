"""A small template of an organisation's own, for tests."""

from __future__ import annotations

from typing import Any, Final

DESCRIPTION: Final[dict[str, Any]] = {
    "name": {"zh": "收据", "en": "Receipt"},
    "class_code": "general",
    "languages": ["en"],
    "fields": [
        {"name": "who", "label": {"zh": "谁", "en": "Who"}},
        {"name": "sum", "kind": "amount", "label": {"zh": "金额", "en": "Sum"}},
    ],
    "sample": {"who": "A Company Ltd.", "sum": "1234.50"},
}
SOURCE: Final = """
#import "house.typ": *
#let data = json(bytes(sys.inputs.data))
#show: body => paper("Receipt", "", "en", (at, all) => [#at / #all], body)
Received of #data.who: #money(data.sum)
"""
