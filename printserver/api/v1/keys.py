"""The published keys: whoever has them can check a copy without this server."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi.responses import Response

from printserver.api.v1.common import View
from printserver.foundation.errors import NotFound, Unavailable
from printserver.http_edge.declarations import public
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentAdapters
from printserver.signing import key_list_history
from printserver.signing.key_list_history import KeptList

REVOCATION_LIST: Final = "application/pkix-crl"
_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_CACHED: Final = {"Cache-Control": "public, max-age=300"}
router = edge_router("/.well-known", "verification")


class KeysNotPublished(Unavailable):
    code = "keys-not-published"


class KeyListNotKept(NotFound):
    code = "key-list-not-kept"


class RevokedKey(View):
    """`reason`: in the words of the ceremony."""

    key_id: str
    usage: str
    revoked_at: datetime
    reason: str


class PublishedList(View):
    """`previous_sha256`: of the list before, as this one says; null in the first one and in lists of version 1."""

    sequence: int
    issued_at: datetime
    address: str
    sha256: str
    previous_sha256: str | None
    revoked: list[RevokedKey]

    @classmethod
    def of(cls, kept: KeptList) -> PublishedList:
        said = vars(kept) | {"revoked": [RevokedKey(**vars(each)) for each in kept.revoked]}
        return cls(address=f"/.well-known/print-keys/{said.pop('name')}", **said)


class History(View):
    """Newest first."""

    lists: list[PublishedList]


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


@router.get("/print-keys/history.json", summary="Every key list that was published, newest first")
@public("everybody who kept an old list may follow the chain to the newest one")
def read_history(adapters: CurrentAdapters) -> History:
    """Each list names the one before by its digest, and is signed itself: this page adds nothing that must be believed.

    An old list is at `/.well-known/print-keys/{name}`.
    """
    settings = adapters.settings
    newest = read_print_keys(adapters).body
    lists = key_list_history.read_history(
        settings.earlier_key_lists, bytes(newest), root_fingerprint=settings.root_fingerprint.read_text("ascii")
    )
    return History(lists=[PublishedList.of(each) for each in lists])


@router.get(
    "/print-keys/{name}",
    summary="A key list of an earlier day",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
@public("everybody who holds a copy may check it")
def read_earlier_keys(name: str, adapters: CurrentAdapters) -> Response:
    """The very bytes that the root signed then."""
    try:
        keys = key_list_history.kept_list(adapters.settings.earlier_key_lists, name)
    except FileNotFoundError:
        raise KeyListNotKept("there is no key list of that name") from None
    return Response(keys, media_type="application/json", headers=_KEPT)


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
