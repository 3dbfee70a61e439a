"""What anybody needs who sees, hears or types a page in another way: axe's rules for an open page, and our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import axe_playwright_python
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.firefox import FirefoxPage

_OWN_RULES: Final = Path(__file__).with_suffix(".js").read_text("utf-8")
_AXE: Final = Axe()
_ONLY_VIOLATIONS: Final = {"resultTypes": ["violations"]}


_AXE_SCRIPT: Final = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")


def broken_rules(page: Page, *, scripts: bool = True) -> list[str]:
    """One sentence each.   scripts: whether the page may run any, which axe needs.

    Source: axe-core's rules of WCAG 2.2 A and AA, and its best practices.
    """
    found: list[str] = page.evaluate(_OWN_RULES)
    found += _said(_AXE.run(page, options=_ONLY_VIOLATIONS).response) if scripts else ()
    return [f"{page.url.partition('://')[2].partition('/')[2]}: {each}" for each in found]


def broken_rules_in_firefox(page: FirefoxPage) -> list[str]:
    """The same rules, of a page that is open there."""
    found: list[str] = page.evaluate(f"({_OWN_RULES})()")
    page.evaluate(f"(() => {{ {_AXE_SCRIPT}; return null; }})()")
    return found + _said(page.evaluate(f"axe.run(document, {json.dumps(_ONLY_VIOLATIONS)})"))


def _said(response: Mapping[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]}"
        for violation in response["violations"]
        for node in violation["nodes"]
    ]
