"""The same key with the same request has one effect; its first answer is given again.

Source: draft-ietf-httpapi-idempotency-key-header (unverified against its latest text).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Header
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse, Response

from printserver.foundation.errors import Malformed, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.http_edge.models import IdempotencyRecord

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_GRAMMAR: Final = re.compile(r"[\x21-\x7e]{1,200}")
_OPEN: Final = 0
MOST_FORGOTTEN: Final = 10_000
"""At once, so that nobody waits long."""

RequiredKey = Annotated[
    str,
    Header(
        alias=HEADER,
        description="Chosen by you, new for each thing you want done; repeat it to learn the first answer again.",
        examples=["oa-2026-004711"],
    ),
]


class KeyMalformed(Malformed):
    code = "idempotency-key-malformed"


class KeyReused(Malformed):
    """The key came before, with another request."""

    code = "idempotency-key-reused"


@dataclass(frozen=True)
class Keyed:
    """A person's key and the digest of what it was sent with."""

    person_id: UUID
    key: str
    request_sha256: str

    def __post_init__(self) -> None:
        if not _GRAMMAR.fullmatch(self.key):
            raise KeyMalformed(f"{HEADER} has 1 to 200 visible ASCII characters and no space")


@dataclass(frozen=True)
class Answer:
    """`body`: JSON."""

    status: int
    body: Any
    replayed: bool = False

    def response(self) -> Response:
        return JSONResponse(self.body, self.status, headers={REPLAYED: "true"} if self.replayed else None)


def digest(*parts: bytes) -> str:
    """Of parts that cannot run into each other."""
    whole = sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def earlier_answer(work: Work, keyed: Keyed) -> Answer | None:
    """What the key was answered before.   Raises: KeyReused."""
    record = work.session.scalar(
        select(IdempotencyRecord).where(
            IdempotencyRecord.person_id == keyed.person_id, IdempotencyRecord.key == keyed.key
        )
    )
    if record is None:
        return None
    if record.request_sha256 != keyed.request_sha256:
        raise KeyReused(f"this {HEADER} was used for another request; please choose a new one")
    return Answer(record.status, record.answer["body"], replayed=True)


def forget_old_keys(database: Database, *, older_than: timedelta) -> int:
    """Forget what keys were answered so long ago that nobody repeats the request; how many."""
    with database.work() as work:
        old = IdempotencyRecord.created_at < work.now() - older_than
        found = list(work.session.scalars(select(IdempotencyRecord.id).where(old).limit(MOST_FORGOTTEN)))
        work.session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.id.in_(found)))
        return len(found)


def answer_once(work: Work, keyed: Keyed, effect: Callable[[], Answer]) -> Answer:
    """Run `effect` and keep its answer, unless the key has one already: the database's unique constraint decides.

    Both in `work`, so that a key is used up when, and only when, its effect is there.
    Raises: KeyReused, and what `effect` raises.
    """
    earlier = earlier_answer(work, keyed)
    if earlier is not None:
        return earlier
    record = IdempotencyRecord(
        id=new_id(),
        person_id=keyed.person_id,
        key=keyed.key,
        request_sha256=keyed.request_sha256,
        status=_OPEN,
        answer={},
        created_at=work.now(),
    )
    try:
        with work.session.begin_nested():
            work.session.add(record)
    except IntegrityError:
        # A request at the same time was faster and has committed; the constraint made us wait for that.
        earlier = earlier_answer(work, keyed)
        if earlier is None:
            raise Unavailable("another request with this key is under way; please ask again") from None
        return earlier
    answer = effect()
    record.status, record.answer = answer.status, {"body": answer.body}
    return answer
