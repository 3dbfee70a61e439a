"""How pages show a problem: on a page with its words, by the way to the sign-in, or by asking who it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match

from printserver.http_edge.csrf import SAFE_METHODS
from printserver.http_edge.problems import Problem, problem_of
from printserver.http_edge.sign_in import StepUpRefused
from printserver.http_edge.step_up import KeptForm, StepUpNeeded
from printserver.organisations.sign_in_policy import PasswordChangeNeeded, SecondFactorMissing
from printserver.web.view import View, own_path, view_of

SIGN_IN: Final = "/sign-in"
STEP_UP: Final = "/step-up"
FIRST: Final = {PasswordChangeNeeded.code: "/account/password", SecondFactorMissing.code: "/account/second-factor"}
"""What must be done before anything else, and where."""
METHOD_NOT_ALLOWED: Final = "method-not-allowed"


def problem_page(request: Request, problem: Problem) -> Response:
    view = view_of(request)
    if problem.status == 401 and not view.path.startswith(SIGN_IN):
        return _to_sign_in(view)
    if problem.code in FIRST:
        return _led(view, FIRST[problem.code], 403)
    if view.request.method in SAFE_METHODS and problem.code == METHOD_NOT_ALLOWED:
        return _led(view, _page_above(view), 405)
    if problem.code in (StepUpNeeded.code, StepUpRefused.code):
        return _step_up(view, problem)
    if view.request.method in SAFE_METHODS and any(error.field.startswith("path.") for error in problem.errors):
        problem = replace(problem_of(HTTPException(404)), instance=problem.instance)
    return view.page("problem.html", status=problem.status, problem=problem)


def _to_sign_in(view: View) -> Response:
    """Back to where a page was asked for; what was being sent is not sent again."""
    asked = view.request.method in SAFE_METHODS and not view.by_htmx
    address = f"{view.path}?{view.request.url.query}" if view.request.url.query else view.path
    target = f"{SIGN_IN}?{urlencode({'next': address})}" if asked and address != "/" else SIGN_IN
    return _led(view, target, 401)


def _page_above(view: View) -> str:
    """Of an address to which forms are only sent: the page on which the form stands.

    There leads the other language, or a reload by the address, from a page that was the answer to such a form.
    """
    query = f"?{view.request.url.query}" if view.request.url.query else ""
    above = view.path.rpartition("/")[0]
    while above:
        scope = {**view.request.scope, "path": above, "method": "GET"}
        if any(route.matches(scope)[0] is Match.FULL for route in view.request.app.router.routes):
            return above + query
        above = above.rpartition("/")[0]
    return "/"


def _led(view: View, target: str, status: int) -> Response:
    if view.by_htmx:
        return Response(status_code=status, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _step_up(view: View, problem: Problem) -> Response:
    """The form that was sent is kept in the page, and sent with the code; what has no form is asked for again."""
    kept: KeptForm | None = getattr(view.request.state, "kept_form", None)
    needs = (problem.facts or {}).get("needs")
    if kept is None or kept.has_files or view.by_htmx:
        asked = {"next": _place(view)} | ({"needs": needs} if needs == "passkey" else {})
        return _led(view, f"{STEP_UP}?{urlencode(asked)}", 403)
    address = f"{view.path}?{view.request.url.query}" if view.request.url.query else view.path
    refused = problem.code == StepUpRefused.code
    return view.page(
        "step_up.html",
        status=problem.status,
        action=address,
        fields=kept.fields,
        needs=needs,
        problem=problem if refused else None,
    )


def _place(view: View) -> str:
    """The page that the request came from, if it was one of ours; for one that was asked for, itself."""
    if view.request.method in SAFE_METHODS:
        return f"{view.path}?{view.request.url.query}" if view.request.url.query else view.path
    parts = urlsplit(view.request.headers.get("hx-current-url") or view.request.headers.get("referer", ""))
    here = parts.netloc == view.request.headers.get("host")
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path) if here else "/"
