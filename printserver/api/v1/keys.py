"""The published keys: whoever has them can check a copy without this server."""

from __future__ import annotations

from typing import Final

from fastapi.responses import Response

from printserver.foundation.errors import Unavailable
from printserver.http_edge.declarations import public
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentAdapters

REVOCATION_LIST: Final = "application/pkix-crl"
_CACHED: Final = {"Cache-Control": "public, max-age=300"}
router = edge_router("/.well-known", "verification")


class KeysNotPublished(Unavailable):
    code = "keys-not-published"


@router.get(
    "/print-keys.json",
    summary="The public keys that check copies, signed by the offline root",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
@public("everybody who holds a copy may check it")
def read_print_keys(adapters: CurrentAdapters) -> Response:
    """The very bytes that the root signed. Believe them only under the root's fingerprint, printed on the contract."""
    try:
        keys = adapters.settings.key_list.read_bytes()
    except FileNotFoundError:
        raise KeysNotPublished("no keys have been published yet") from None
    return Response(keys, media_type="application/json", headers=_CACHED)


@router.get(
    "/print-root.crl",
    summary="The offline root's revocation list",
    response_class=Response,
    responses={200: {"content": {REVOCATION_LIST: {}}}},
)
@public("everybody who checks a certificate of the offline root needs it")
def read_root_revocation_list(adapters: CurrentAdapters) -> Response:
    """DER (RFC 5280). It comes with each key list, which says the same."""
    try:
        revoked = adapters.settings.root_revocation_list.read_bytes()
    except FileNotFoundError:
        raise KeysNotPublished("no revocation list has been published yet") from None
    return Response(revoked, media_type=REVOCATION_LIST, headers=_CACHED)
