"""What I am told by mail, in which language, and where."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mailing import choose_preferences, preferences
from printserver.organisations.access import Actor
from printserver.organisations.addressees import own_email, set_own_email
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/notifications", "pages")


@router.get("", response_class=HTMLResponse)
@signed_in()
def show_notifications(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@signed_in()
def change_notifications(
    view: CurrentView,
    call: CurrentCall,
    email: Annotated[str, Form(max_length=300)] = "",
    language: Annotated[str, Form(max_length=10)] = "",
    wanted: Annotated[list[str], Form(max_length=len(MailKind))] = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    def choose(work: Work, actor: Actor) -> None:
        set_own_email(work, actor, email)
        choose_preferences(work, actor, language=language, unwanted=[kind for kind in MailKind if kind not in wanted])

    problem = refusal(call, choose)
    if problem is None:
        return view.go("/notifications", "notifications-changed")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, problem=problem, typed=email)


def _page(
    view: View, work: Work, actor: Actor, *, problem: PrintServerError | None = None, typed: str | None = None
) -> HTMLResponse:
    return view.page(
        "notifications.html",
        status=200 if problem is None else status_of(problem),
        email=own_email(work, actor) if typed is None else typed,
        chosen=preferences(work, actor.id),
        kinds=tuple(MailKind),
        with_mails=view.settings.mail is not None,
        problem=problem,
    )
