"""What anybody may ask: whose is this seal, who made it, is it whole and valid? No account, no cookie, no script."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import File, UploadFile
from fastapi.responses import HTMLResponse

from printserver.http_edge.declarations import Lane, public
from printserver.http_edge.limits import VERIFICATION
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentCall
from printserver.signing.seal_object import MAX_BYTES
from printserver.verification.seal_check import SealReport
from printserver.verification.seal_picture import seal_picture_png
from printserver.verification.seal_upload import LARGEST_DATA, SealFileTooLarge, check_upload
from printserver.web.view import CurrentView

router = edge_router("/verify/seal", "verification")


@router.get("", response_class=HTMLResponse)
@public("whoever was shown a seal may check it")
def show_form(view: CurrentView) -> HTMLResponse:
    return view.page("verify_seal.html", checked=None, picture="", problem=None)


@router.post("", response_class=HTMLResponse)
@public("whoever was shown a seal may check it; attempts are limited by address", lane=Lane.STRANGERS)
def check_file(
    view: CurrentView,
    call: CurrentCall,
    seal: Annotated[UploadFile, File()],
    data: Annotated[UploadFile | None, File()] = None,
) -> HTMLResponse:
    """Nothing is kept: file, data and picture are gone with the answer."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    sealed = data.file.read(LARGEST_DATA + 1) if data is not None and data.filename else None
    try:
        checked = check_upload(
            call.adapters.database, call.adapters.load_seal_makers(), seal.file.read(MAX_BYTES + 1), sealed
        )
    except SealFileTooLarge as problem:
        return view.page("verify_seal.html", status=status_of(problem), checked=None, picture="", problem=problem)
    return view.page("verify_seal.html", checked=checked, picture=_picture(checked.verdict.seal), problem=None)


def _picture(seal: SealReport | None) -> str:
    """New pixels of ours as a data address, or nothing."""
    drawn = None if seal is None else seal_picture_png(seal.picture.data)
    return "" if drawn is None else f"data:image/png;base64,{base64.b64encode(drawn).decode('ascii')}"
