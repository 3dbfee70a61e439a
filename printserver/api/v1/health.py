"""Whether this server can do its work, for whoever watches over it."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import public
from printserver.http_edge.work import CurrentWork

router = api_router("/health", "server")


class Health(View):
    status: Literal["ok"]


@router.get("", summary="Is the server there, and does its database answer?")
@public("load balancers and monitors have no account, and it tells nothing but that the server answers")
def read_health(work: CurrentWork) -> Health:
    work.session.execute(select(1))
    return Health(status="ok")
