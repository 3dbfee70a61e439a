"""Makes the README's pictures from what `make demo` left: a printed page and the page behind its code.

Run while the demonstration's server runs: `.venv/bin/python docs/pictures/make.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import cv2
from playwright.sync_api import sync_playwright

from printserver.cli.demo.paper import rasterise

HERE: Final = Path(__file__).parent
REPOSITORY: Final = HERE.parent.parent
DPI: Final = 75
PHONE: Final = {"width": 400, "height": 800}


def main() -> None:
    summary = json.loads((REPOSITORY / "var" / "demo" / "summary.json").read_text("utf-8"))
    pages = summary["return"]["pages"] // summary["copies"]
    page = rasterise(REPOSITORY / summary["printed"][0], pages, DPI)
    cv2.imwrite(
        str(HERE / "printed-copy.png"), cv2.copyMakeBorder(page, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(160,) * 3)
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        phone = browser.new_page(viewport=PHONE, locale="zh-CN")
        phone.goto(summary["verify_urls"][0])
        phone.screenshot(path=HERE / "verify-page.png")
        browser.close()


if __name__ == "__main__":
    main()
