"""One HTML file that checks codes and kept proofs in a browser, without any server: keys, style and script are in it.

Its Content-Security-Policy lets nothing be loaded or sent, and no other script run.
"""

from __future__ import annotations

import base64
import html
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import printserver
from printserver.signing.key_list import KeyList

_FOLDER: Final = Path(printserver.__file__).resolve().parent.parent / "templates" / "offline"


@dataclass(frozen=True)
class OfflinePage:
    """`policy`: the page's own, for those who serve it over HTTP."""

    html: str
    policy: str


def offline_page(key_list_bytes: bytes, key_list: KeyList) -> OfflinePage:
    """key_list: what `key_list_bytes` say, verified under the root that the page will pin."""
    style, script = ((_FOLDER / name).read_text("utf-8") for name in ("verify.css", "verify.js"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src blob: data:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    values = {
        "policy": html.escape(policy),
        "style": style,
        "script": script,
        "issuer": html.escape(key_list.issuer),
        "fingerprint": _grouped(key_list.root_fingerprint),
        "keys": json.dumps(json.loads(key_list_bytes), ensure_ascii=False).replace("<", "\\u003c"),
    }
    page = (_FOLDER / "verify.html").read_text("utf-8")
    before, *pieces = page.split("{{ ")
    for piece in pieces:
        name, _, rest = piece.partition(" }}")
        before += values[name] + rest
    return OfflinePage(before, policy)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode('ascii')}"


def _grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))
