"""What anybody may hand in to be checked: a PDF, a photograph of a paper; and the page that checks without this server.

Nothing is kept: the file, and what was drawn from it, are gone with the answer. No account, no cookie, no script.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import File, UploadFile
from fastapi.responses import HTMLResponse

from printserver.foundation.errors import Malformed, TooLarge
from printserver.http_edge.declarations import Lane, public
from printserver.http_edge.limits import FILE_CHECKS, VERIFICATION
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentCall
from printserver.returns import photo_check
from printserver.verification import pdf_check
from printserver.verification.offline_page import offline_page
from printserver.web.view import CurrentView

router = edge_router("/verify", "verification")


@router.get("/pdf", response_class=HTMLResponse)
@public("whoever was sent a PDF may check it")
def show_pdf_form(view: CurrentView) -> HTMLResponse:
    return view.page("verify_pdf.html", checked=None, problem=None)


@router.post("/pdf", response_class=HTMLResponse)
@public("whoever was sent a PDF may check it; attempts are limited by address", lane=Lane.STRANGERS)
def check_pdf(view: CurrentView, call: CurrentCall, file: Annotated[UploadFile, File()]) -> HTMLResponse:
    call.edge.limits.count(FILE_CHECKS, call.visitor.address)
    adapters = call.adapters
    pdf = file.file.read(pdf_check.LARGEST + 1)
    try:
        checked = pdf_check.check_pdf(adapters.database, adapters.objects, adapters.load_key_list(), pdf)
    except TooLarge as problem:
        return view.page("verify_pdf.html", status=status_of(problem), checked=None, problem=problem)
    return view.page("verify_pdf.html", checked=checked, problem=None)


@router.get("/photo", response_class=HTMLResponse)
@public("whoever holds a paper may check it")
def show_photo_form(view: CurrentView) -> HTMLResponse:
    return view.page("verify_photo.html", checked=None, photo="", page="", problem=None)


@router.post("/photo", response_class=HTMLResponse)
@public("whoever holds a paper may check it; attempts are limited by address", lane=Lane.STRANGERS)
def check_photo(view: CurrentView, call: CurrentCall, file: Annotated[UploadFile, File()]) -> HTMLResponse:
    call.edge.limits.count(FILE_CHECKS, call.visitor.address)
    adapters = call.adapters
    photo = file.file.read(photo_check.LARGEST + 1)
    try:
        checked = photo_check.check_photo(adapters.database, adapters.objects, adapters.load_key_list(), photo)
    except (TooLarge, Malformed) as problem:
        status = status_of(problem)
        return view.page("verify_photo.html", status=status, checked=None, photo="", page="", problem=problem)
    photo_shown, page_shown = _address(checked.photo), _address(checked.page)
    return view.page("verify_photo.html", checked=checked, photo=photo_shown, page=page_shown, problem=None)


@router.get("/offline.html", response_class=HTMLResponse)
@public("it checks copies without this server; nothing is in it that is not published")
def show_offline_page(call: CurrentCall) -> HTMLResponse:
    """To be kept as a file: it works with the network off."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    adapters = call.adapters
    page = offline_page(adapters.settings.key_list.read_bytes(), adapters.load_key_list())
    policy = f"{page.policy}; frame-ancestors 'none'"
    return HTMLResponse(page.html, headers={"Content-Security-Policy": policy, "Cache-Control": "public, max-age=300"})


def _address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""
