"""Look for stored bytes that no row names, as a crash leaves them, and erase them after a grace.

A round compares what is stored with what every row of every room names. What nobody names is set aside, and erased by a
later round if nobody has named it by then; see `storage.setting_aside` for why nothing that is named can be lost. What
lies aside stands in rows before, for people to see and to give back; only what a round took a row of is erased. A
round that would set aside far more than crashes ever leave does nothing and says so: then rather rows are missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from printserver.archive.object_names import NamedObjects, named_objects
from printserver.archive.sweep_events import StoreSwept, UnnamedErased
from printserver.archive.sweep_models import UnnamedObject
from printserver.audit.log import By, append
from printserver.audit.queries import last_moment
from printserver.audit.stored import one_snapshot
from printserver.foundation.errors import IntegrityError
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.queries import first_day, organisations
from printserver.storage.setting_aside import AsideObjects, StoreNames

GRACE: Final = timedelta(days=7)
"""Between storing bytes and writing down their name lies less than this, also when a person reads a form in between."""
FEW: Final = 1_000
MOST_SHARE: Final = 0.1
"""A round sets aside so many objects, or this share of an organisation's, without being told to."""
_AN_ENTRY: Final = 500


class SweepRefused(IntegrityError):
    """So much is named by nobody that rows are missing, rather than that bytes are left over."""

    code = "sweep-refused"


@dataclass(frozen=True)
class SweepTools:
    database: Database
    store: AsideObjects


@dataclass(frozen=True)
class Plan:
    """What a round would do for an organisation, by digest, sorted.

    waits: set aside and stays so, because its grace is not over or no row has told people of it: since when.
    """

    organisation_id: UUID
    stored: int
    set_aside: tuple[str, ...]
    give_back: tuple[str, ...]
    erase: tuple[str, ...]
    end: tuple[str, ...]
    """Copies of keys that lie aside without need, their objects under their own names."""
    waits: Mapping[str, datetime]

    @property
    def waiting(self) -> int:
        return len(self.waits)

    @property
    def is_strange(self) -> bool:
        return len(self.set_aside) > max(FEW, MOST_SHARE * self.stored)


def plan_sweep(tools: SweepTools) -> tuple[Plan, ...]:
    """For each organisation; changes nothing.   Raises: TablesUnknown, Unavailable."""
    at = tools.database.clock.now()
    with tools.database.reading() as work:
        owners = [each.id for each in organisations(work)]
    lying = {owner: tools.store.names(owner) for owner in owners}
    with tools.database.reading() as work:  # after the store: what was stored and named meanwhile is named here
        one_snapshot(work)
        named = named_objects(work)
        told = {owner: _told(work, owner) for owner in owners}
    return tuple(_plan(owner, names, named, told[owner], at) for owner, names in lying.items())


def sweep(tools: SweepTools, *, however_many: bool = False) -> tuple[Plan, ...]:
    """One round; answers what was done. Killed anywhere, another round ends it.

    however_many: also when it is strange.   Raises: SweepRefused, TablesUnknown, Unavailable.
    """
    plans = plan_sweep(tools)
    for plan in plans:
        if plan.is_strange and not however_many:
            raise SweepRefused(
                f"{len(plan.set_aside)} of {plan.stored} stored objects are named by no row: was an old database "
                "restored? nothing was touched; `printserver archive sweep --preview` tells more"
            )
    return tuple(_carry_out(tools, plan) for plan in plans)


def sweep_if_due(tools: SweepTools, every_days: int) -> int:
    """A round when the last one, or the beginning of all, is so long ago; never for 0.

    Answers how many objects were moved or erased.
    """
    with tools.database.reading() as work:
        last = last_moment(work, StoreSwept.__name__) or first_day(work)
        if every_days == 0 or last is None or work.now() - last < timedelta(days=every_days):
            return 0
    try:
        done = sweep(tools)
    except SweepRefused as problem:
        structlog.get_logger().error("stored objects were not looked through", reason=str(problem))
        return 0
    return sum(len(plan.set_aside) + len(plan.give_back) + len(plan.erase) for plan in done)


def _plan(owner: UUID, lying: StoreNames, named: NamedObjects, told: Collection[str], at: datetime) -> Plan:
    aside = {each.digest: each for each in lying.aside}
    over = {digest for digest, each in aside.items() if each.since + GRACE <= at}
    back = {each.digest for each in lying.aside if not each.also_stored and each.digest in named}
    unneeded = {digest for digest in over if aside[digest].also_stored}
    erase = (over - back - unneeded) & set(told)
    waits = {digest: each.since for digest, each in aside.items() if digest not in back | unneeded | erase}
    return Plan(
        organisation_id=owner,
        stored=len(lying.stored) + sum(not each.also_stored for each in lying.aside),
        set_aside=tuple(sorted(digest for digest in lying.stored - set(aside) if digest not in named)),
        give_back=tuple(sorted(back)),
        erase=tuple(sorted(erase)),
        end=tuple(sorted(unneeded)),
        waits=waits,
    )


def _carry_out(tools: SweepTools, plan: Plan) -> Plan:
    """What is erased is recorded before: it may be said twice, but never be gone unsaid.

    Answers with what was erased in fact: what somebody gave back meanwhile is not.
    """
    owner, by = plan.organisation_id, By(plan.organisation_id, process="worker")
    for digest in plan.give_back:
        tools.store.give_back(digest, owner)
    now = tools.database.clock.now()
    with tools.database.work() as work:
        erased = _take(work, plan)
        for start in range(0, len(erased), _AN_ENTRY):
            append(work, by, UnnamedErased(id=owner, digests=erased[start : start + _AN_ENTRY]))
        _tell(work, owner, {**plan.waits, **dict.fromkeys(plan.set_aside, now)})
    for digest in (*erased, *plan.end):
        tools.store.end(digest, owner)
    for digest in plan.set_aside:
        tools.store.set_aside(digest, owner, now)
    done = StoreSwept(id=owner, set_aside=len(plan.set_aside), given_back=len(plan.give_back), erased=len(erased))
    with tools.database.work() as work:
        append(work, by, done)
    return replace(plan, erase=erased)


def _told(work: Work, owner: UUID) -> frozenset[str]:
    """Of what lies aside, what people can see."""
    return frozenset(work.session.scalars(select(UnnamedObject.digest).where(UnnamedObject.organisation_id == owner)))


def _take(work: Work, plan: Plan) -> tuple[str, ...]:
    """Of what shall be erased, what nobody gave back meanwhile: whoever takes the row away decides."""
    taken: set[str] = set()
    for start in range(0, len(plan.erase), _AN_ENTRY):
        chosen = UnnamedObject.digest.in_(plan.erase[start : start + _AN_ENTRY])
        rows = delete(UnnamedObject).where(UnnamedObject.organisation_id == plan.organisation_id, chosen)
        taken.update(work.session.scalars(rows.returning(UnnamedObject.digest)))
    return tuple(sorted(taken))


def _tell(work: Work, owner: UUID, aside: Mapping[str, datetime]) -> None:
    """Let the rows say what lies aside, since when."""
    told = _told(work, owner)
    for digest in sorted(told - set(aside)):
        old = delete(UnnamedObject).where(UnnamedObject.organisation_id == owner, UnnamedObject.digest == digest)
        work.session.execute(old)
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for digest in sorted(set(aside) - told):
        new = insert(UnnamedObject).values(organisation_id=owner, digest=digest, since=aside[digest])
        work.session.execute(new.on_conflict_do_nothing())
