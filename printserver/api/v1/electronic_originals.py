"""Electronic originals: the signed PDF of a request, valid as a file and not on paper."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import Response

from printserver.api.v1.common import api_router, attachment
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters
from printserver.organisations.permissions import Permission
from printserver.print_requests.electronic_originals import take_electronic_original

router = api_router("/print-requests/{request_id}/electronic-original.pdf", "print requests")


@router.get("", summary="The electronic original", response_class=Response)
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def read_electronic_original(request_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Where the application asked for one. It takes a step-up, as a release does, and each reading is recorded.

    Its code says that it is no copy on paper.
    """
    taken = take_electronic_original(adapters.database, adapters.objects, actor, request_id)
    return attachment(taken.pdf, "application/pdf", f"electronic-original-{request_id}.pdf")
