"""What anybody may ask: is this code, or this serial, genuine? No account, no cookie, no script."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Form
from fastapi.responses import HTMLResponse

from printserver.foundation.serials import SerialMalformed
from printserver.http_edge.declarations import public
from printserver.http_edge.limits import VERIFICATION
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentCall
from printserver.signing.codes import DIGITS
from printserver.verification.public_view import Verdict
from printserver.verification.service import check_code, check_serial
from printserver.web.view import CurrentView, View

LONGEST_TYPED: Final = 600

router = edge_router("", "verification")


@router.get("/q/{digits:path}", response_class=HTMLResponse)
@public("whoever holds a paper may check it; attempts are limited by address")
def show_code(digits: str, view: CurrentView, call: CurrentCall) -> HTMLResponse:
    """The page behind a QR code. Whatever is in the address, the answer is a verdict."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    return _verdict_page(view, _code(call, digits))


@router.get("/verify", response_class=HTMLResponse)
@public("whoever holds a paper may check it")
def show_form(view: CurrentView) -> HTMLResponse:
    return view.page("verify.html", typed="", problem="")


@router.post("/verify", response_class=HTMLResponse)
@public("whoever holds a paper may check it; attempts are limited by address")
def check_typed(view: CurrentView, call: CurrentCall, typed: Annotated[str, Form()] = "") -> HTMLResponse:
    """A serial gets the verdict alone; the whole content of a code gets what its page shows."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    text = typed.strip()[:LONGEST_TYPED]
    if "/q/" in text or sum(character.isdigit() for character in text) > DIGITS // 2:
        return _verdict_page(view, _code(call, text))
    try:
        with call.adapters.database.reading() as work:
            verdict = check_serial(work, text)
    except SerialMalformed as problem:
        return view.page("verify.html", status=status_of(problem), typed=text, problem=problem.code)
    return _verdict_page(view, verdict)


def _code(call: Call, text: str) -> Verdict:
    key_list = call.adapters.load_key_list()
    with call.adapters.database.reading() as work:
        return check_code(work, text, key_list)


def _verdict_page(view: View, verdict: Verdict) -> HTMLResponse:
    host = view.settings.public_url.partition("://")[2]
    return view.page("verdict.html", kind=verdict.kind, facts=verdict.facts, host=host)
