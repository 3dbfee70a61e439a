"""How pages show a problem: on a page with its words, or by the way to the sign-in."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from printserver.http_edge.csrf import SAFE_METHODS
from printserver.http_edge.problems import Problem
from printserver.web.view import View, view_of

SIGN_IN: Final = "/sign-in"


def problem_page(request: Request, problem: Problem) -> Response:
    view = view_of(request)
    if problem.status == 401 and not view.path.startswith(SIGN_IN):
        return _to_sign_in(view)
    return view.page("problem.html", status=problem.status, problem=problem)


def _to_sign_in(view: View) -> Response:
    """Back to where a page was asked for; what was being sent is not sent again."""
    asked = view.request.method in SAFE_METHODS and not view.by_htmx
    address = f"{view.path}?{view.request.url.query}" if view.request.url.query else view.path
    target = f"{SIGN_IN}?{urlencode({'next': address})}" if asked and address != "/" else SIGN_IN
    if view.by_htmx:
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
