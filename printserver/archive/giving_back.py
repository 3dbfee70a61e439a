"""Stored bytes that no row names, for people: what lies aside, until when, and keeping some of it after all.

Of the whole organisation: bytes that nobody names lie at no branch. What is given back is named by a row of its own and
stays until somebody lets it go; then it is as unnamed as before, and a round sets it aside anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, select

from printserver.archive.sweep_events import StoreSwept, UnnamedGivenBack, UnnamedLetGo
from printserver.archive.sweep_models import GivenBackObject, UnnamedObject
from printserver.archive.sweeping import GRACE, SweepTools
from printserver.archive.two_persons import stated
from printserver.audit.log import append
from printserver.audit.queries import last_moment
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation, first_day, names

LONGEST_LIST: Final = 200


class UnnamedNotFound(NotFound):
    """It does not lie aside: it was erased, given back or named; or the right is one at some branches alone."""

    code = "unnamed-object-not-found"


@dataclass(frozen=True)
class UnnamedFacts:
    """`erased_from`: the first round at or after this moment erases it, unless a row names it by then."""

    sha256: str
    since: datetime
    erased_from: datetime


@dataclass(frozen=True)
class GivenBackFacts:
    sha256: str
    reason: str
    given_back_by: UUID
    given_back_by_name: str
    given_back_at: datetime


@dataclass(frozen=True)
class SweepFacts:
    """`every_days`: between rounds, 0 for none by themselves.   next_round: None when none comes by itself.

    unnamed: how many objects lie aside; `objects`: the first of them, the longest aside first.   listed: whether the
    reader has the right at the whole organisation; otherwise both lists are empty.
    """

    every_days: int
    last_round: datetime | None
    next_round: datetime | None
    unnamed: int
    listed: bool
    objects: tuple[UnnamedFacts, ...]
    given_back: tuple[GivenBackFacts, ...]


def sweep_facts(work: Work, actor: Actor, every_days: int) -> SweepFacts:
    """every_days: as the settings say.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    listed = covers_organisation(work, actor, Permission.READ_ARCHIVE)
    last = last_moment(work, StoreSwept.__name__)
    begun = last or first_day(work)
    return SweepFacts(
        every_days=every_days,
        last_round=last,
        next_round=begun + timedelta(days=every_days) if every_days and begun else None,
        unnamed=work.session.scalar(select(func.count()).select_from(UnnamedObject).where(_lies_aside(actor))) or 0,
        listed=listed,
        objects=_unnamed(work, actor) if listed else (),
        given_back=_given_back(work, actor) if listed else (),
    )


def give_back(tools: SweepTools, actor: Actor, sha256: str, *, reason: str) -> None:
    """Keep an object that lies aside, although no row of any room names it.

    Once this has answered, or was broken off behind its transaction, no round erases it: it puts it back itself.
    Raises: Forbidden, UnnamedNotFound, RetentionReasonMissing, Unavailable.
    """
    owner = actor.organisation_id
    with tools.database.work() as work:
        _require_whole(work, actor)
        said = stated(reason)
        taken = work.session.scalar(
            delete(UnnamedObject)
            .where(UnnamedObject.organisation_id == owner, UnnamedObject.digest == sha256)
            .returning(UnnamedObject.digest)
        )
        if taken is None:
            raise UnnamedNotFound("this object does not lie aside any more: it was erased, or a row names it")
        if work.session.get(GivenBackObject, (owner, sha256)) is None:
            kept = {"given_back_by": actor.person_id, "given_back_at": work.now()}
            work.session.add(GivenBackObject(organisation_id=owner, sha256=sha256, reason=said, **kept))
        append(work, actor.by, UnnamedGivenBack(id=owner, sha256=sha256, reason=said))
    tools.store.give_back(sha256, owner)


def let_go(work: Work, actor: Actor, sha256: str) -> None:
    """Name an object no more that was given back.   Raises: Forbidden, UnnamedNotFound."""
    _require_whole(work, actor)
    gone = work.session.scalar(
        delete(GivenBackObject)
        .where(GivenBackObject.organisation_id == actor.organisation_id, GivenBackObject.sha256 == sha256)
        .returning(GivenBackObject.sha256)
    )
    if gone is None:
        raise UnnamedNotFound("nobody has given this object back")
    append(work, actor.by, UnnamedLetGo(id=actor.organisation_id, sha256=sha256))


def _require_whole(work: Work, actor: Actor) -> None:
    """Raises: Forbidden, UnnamedNotFound."""
    require(actor, Permission.MANAGE_RETENTION)
    if not covers_organisation(work, actor, Permission.MANAGE_RETENTION):
        raise UnnamedNotFound("what no row names is the whole organisation's: so must the right be")


def _lies_aside(actor: Actor) -> ColumnElement[bool]:
    """A round that had begun before may tell once more of what was given back meanwhile."""
    kept = exists().where(
        GivenBackObject.organisation_id == UnnamedObject.organisation_id,
        GivenBackObject.sha256 == UnnamedObject.digest,
    )
    return and_(UnnamedObject.organisation_id == actor.organisation_id, ~kept)


def _unnamed(work: Work, actor: Actor) -> tuple[UnnamedFacts, ...]:
    rows = work.session.scalars(
        select(UnnamedObject)
        .where(_lies_aside(actor))
        .order_by(UnnamedObject.since, UnnamedObject.digest)
        .limit(LONGEST_LIST)
    )
    return tuple(UnnamedFacts(row.digest, row.since, row.since + GRACE) for row in rows)


def _given_back(work: Work, actor: Actor) -> tuple[GivenBackFacts, ...]:
    rows = work.session.scalars(
        select(GivenBackObject)
        .where(GivenBackObject.organisation_id == actor.organisation_id)
        .order_by(GivenBackObject.given_back_at.desc(), GivenBackObject.sha256)
        .limit(LONGEST_LIST)
    ).all()
    known = names(work, {row.given_back_by for row in rows})
    return tuple(
        GivenBackFacts(row.sha256, row.reason, row.given_back_by, known.get(row.given_back_by, ""), row.given_back_at)
        for row in rows
    )
