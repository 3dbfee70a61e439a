"""Decide on a print request with a passkey: its signature is the second factor and the evidence at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.http_edge.declarations import requires
from printserver.http_edge.passkeys import ASK, PasskeyField, attestor_for
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentCall
from printserver.organisations.permissions import Permission
from printserver.print_requests.deciding import Saying, decide
from printserver.web.changes import change
from printserver.web.view import CurrentView

router = edge_router("/requests", "pages")

NOTICES: Final[Mapping[Saying, str]] = {
    Saying.APPROVE: "approved",
    Saying.FORWARD: "forwarded",
    Saying.CONFIRM: "confirmed",
    Saying.REFUSE: "refused",
}
Digest = Annotated[str, Form(max_length=64)]
Reason = Annotated[str, Form(max_length=500)]
Colleague = Annotated[UUID | None, Form()]


@router.post("/{request_id}/passkey-questions")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def create_question(
    request_id: UUID,
    call: CurrentCall,
    saying: Annotated[Saying, Query()],
    manifest_sha256: Digest = "",
    reason: Reason = "",
    to: Colleague = None,
) -> None:
    """What the passkey shall sign, as JSON; nothing is kept."""
    attestor = attestor_for(call, ASK)
    change(
        call,
        lambda work, actor: decide(
            work,
            actor,
            attestor,
            request_id,
            saying,
            objects=call.adapters.objects,
            manifest_sha256=manifest_sha256,
            reason=reason,
            to=to,
        ),
    )


@router.post("/{request_id}/passkey-decisions", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def create_decision(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    saying: Annotated[Saying, Query()],
    manifest_sha256: Digest = "",
    reason: Reason = "",
    to: Colleague = None,
    passkey: PasskeyField = "",
) -> Response:
    attestor = attestor_for(call, passkey, only=True)
    change(
        call,
        lambda work, actor: decide(
            work,
            actor,
            attestor,
            request_id,
            saying,
            objects=call.adapters.objects,
            manifest_sha256=manifest_sha256,
            reason=reason,
            to=to,
        ),
    )
    return view.go(f"/requests/{request_id}", NOTICES[saying])
