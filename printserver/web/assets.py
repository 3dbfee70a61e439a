"""The few files that pages load: Bootstrap and htmx out of their packages, and our own style and scripts.

Each is read once and served under its name, so that no path of a request ever reaches the file system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bootstrap_wrapper import get_bootstrap_css_dir
from fastapi.responses import Response

from printserver.foundation.errors import NotFound
from printserver.http_edge.declarations import public
from printserver.http_edge.routes import edge_router
from printserver.settings import REPOSITORY

TEMPLATES: Final = REPOSITORY / "templates" / "web"
OWN: Final = (
    "app.css",
    "app.js",
    "compare.js",
    "kept_form.js",
    "live.js",
    "passkey.js",
    "return_page.js",
    "returns.js",
    "seal_place.js",
    "signed_out.js",
    "signing_capture.js",
    "icon.svg",
)
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_YEAR_SECONDS: Final = 31_536_000

router = edge_router("/static", "pages")


class AssetNotFound(NotFound):
    code = "asset-not-found"


@dataclass(frozen=True)
class Asset:
    data: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()


@cache
def assets() -> Mapping[str, Asset]:
    """By name."""
    files = {
        "bootstrap.min.css": Path(get_bootstrap_css_dir()) / "bootstrap.min.css",
        "htmx.min.js": _package_folder("js_lib_htmx") / "static" / "htmx" / "htmx.min.js",
        **{name: TEMPLATES / "assets" / name for name in OWN},
    }
    return {name: Asset(path.read_bytes(), _MEDIA_TYPES[path.suffix]) for name, path in files.items()}


@cache
def asset_url(name: str) -> str:
    """With the content's digest, so that browsers may keep it for ever."""
    return f"/static/{name}?v={assets()[name].sha256[:12]}"


@router.get("/{name}", response_class=Response)
@public("styles and scripts are the same for everybody")
def read_asset(name: str) -> Response:
    asset = assets().get(name)
    if asset is None:
        raise AssetNotFound("there is no such file")
    kept = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(asset.data, media_type=asset.media_type, headers=kept)


def _package_folder(name: str) -> Path:
    """Without importing the package, which belongs to another framework."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed")
    return Path(spec.origin).parent
