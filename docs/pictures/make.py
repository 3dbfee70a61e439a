"""Makes the README's pictures from what `make demo` left.

Run while the demonstration's server runs, as the user who may read its passwords, from the top of the checkout:
`.venv/bin/python -m docs.pictures.make`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from printserver.cli.demo.paper import rasterise
from tests.unit.rendering.laser import ENGINES, copied_as_text, printed, scanned

HERE: Final = Path(__file__).parent
REPOSITORY: Final = HERE.parent.parent
PHONE: Final[ViewportSize] = {"width": 400, "height": 800}
DESK: Final[ViewportSize] = {"width": 1100, "height": 880}
SCREEN_DPI: Final = 75
PRINTER_DPI: Final = 600
EYE_DPI: Final = 100
"""About what an eye makes out at reading distance."""
SHOWN_MM: Final = (12, 62, 28, 118)
"""Top, bottom, left, right of what is photocopied: above the seal, for the simulated printer knows black alone."""


def main() -> None:
    summary = json.loads((REPOSITORY / "var" / "demo" / "summary.json").read_text("utf-8"))
    paper = REPOSITORY / summary["printed"][0], summary["return"]["pages"] // summary["copies"]
    _keep("printed-copy", rasterise(*paper, SCREEN_DPI))
    _keep("photocopy", _printed_and_copied(*paper))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        phone = browser.new_page(viewport=PHONE, locale="zh-CN")
        phone.goto(summary["verify_urls"][0])
        phone.screenshot(path=HERE / "verify-page.png")
        _altered_page(browser, summary["altered"]["page"], Path(summary["passwords"]))
        browser.close()


def _keep(name: str, picture: NDArray[np.uint8]) -> None:
    edged = cv2.copyMakeBorder(picture, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(160,) * 3)
    cv2.imwrite(str(HERE / f"{name}.jpg"), edged, [cv2.IMWRITE_JPEG_QUALITY, 80])


def _printed_and_copied(paper: Path, number: int) -> NDArray[np.uint8]:
    """The same part as first printed, above, and as a photocopier's text mode gives it, below."""
    top, bottom, left, right = (round(edge * PRINTER_DPI / 25.4) for edge in SHOWN_MM)
    random = np.random.default_rng(1)
    dots = _dots(paper, number)[top:bottom, left:right]
    first = printed(dots, PRINTER_DPI, ENGINES[PRINTER_DPI], random)
    seen = [scanned(light, EYE_DPI, random) for light in (first, copied_as_text(first, 300, random))]
    return np.asarray(np.vstack(seen) * 255, np.uint8)


def _dots(paper: Path, number: int) -> NDArray[np.bool_]:
    """Where the engine of a printer puts toner: poppler draws each pixel of the marks where they are placed."""
    asked = ("-r", str(PRINTER_DPI), "-gray", "-aa", "no", "-aaVector", "no", "-f", str(number), "-l", str(number))
    drawn = subprocess.run(["/usr/bin/pdftoppm", *asked, str(paper)], stdout=subprocess.PIPE, check=True).stdout
    return np.asarray(cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_GRAYSCALE)) < 128


def _altered_page(browser: Browser, address: str, passwords: Path) -> None:
    people = json.loads(passwords.read_text("utf-8"))["people"]
    password = next(person["password"] for person in people if person["login"] == "archivist")
    desk = browser.new_page(viewport=DESK, locale="zh-CN")
    desk.goto(address)
    desk.fill("#login", "archivist")
    desk.fill("#password", password)
    desk.click("main button")
    desk.goto(address)
    desk.wait_for_load_state("networkidle")
    desk.screenshot(path=HERE / "altered-page.jpg", quality=80)


if __name__ == "__main__":
    main()
