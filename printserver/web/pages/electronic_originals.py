"""Download a request's electronic original."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import Response

from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters
from printserver.organisations.permissions import Permission
from printserver.print_requests.electronic_originals import take_electronic_original

router = edge_router("/requests/{request_id}/electronic-original.pdf", "pages")


@router.get("")
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def download(request_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    taken = take_electronic_original(adapters.database, adapters.objects, actor, request_id)
    headers = {"Content-Disposition": f'attachment; filename="electronic-original-{request_id}.pdf"'}
    return Response(taken.pdf, media_type="application/pdf", headers=headers)
