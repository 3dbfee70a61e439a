"""Which statements are overtaken by which: words kept back from before somebody was barred bring nothing back. Pure.

Compared is when they were made, which is part of what people signed. Flows have versions instead, and a seal that was
stopped a rule of its own (`register.Standing.stopped`).
"""

from __future__ import annotations

from printserver.signing.statements import (
    BarBody,
    Body,
    DelegationBody,
    DelegationEndBody,
    KeyBody,
    PolicyBody,
    SealBody,
    SeatBody,
    SystemBody,
    UnbarBody,
    UnkeyBody,
    UnseatBody,
    UnsystemBody,
)

Thing = tuple[str, ...]
"""Something that one statement after the other settles, such as whether a person is barred."""


def settled(body: Body) -> tuple[Thing, ...]:
    """What a statement settles until a newer one does."""
    match body:
        case SeatBody() | UnseatBody():
            return (("seat", body.person_id, body.role, body.path),)
        case BarBody() | UnbarBody():
            return (("bar", body.person_id),)
        case KeyBody() | UnkeyBody():
            return (("key", body.credential_id),)
        case SystemBody() | UnsystemBody():
            return (("system", body.system_id),)
        case DelegationBody() | DelegationEndBody():
            return (("delegation", body.principal, body.deputy, body.role),)
        case SealBody():
            return (("seal", body.seal_id),)
        case PolicyBody():
            return (("policy",),)
        case _:
            return ()


def overtaken_by(body: Body) -> tuple[Thing, ...]:
    """What may not have been settled after this one was written. What only takes away is never too old."""
    match body:
        case SeatBody() | KeyBody():
            return (*settled(body), ("bar", body.person_id))
        case DelegationBody():
            return (*settled(body), ("bar", body.principal), ("bar", body.deputy))
        case UnbarBody() | SystemBody() | PolicyBody():
            return settled(body)
        case SealBody(state="active"):
            return settled(body)
        case _:
            return ()
