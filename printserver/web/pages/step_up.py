"""Show again who I am, for what is asked for without a form of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.http_edge.declarations import signed_in
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentPerson, CurrentWork
from printserver.organisations.second_factor import factors_of
from printserver.web.pages.session import Next
from printserver.web.view import CurrentView, own_path

router = edge_router("/step-up", "pages")


@router.get("", response_class=HTMLResponse)
@signed_in()
def show_step_up(
    view: CurrentView,
    person: CurrentPerson,
    work: CurrentWork,
    next: Next = "/",
    needs: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """needs: `passkey` where nothing else is taken for what was asked for."""
    if needs != "passkey":
        needs = "second-factor" if factors_of(work, person.actor.id) else "password"
    fields = (("next", own_path(next)),)
    return view.page("step_up.html", action="/step-up", fields=fields, needs=needs, problem=None)


@router.post("", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_step_up(
    view: CurrentView, person: CurrentPerson, next: Annotated[str, Form(max_length=2_000)] = "/"
) -> Response:
    """By now it was shown: the declaration says so."""
    return view.go(own_path(next))
