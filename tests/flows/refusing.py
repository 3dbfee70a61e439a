"""What tests of refusals share: who acts, what somebody with the database could do, and that nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.approvals.authorisation import AuthorisationFacts
from printserver.foundation.errors import (
    PrintServerError,
)
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, Grant
from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from tests.signing_world import SigningWorld
from tests.world_building import Office

REFUSED = ("AuthorisationRefused",)


def one_authorisation(signed: SigningWorld, **options: Any) -> AuthorisationFacts:
    return signed.authorisations(signed.world.authorised(**options))[0]


def refuses(signed: SigningWorld, authorisation_id: UUID, *kinds: type[PrintServerError]) -> PrintServerError:
    """The signer refuses, records that, and nothing else happens."""
    with signed.nothing_changes(recorded=REFUSED), pytest.raises(kinds) as refused:
        signed.issuing.issue(authorisation_id)
    return refused.value


def by_sql(signed: SigningWorld, *statements: Any) -> None:
    """As somebody with the database's password would."""
    with signed.database.work() as work:
        for statement in statements:
            work.session.execute(statement)


def change(row: Any, **values: Any) -> Any:
    return update(row).where(row.id == values.pop("id")).values(**values)


def damaged(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(bytes(data))


def with_role(signed: SigningWorld, who: Role, *more: Role) -> Actor:
    """The person of `who`, with further roles at the same branch."""
    with signed.database.reading() as work:
        actor = signed.world.actor(work, who)
    path = actor.grants[0].path
    return replace(actor, grants=(*actor.grants, *(Grant(role, path) for role in more)))


def refuses_person(
    signed: SigningWorld, actor: Actor, kind: type[PrintServerError], act: Callable[[Work, Actor], object]
) -> None:
    """The act is refused, and nothing is recorded or changed."""
    with signed.nothing_changes(), pytest.raises(kind), signed.database.work() as work:
        act(work, actor)


def person(signed: SigningWorld, role: Role, office: Office | None = None) -> Actor:
    with signed.database.reading() as work:
        return signed.world.actor(work, role, office)


def approving(signed: SigningWorld, request_id: UUID, digest: str = "") -> Callable[[Work, Actor], object]:
    return partial(_decide, flows.approve_request, signed, request_id, digest)


def confirming(signed: SigningWorld, request_id: UUID) -> Callable[[Work, Actor], object]:
    return partial(_decide, flows.confirm_seal_use, signed, request_id, "")


def _decide(
    act: Callable[..., object], signed: SigningWorld, request_id: UUID, digest: str, work: Work, actor: Actor
) -> None:
    digest = digest or signed.world.manifest_sha256(request_id)
    act(work, actor, signed.world.adapters.attestor, request_id, manifest_sha256=digest)
