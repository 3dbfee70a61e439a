"""What anybody needs who sees, hears or types a page in another way: axe's rules for an open page, and our own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OWN_RULES: Final = Path(__file__).with_suffix(".js").read_text("utf-8")
_AXE: Final = Axe()


def broken_rules(page: Page, *, scripts: bool = True) -> list[str]:
    """One sentence each.   scripts: whether the page may run any, which axe needs.

    Source: axe-core's rules of WCAG 2.2 A and AA, and its best practices.
    """
    found: list[str] = page.evaluate(_OWN_RULES)
    violations = _AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"] if scripts else ()
    for violation in violations:
        found += [f"{violation['id']}: {violation['help']}: {node['html'][:160]}" for node in violation["nodes"]]
    return [f"{page.url.partition('://')[2].partition('/')[2]}: {each}" for each in found]
