"""The signer's register: what statements, taken one after the other, say about who may decide and which seal is usable.

Nothing here comes from a row of the database. Pure: a `Standing` is the sum so far, `after` gives the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from printserver.signing.errors import StatementRefused
from printserver.signing.flow import Flow, FlowMalformed, Seat, parse_flow
from printserver.signing.overtaking import Thing, overtaken_by, settled
from printserver.signing.statements import (
    BarBody,
    Body,
    DelegationBody,
    DelegationEndBody,
    FlowBody,
    FreezeBody,
    KeyBody,
    PolicyBody,
    SealBody,
    SealOrderBody,
    SealStopBody,
    SeatBody,
    Statement,
    SystemBody,
    UnbarBody,
    UnfreezeBody,
    UnkeyBody,
    UnseatBody,
    UnsystemBody,
)

FLOW_GRACE: Final = timedelta(days=60)
"""How long requests that were submitted under a flow may still be signed after another one has taken its place."""
FLOW_HANDOVER: Final = timedelta(hours=1)
"""How long after that the copies of a request may still be drawn that was handed in before."""
CUSTODIAN: Final = "custodian"
EVERYWHERE: Final = ""
"""In place of a branch: the whole organisation."""
SeatKey = tuple[str, str, str]
K = TypeVar("K")
V = TypeVar("V")
_PeopleBody = SeatBody | UnseatBody | BarBody | UnbarBody | DelegationBody | DelegationEndBody
_PlaceBody = FreezeBody | UnfreezeBody
_KeyBody = KeyBody | UnkeyBody | SystemBody | UnsystemBody


@dataclass(frozen=True)
class KnownFlow:
    """`until`: when another one took its place."""

    flow: Flow
    until: datetime | None = None


@dataclass(frozen=True)
class FrozenPlace:
    """`path`: by which it was frozen first; empty for the whole organisation.   since: when somebody last said so."""

    path: str
    since: datetime


@dataclass(frozen=True)
class Standing:
    """What holds in one organisation. Persons by their id; seals by theirs; flows by their digest."""

    seats: Mapping[SeatKey, SeatBody] = field(default_factory=dict)
    barred: frozenset[str] = frozenset()
    frozen: Mapping[str, FrozenPlace] = field(default_factory=dict)
    """By the branch's own id, so that a branch stays frozen wherever rows say that it has been moved."""
    keys: Mapping[str, KeyBody] = field(default_factory=dict)
    """By credential id, base64url."""
    systems: Mapping[str, SystemBody] = field(default_factory=dict)
    flows: Mapping[str, KnownFlow] = field(default_factory=dict)
    orders: Mapping[str, SealOrderBody] = field(default_factory=dict)
    seals: Mapping[str, SealBody] = field(default_factory=dict)
    stopped: Mapping[str, datetime] = field(default_factory=dict)
    """When a seal was stopped last: what was said of it before does not let it be used again."""
    delegations: Mapping[SeatKey, DelegationBody] = field(default_factory=dict)
    """By principal, deputy and role."""
    policy: PolicyBody = field(default_factory=lambda: PolicyBody(officer_evidence="attested"))
    written: Mapping[Thing, datetime] = field(default_factory=dict)
    """When the newest statement on each thing was made: what was written before it gives nothing back."""

    def after(self, statement: Statement, at: datetime) -> Standing:
        """at: when the register took it.   Raises: StatementMalformed; StatementRefused for what cannot be."""
        body = statement.parsed()
        if any(statement.made_at < self.written.get(thing, statement.made_at) for thing in overtaken_by(body)):
            raise StatementRefused("something was said of this after it had been written; propose it anew")
        newest = {thing: max(statement.made_at, self.written.get(thing, statement.made_at)) for thing in settled(body)}
        return replace(self._with(body, statement.made_at, at), written={**self.written, **newest})

    def _with(self, body: Body, made_at: datetime, at: datetime) -> Standing:
        match body:
            case FlowBody(flow=given):
                return replace(self, flows=self._flows_with(given, at))
            case SealOrderBody() | SealBody() | SealStopBody():
                return self._seals_after(body, made_at, at)
            case KeyBody() | UnkeyBody() | SystemBody() | UnsystemBody():
                return self._keys_after(body)
            case FreezeBody() | UnfreezeBody():
                return self._places_after(body, made_at, at)
            case PolicyBody():
                kept = body.approver_evidence or self.policy.approver_evidence
                return replace(self, policy=body.model_copy(update={"approver_evidence": kept}))
            case _:
                return self._people_after(body)

    def seats_of(self, person_id: str) -> tuple[Seat, ...]:
        """None for somebody who is barred; without those at frozen branches."""
        if person_id in self.barred:
            return ()
        return tuple(
            Seat(seat.person_id, seat.role, seat.path, seat.valid_from, seat.valid_until)
            for seat in self.seats.values()
            if seat.person_id == person_id and not self._below_a_frozen_branch(seat.path)
        )

    def is_frozen(self, path: str) -> bool:
        """Whether nothing may be signed for the branch of `path`; for an empty one, for the whole organisation."""
        return EVERYWHERE in self.frozen or self._below_a_frozen_branch(path)

    def is_shut_out(self, person_id: str) -> bool:
        """Whether all that this person is, is at frozen branches: then no flow's naming helps."""
        paths = [seat.path for seat in self.seats.values() if seat.person_id == person_id]
        return bool(paths) and all(self._below_a_frozen_branch(path) for path in paths)

    def deputises(self, deputy: str, principal: str, roles: tuple[str, ...], at: datetime) -> bool:
        """Whether `deputy` may take a step in which the principal would count by one of `roles`."""
        return principal not in self.barred and any(
            given.deputy == deputy
            and given.principal == principal
            and given.role in roles
            and given.valid_from <= at < given.valid_until
            for given in self.delegations.values()
        )

    def flow(self, digest: str, at: datetime, made: datetime | None = None) -> Flow | None:
        """The flow of this digest while requests under it may be signed.

        made: when the request's copies were drawn, `at` when nobody knows; what was drawn under a flow that had been
        replaced by then was handed in by a row that somebody put back.
        """
        known = self.flows.get(digest)
        if known is None:
            return None
        if known.until is not None and (at > known.until + FLOW_GRACE or (made or at) > known.until + FLOW_HANDOVER):
            return None
        return known.flow

    def knows_place(self, path: str) -> bool:
        """Whether every branch on `path` stands there by the seats that the register holds; a branch without a seat of
        its own stands anywhere.   Rows of branches could put one below somebody who approves elsewhere."""
        stands: dict[str, set[str]] = {}
        for seat in self.seats.values():
            stands.setdefault(seat.path.rstrip("/").rpartition("/")[2], set()).add(seat.path)
        parts = path.strip("/").split("/")
        above = (f"/{'/'.join(parts[:count])}/" for count in range(1, len(parts) + 1))
        return all(place in stands.get(part, {place}) for part, place in zip(parts, above, strict=True))

    def _below_a_frozen_branch(self, path: str) -> bool:
        return any(part in self.frozen for part in path.split("/") if part)

    def _places_after(self, body: _PlaceBody, made_at: datetime, at: datetime) -> Standing:
        path = body.path or EVERYWHERE
        place = path.rstrip("/").rpartition("/")[2]
        known = self.frozen.get(place)
        match body:
            case FreezeBody():
                first = path if known is None else known.path
                return replace(self, frozen={**self.frozen, place: FrozenPlace(first, at)})
            case UnfreezeBody():
                if known is not None and known.path != path:
                    raise StatementRefused("this branch was frozen at another place")
                if known is not None and made_at <= known.since:
                    raise StatementRefused("it was frozen after this had been written")
                return replace(self, frozen=_without(self.frozen, place))

    def _people_after(self, body: _PeopleBody) -> Standing:
        match body:
            case SeatBody():
                return replace(self, seats={**self.seats, (body.person_id, body.role, body.path): body})
            case UnseatBody():
                return replace(self, seats=_without(self.seats, (body.person_id, body.role, body.path)))
            case BarBody():
                return replace(self, barred=self.barred | {body.person_id})
            case UnbarBody():
                return replace(self, barred=self.barred - {body.person_id})
            case DelegationBody():
                return replace(self, delegations={**self.delegations, _between(body): body})
            case DelegationEndBody():
                return replace(self, delegations=_without(self.delegations, _between(body)))

    def _keys_after(self, body: _KeyBody) -> Standing:
        match body:
            case KeyBody():
                return replace(self, keys=_added(self.keys, body.credential_id, body))
            case UnkeyBody():
                return replace(self, keys=_without(self.keys, body.credential_id))
            case SystemBody():
                return replace(self, systems={**self.systems, body.system_id: body})
            case UnsystemBody():
                return replace(self, systems=_without(self.systems, body.system_id))

    def _seals_after(self, body: SealOrderBody | SealBody | SealStopBody, made_at: datetime, at: datetime) -> Standing:
        match body:
            case SealOrderBody():
                return self._with_order(body)
            case SealBody():
                return self._with_seal(body, made_at)
            case SealStopBody():
                return self._with_seal_stopped(body, at)

    def _flows_with(self, given: Mapping[str, object], at: datetime) -> dict[str, KnownFlow]:
        try:
            flow = parse_flow(given)
        except FlowMalformed as problem:
            raise StatementRefused(str(problem)) from None
        former = [known.flow.version for known in self.flows.values() if known.flow.class_code == flow.class_code]
        if flow.version <= max(former, default=0):
            raise StatementRefused(f"the class {flow.class_code} has version {max(former)} already")
        flows = {
            digest: replace(known, until=at) if known.flow.class_code == flow.class_code and not known.until else known
            for digest, known in self.flows.items()
        }
        return {**flows, flow.digest(): KnownFlow(flow)}

    def _with_order(self, order: SealOrderBody) -> Standing:
        taken = {former.code_id for former in self.orders.values()} | {seal.code_id for seal in self.seals.values()}
        if order.seal_id in self.orders or order.code_id in taken:
            raise StatementRefused("this seal was ordered before")
        return replace(self, orders={**self.orders, order.seal_id: order})

    def _with_seal(self, seal: SealBody, made_at: datetime) -> Standing:
        stopped = self.stopped.get(seal.seal_id)
        if seal.state == "active" and stopped is not None and made_at <= stopped:
            raise StatementRefused("the seal was stopped after this had been written")
        former = self.seals.get(seal.seal_id)
        if former is not None:
            if former.state == "destroyed" or (former.state == "revoked" and seal.state != "destroyed"):
                raise StatementRefused(f"this seal is {former.state} for ever")
            if (former.code_id, former.owner, former.path) != (seal.code_id, seal.owner, seal.path):
                raise StatementRefused("a seal keeps its number, its owner and its branch")
        elif any(other.code_id == seal.code_id for other in self.seals.values()):
            raise StatementRefused("another seal has this number")
        elif seal.seal_id in self.orders and self.orders[seal.seal_id].path != seal.path:
            raise StatementRefused("the seal was ordered for another branch")
        return replace(self, seals={**self.seals, seal.seal_id: seal})

    def _with_seal_stopped(self, stop: SealStopBody, at: datetime) -> Standing:
        seal = self.seals.get(stop.seal_id)
        stopped = replace(self, stopped={**self.stopped, stop.seal_id: at})
        if seal is None or seal.state != "active":
            return stopped
        return replace(stopped, seals={**self.seals, stop.seal_id: seal.model_copy(update={"state": "suspended"})})


def _between(given: DelegationBody | DelegationEndBody) -> SeatKey:
    return given.principal, given.deputy, given.role


def _added(known: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    if key in known and known[key] != value:
        raise StatementRefused("this passkey is registered already, with other facts")
    return {**known, key: value}


def _without(known: Mapping[K, V], key: K) -> dict[K, V]:
    return {each: value for each, value in known.items() if each != key}
