"""Whose word a statement needs before the register takes it. Pure.

What gives somebody or something more takes two officers of the branch or above, and nobody vouches for oneself. What
only takes away takes one word that the web process attests: the pages decide who may say it, and the worst it can do is
to stop something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from printserver.signing.errors import StatementRefused
from printserver.signing.evidence import Decision
from printserver.signing.flow import FlowMalformed, parse_flow
from printserver.signing.register import CUSTODIAN, Standing
from printserver.signing.statements import (
    Body,
    DelegationBody,
    FlowBody,
    SealBody,
    SeatBody,
    Statement,
    StatementKind,
    UnbarBody,
    reach_of,
)
from printserver.signing.verified import EvidenceKind, Verified

OFFICER_ROLES: Final = frozenset({"key-officer", "seal-administrator"})
OFFICERS_NEEDED: Final = 2
LONGEST_WAIT: Final = timedelta(days=30)
CLOCK_SKEW: Final = timedelta(seconds=60)
TOP_SLASHES: Final = 2
"""Of the path of a branch without one above it."""
K = StatementKind
STOPPING: Final = frozenset(
    {
        K.UNSEAT,
        K.BAR,
        K.FREEZE,
        K.UNKEY,
        K.UNSYSTEM,
        K.SEAL_STOP,
        K.DELEGATION_END,
    }
)


def officers_needed(statement: Statement) -> int:
    """How many officers must sign; the principal of a delegation and whoever stops something sign besides."""
    if statement.kind in STOPPING:
        return 0
    if statement.kind is K.DELEGATION:
        body = statement.parsed()
        return 1 if isinstance(body, DelegationBody) and body.role == CUSTODIAN else 0
    return OFFICERS_NEEDED


def is_officer(standing: Standing, person_id: str, reach: str, at: datetime) -> bool:
    """reach: as `statements.reach_of` gives it."""
    return any(
        seat.role in OFFICER_ROLES and seat.holds(at) and office_covers(seat.path, reach)
        for seat in standing.seats_of(person_id)
    )


def helps_to_seal(standing: Standing, person_id: str) -> bool:
    """Whether anything that this person says could count, now or in days to come, barred or not."""
    return (
        any(seat.person_id == person_id for seat in standing.seats.values())
        or any(given.deputy == person_id for given in standing.delegations.values())
        or any(person_id in seal.custodians for seal in standing.seals.values())
    )


def office_covers(path: str, reach: str) -> bool:
    """Whether an office held at `path` covers `reach`; the whole organisation only from its top."""
    return reach.startswith(path) if reach else path.count("/") == TOP_SLASHES


def check_signatories(statement: Statement, given: Sequence[Verified], standing: Standing, at: datetime) -> None:
    """Silence means that the register may take it.   at: now.   Raises: StatementRefused with everything wrong."""
    body = statement.parsed()
    problems = [problem for one in given for problem in _problems(statement, one, at)]
    if statement.kind not in STOPPING and statement.kind is not K.UNFREEZE and standing.is_frozen(reach_of(body)):
        problems.append("it is about a place that is frozen")
    people = [one.claims.person_id for one in given]
    if len(set(people)) != len(people):
        problems.append("one person signed more than once")
    officers = [one for one in given if _counts_as_officer(one, body, standing, at)]
    if len(officers) < officers_needed(statement):
        problems.append(f"{len(officers)} of {officers_needed(statement)} officers have signed")
    if isinstance(body, DelegationBody) and body.principal not in people:
        problems.append("whoever gives the own place to another says so in person")
    if not given:
        problems.append("nobody has signed")
    if problems:
        raise StatementRefused("; ".join(dict.fromkeys(problems)))


def _problems(statement: Statement, one: Verified, at: datetime) -> Iterator[str]:
    claims = one.claims
    if claims.manifest_sha256 != statement.digest() or claims.request_id != statement.id:
        yield "somebody signed another statement"
    if claims.step != statement.step or claims.organisation != statement.organisation:
        yield "somebody signed for another purpose"
    if claims.decision is not Decision.APPROVED or claims.acts_for or claims.to:
        yield "a statement is signed in person, without conditions"
    if one.kind is EvidenceKind.SYSTEM:
        yield "no other system signs statements"
    made, decided = statement.made_at, claims.decided_at
    if not made - CLOCK_SKEW <= decided <= at + CLOCK_SKEW or at > made + LONGEST_WAIT:
        yield "it was signed before it was made, or too long ago"


def _counts_as_officer(one: Verified, body: Body, standing: Standing, at: datetime) -> bool:
    person = one.claims.person_id
    if standing.policy.officer_evidence == "passkey" and one.kind is not EvidenceKind.PASSKEY:
        return False
    return (
        person not in concerned(body)
        and is_officer(standing, person, reach_of(body), at)
        and is_officer(standing, person, reach_of(body), one.claims.decided_at)
    )


def concerned(body: Body) -> frozenset[str]:
    """Whoever gains by it does not vouch for it. An officer's own passkey is vouched for by one other officer."""
    match body:
        case SeatBody() | UnbarBody():
            return frozenset({body.person_id})
        case DelegationBody():
            return frozenset({body.principal, body.deputy})
        case SealBody():
            return frozenset(body.custodians)
        case FlowBody(flow=given):
            return _named_in(given)
        case _:
            return frozenset()


def _named_in(given: Mapping[str, Any]) -> frozenset[str]:
    """The people whom the steps of a flow name; one that does not read is refused by the register in any case."""
    try:
        return frozenset(person for step in parse_flow(given).steps for person in step.persons)
    except FlowMalformed:
        return frozenset()
