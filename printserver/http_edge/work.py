"""What an endpoint may ask for by annotation, and the one transaction in which it then runs.

An endpoint that asks for `CurrentWork` runs whole in one thread and one transaction, which is committed before
anything is answered: a commit that fails is answered with a problem. Reading methods never write. Endpoints that must
not hold a transaction (files, child processes) ask for `CurrentCall` and open their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

from fastapi.encoders import jsonable_encoder
from starlette.requests import Request
from starlette.responses import Response

from printserver.bootstrap import Adapters
from printserver.foundation.errors import Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import Caller, Credential, Visitor, identify
from printserver.http_edge.csrf import SAFE_METHODS
from printserver.http_edge.declarations import Declaration
from printserver.http_edge.edge import Edge
from printserver.http_edge.idempotency import HEADER, Answer, Keyed, answer_once, digest
from printserver.organisations.access import Actor
from printserver.organisations.sessions import SignedInPerson


class Provided(Enum):
    """Parameters that the edge fills in; HTTP never does."""

    ACTOR = auto()
    PERSON = auto()
    WORK = auto()
    ADAPTERS = auto()
    CALL = auto()


@dataclass(frozen=True)
class Call:
    """One request, admitted. `caller`: as of its admission; None on public endpoints."""

    edge: Edge
    declaration: Declaration
    visitor: Visitor
    credential: Credential | None
    caller: Caller | None
    method: str
    idempotency_key: str | None = None
    request_sha256: str = field(default="", repr=False)

    @property
    def adapters(self) -> Adapters:
        return self.edge.adapters

    @property
    def organisation_id(self) -> UUID:
        """Of the caller; for endpoints that somebody was admitted to."""
        if self.caller is None:
            raise AssertionError("a public endpoint has no caller")
        return self.caller.actor.organisation_id

    def caller_in(self, work: Work) -> Caller:
        """The caller with the rights of `work`'s transaction.   Raises: Unauthenticated, Forbidden."""
        caller = identify(work, self.adapters, self.credential, self.visitor)
        self.declaration.check(caller.actor)
        return caller

    def transaction(self) -> AbstractContextManager[Work]:
        database = self.adapters.database
        return database.reading() if self.method in SAFE_METHODS else database.work()


CurrentActor = Annotated[Actor, Provided.ACTOR]
"""Who calls, by token or session."""
CurrentPerson = Annotated[SignedInPerson, Provided.PERSON]
"""Who is signed in with a browser; callers with a token are refused."""
CurrentWork = Annotated[Work, Provided.WORK]
CurrentAdapters = Annotated[Adapters, Provided.ADAPTERS]
CurrentCall = Annotated[Call, Provided.CALL]


@dataclass(frozen=True)
class EndpointPlan:
    """How to run an endpoint.   provided: parameter names and what the edge puts there."""

    endpoint: Callable[..., Any]
    declaration: Declaration
    signature: inspect.Signature
    provided: Mapping[str, Provided]
    status: int

    @property
    def visible(self) -> list[inspect.Parameter]:
        """The parameters that come from the request."""
        return [one for name, one in self.signature.parameters.items() if name not in self.provided]

    @property
    def may_be_kept(self) -> bool:
        """Whether the answer is JSON without secrets."""
        returned = self.signature.return_annotation
        is_response = isinstance(returned, type) and issubclass(returned, Response)
        return not (is_response or self.declaration.told_once)

    def run(self, call: Call, values: Mapping[str, Any]) -> Any:
        """In a thread: the endpoint's answer, after the commit."""
        if Provided.WORK not in self.provided.values():
            return self.endpoint(**values, **self._provide(call, None, call.caller))
        with call.transaction() as work:
            caller = None if self.declaration.public else call.caller_in(work)
            arguments = {**values, **self._provide(call, work, caller)}
            if call.idempotency_key is None or caller is None or not self.may_be_kept:
                return self.endpoint(**arguments)
            keyed = Keyed(caller.actor.id, call.idempotency_key, call.request_sha256)
            answer = answer_once(work, keyed, lambda: Answer(self.status, jsonable_encoder(self.endpoint(**arguments))))
        return answer.response()

    def _provide(self, call: Call, work: Work | None, caller: Caller | None) -> dict[str, Any]:
        def value(kind: Provided) -> Any:
            if kind is Provided.WORK:
                return work
            if kind is Provided.CALL:
                return call
            if kind is Provided.ADAPTERS:
                return call.adapters
            if caller is None or (kind is Provided.PERSON and caller.person is None):
                raise Unauthenticated("please sign in")
            return caller.actor if kind is Provided.ACTOR else caller.person

        return {name: value(kind) for name, kind in self.provided.items()}


def plan_of(endpoint: Callable[..., Any], declaration: Declaration, *, status: int) -> EndpointPlan:
    signature = inspect.signature(endpoint, eval_str=True)
    provided = {name: kind for name, one in signature.parameters.items() if (kind := _provided(one.annotation))}
    return EndpointPlan(endpoint, declaration, signature, provided, status)


async def request_digest(request: Request) -> str:
    """Of method, address and body; empty for a form, which was read to look for its token, and differs each time."""
    if request.headers.get("content-type", "").startswith(("multipart/", "application/x-www-form-urlencoded")):
        return ""
    body = await request.body()
    address = f"{request.method} {request.url.path}?{request.url.query}"
    return digest(address.encode(), sha256(body).digest())


def key_of(request: Request) -> str | None:
    return None if request.method in SAFE_METHODS else request.headers.get(HEADER)


def _provided(annotation: Any) -> Provided | None:
    if get_origin(annotation) is not Annotated:
        return None
    return next((extra for extra in get_args(annotation)[1:] if isinstance(extra, Provided)), None)
