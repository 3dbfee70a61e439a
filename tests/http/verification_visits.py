"""What strangers may ask of the public checks, as programs and as pages."""

from __future__ import annotations

from typing import Final

PUBLIC_CHECKS: Final = frozenset(
    {
        ("POST", "/api/v1/seal-checks"),
        ("POST", "/api/v1/code-checks"),
        ("POST", "/api/v1/pdf-checks"),
        ("POST", "/api/v1/photo-checks"),
        ("GET", "/.well-known/print-keys.json"),
        ("GET", "/.well-known/print-keys/history.json"),
        ("GET", "/.well-known/print-keys/{name}"),
    }
)
PUBLIC_CHECK_PAGES: Final = frozenset(
    {
        ("GET", "/q/{digits:path}"),
        ("GET", "/verify"),
        ("POST", "/verify"),
        ("GET", "/verify/seal"),
        ("POST", "/verify/seal"),
        ("GET", "/verify/pages/{digits}"),
        ("GET", "/verify/bundles/{digits}"),
        ("GET", "/verify/pdf"),
        ("POST", "/verify/pdf"),
        ("GET", "/verify/photo"),
        ("POST", "/verify/photo"),
        ("GET", "/verify/offline.html"),
    }
)
