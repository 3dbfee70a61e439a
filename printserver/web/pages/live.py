"""What an open page listens to, so that it follows by itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from printserver.http_edge.csrf import refuse_cross_site
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.live import Ear, Listener, LiveStream
from printserver.http_edge.live_topics import Topic, parse_topics, readable
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentCall, CurrentPerson
from printserver.web.view import CurrentView

router = edge_router("", "pages")

LONGEST_LIST = 12_000


@router.get("/live", response_class=Response)
@signed_in()
def listen(
    view: CurrentView,
    person: CurrentPerson,
    call: CurrentCall,
    topics: Annotated[str, Query(max_length=LONGEST_LIST)] = "",
) -> Response:
    """Server-sent events `changed` with the topics that have; only for a browser's session, and of what it may read.

    topics: such as `copy:<id>,printer:*`. Without any, 204 tells the browser not to come back.
    """
    refuse_cross_site(view.request, view.settings)
    asked = parse_topics(topics)
    if not asked:
        return Response(status_code=204)
    ear = _ear(call, asked)
    return LiveStream(call.edge.live, Listener(ear, lambda: _ear(call, ear.topics)), call.adapters.database)


def _ear(call: Call, asked: frozenset[Topic]) -> Ear:
    """Raises: Unauthenticated, Forbidden."""
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        return Ear(actor, readable(work, actor, asked))
