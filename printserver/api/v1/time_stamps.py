"""The installation's time-stamp authority, as RFC 3161 wants it over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Body
from fastapi.responses import Response

from printserver.foundation.errors import Malformed, TooLarge
from printserver.http_edge.declarations import public
from printserver.http_edge.limits import ALL_TIME_STAMPS, TIME_STAMPS
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentCall
from printserver.signing.time_stamp_authority import LARGEST_REQUEST

router = edge_router("/tsa", "verification")
QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"


class TimeStampRequestMalformed(Malformed):
    code = "time-stamp-request-malformed"


@router.post(
    "",
    summary="A time-stamp on a digest (RFC 3161)",
    response_class=Response,
    responses={200: {"content": {REPLY: {}}}},
)
@public("whoever has a digest may have its time proved; nothing is told of this server and nothing written")
def create_time_stamp(call: CurrentCall, body: Annotated[bytes, Body(media_type=QUERY)] = b"") -> Response:
    """`openssl ts -query … | curl -H "Content-Type: application/timestamp-query" --data-binary @- …/tsa`."""
    call.edge.limits.count(TIME_STAMPS, call.visitor.address)
    call.edge.limits.count(ALL_TIME_STAMPS, "everybody")
    if len(body) > LARGEST_REQUEST:
        raise TooLarge(f"a time-stamp request has at most {LARGEST_REQUEST} bytes")
    if not body:
        raise TimeStampRequestMalformed(f"send a TimeStampReq as {QUERY}")
    return Response(call.adapters.signer.time_stamp(body), media_type=REPLY, headers={"Cache-Control": "no-store"})
