"""What anybody needs who sees, hears or types a page in another way: a basic check of one that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_SCRIPT: Final = Path(__file__).with_suffix(".js").read_text("utf-8")


def broken_rules(page: Page) -> list[str]:
    """One sentence each.   Source of the contrasts: WCAG 2.1, 1.4.3 (unverified against the text)."""
    found: list[str] = page.evaluate(_SCRIPT)
    return [f"{page.url.partition('://')[2].partition('/')[2]}: {each}" for each in found]
