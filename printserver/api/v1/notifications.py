"""What I am told by mail."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.notifications import mailing
from printserver.notifications.mail_kinds import MailKind
from printserver.organisations.access import Actor
from printserver.organisations.addressees import own_email, set_own_email

router = api_router("/me/notifications", "access")


class Notifications(View):
    """`email`: empty for none.   `language`: `zh`, `en`, or empty for the server's.   `unwanted`: kinds of mails."""

    email: Annotated[str, Field(max_length=254, examples=["li.lei@example.com"])]
    language: Annotated[Literal["", "zh", "en"], Field(examples=["zh"])]
    unwanted: Annotated[list[MailKind], Field(examples=[["printed"]])]


@router.get("", summary="What I am told by mail, and where")
@signed_in()
def read_notifications(actor: CurrentActor, work: CurrentWork) -> Notifications:
    return _mine(work, actor)


@router.put("", summary="Choose what I am told by mail, and where")
@signed_in()
def change_notifications(body: Notifications, actor: CurrentActor, work: CurrentWork) -> Notifications:
    set_own_email(work, actor, body.email)
    mailing.choose_preferences(work, actor, language=body.language, unwanted=body.unwanted)
    return _mine(work, actor)


def _mine(work: Work, actor: Actor) -> Notifications:
    chosen = mailing.preferences(work, actor.id)
    said = {"email": own_email(work, actor), "language": chosen.language, "unwanted": chosen.unwanted}
    return Notifications.model_validate(said)
