"""The service worker of the page for signings by hand: which files it keeps, and of which build."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Final

from printserver.web.assets import TEMPLATES, asset_url

SCOPE: Final = "/signing-records"
"""The one page that the worker answers for; a path's beginning, so that neighbours are asked about in the script."""
BUILD_HEADER: Final = "Printserver-Build"
WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
_SCRIPT: Final = TEMPLATES / "assets" / "signing_worker.js"
_PAGE: Final = ("signing_offline.html", "paper_parts.html", "parts.html")
_ASSETS: Final = ("bootstrap.min.css", "app.css", "signing_capture.js", "icon.svg")


@cache
def build() -> str:
    """Of the page, its files and the script: what was kept of another build is thrown away."""
    digest = sha256(" ".join(asset_url(name) for name in _ASSETS).encode())
    for path in (_SCRIPT, *(TEMPLATES / name for name in _PAGE)):
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@cache
def worker_script() -> str:
    """With its build first, so that browsers see a change of any of these files as a change of the script."""
    facts = {"BUILD": build(), "PAGE": SCOPE, "FILES": [asset_url(name) for name in _ASSETS]}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in facts.items())
    return head + _SCRIPT.read_text("utf-8")
