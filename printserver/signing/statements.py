"""Statements: what people say to the signer's register, one thing each, in a fixed grammar. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import rfc8785
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed
from printserver.signing.evidence import STATEMENT_PREFIX

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Path = Annotated[str, Field(pattern=r"^/([0-9a-f-]{36}/)+$", max_length=1_000)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CodeId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
Text = Annotated[str, Field(max_length=500)]
Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,4096}$")]


class StatementMalformed(Malformed):
    code = "statement-malformed"


class StatementKind(StrEnum):
    """See `register` for whose word each needs."""

    SEAT = "seat"
    UNSEAT = "unseat"
    BAR = "bar"
    UNBAR = "unbar"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    KEY = "key"
    UNKEY = "unkey"
    SYSTEM = "system"
    UNSYSTEM = "unsystem"
    FLOW = "flow"
    SEAL_ORDER = "seal-order"
    SEAL = "seal"
    SEAL_STOP = "seal-stop"
    DELEGATION = "delegation"
    DELEGATION_END = "delegation-end"
    POLICY = "policy"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SeatBody(_Body):
    """A role that can help to bring the HSM to sign, at the branch of `path` and below."""

    person_id: Id
    role: Word
    path: Path
    valid_from: AwareDatetime = Field(alias="from")
    valid_until: AwareDatetime | None = Field(default=None, alias="until")

    @model_validator(mode="after")
    def _in_order(self) -> SeatBody:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("it would end before it begins")
        return self


class UnseatBody(_Body):
    person_id: Id
    role: Word
    path: Path


class BarBody(_Body):
    """Nothing that this person says counts until two officers lift it."""

    person_id: Id
    reason: Text = ""


class UnbarBody(_Body):
    person_id: Id


class FreezeBody(_Body):
    """Nothing is signed for the branch of `path` and below, and nobody's place there counts; without a path, for the
    whole organisation."""

    path: Path | None
    reason: Text = ""


class UnfreezeBody(_Body):
    """`path`: as when it was frozen."""

    path: Path | None


class KeyBody(_Body):
    """A passkey. `public_key`: COSE, as base64url without padding."""

    person_id: Id
    credential_id: Base64Url
    public_key: Base64Url
    rp_id: Annotated[str, Field(min_length=1, max_length=253)]
    origin: Annotated[str, Field(pattern=r"^https?://[!-~]{1,260}$")]


class UnkeyBody(_Body):
    person_id: Id
    credential_id: Base64Url


class SystemBody(_Body):
    """A system in which people approve. `spki`: P-256 SubjectPublicKeyInfo, base64url without padding."""

    system_id: Word
    name: Annotated[str, Field(min_length=1, max_length=100)]
    spki: Base64Url
    paths: Annotated[tuple[Path, ...], Field(min_length=1, max_length=100)]


class UnsystemBody(_Body):
    system_id: Word


class FlowBody(_Body):
    """`flow`: as `flow.parse_flow` reads it."""

    flow: dict[str, Any]


class SealOrderBody(_Body):
    """A seal to be made: its holder's key and the object signed by the maker's key. `data`: whatever else is shown."""

    seal_id: Id
    code_id: CodeId
    name: Annotated[str, Field(min_length=1, max_length=100)]
    type: Word
    artwork_sha256: Digest
    width_mm: Annotated[StrictInt, Field(ge=1, le=200)]
    height_mm: Annotated[StrictInt, Field(ge=1, le=200)]
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    path: Path
    registration_number: Annotated[str, Field(max_length=40)] = ""
    data: dict[str, str] = Field(default_factory=dict)


class SealBody(_Body):
    """The whole description of a seal from now on. `classes`: empty for all; `owner`: of a personal seal.

    path: of the seal's branch, whose officers may speak of it; without one, only those of the whole organisation.
    """

    seal_id: Id
    code_id: CodeId
    object_sha256: Digest
    type: Word
    custodians: Annotated[tuple[Id, ...], Field(max_length=20)]
    owner: Id | None = None
    state: Literal["active", "suspended", "sealed-up", "revoked", "destroyed"]
    evidence: Literal["attested", "passkey"] = "attested"
    classes: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    uses_limit: Annotated[StrictInt, Field(ge=0, lt=2**31)] | None = None
    path: Path | None = None

    @model_validator(mode="after")
    def _kept_by_somebody(self) -> SealBody:
        if self.owner is not None and self.custodians != (self.owner,):
            raise ValueError("a personal seal is kept by its owner alone")
        if self.state == "active" and not self.custodians:
            raise ValueError("a seal in use has a custodian")
        return self


class SealStopBody(_Body):
    seal_id: Id
    reason: Text = ""


class DelegationBody(_Body):
    """`deputy` may take the steps of `principal` that `role` gives."""

    principal: Id
    deputy: Id
    role: Word
    valid_from: AwareDatetime = Field(alias="from")
    valid_until: AwareDatetime = Field(alias="until")

    @model_validator(mode="after")
    def _between_two(self) -> DelegationBody:
        if self.principal == self.deputy:
            raise ValueError("nobody deputises for oneself")
        if self.valid_until <= self.valid_from:
            raise ValueError("it would end before it begins")
        return self


class DelegationEndBody(_Body):
    principal: Id
    deputy: Id
    role: Word


class PolicyBody(_Body):
    """`officer_evidence`: whether officers sign statements with passkeys alone.

    approver_evidence: whether decisions on requests are signed with passkeys alone, whatever the seal; as it was
    before when not given.
    """

    officer_evidence: Literal["attested", "passkey"]
    approver_evidence: Literal["attested", "passkey"] | None = None


Body = (
    SeatBody | UnseatBody | BarBody | UnbarBody | FreezeBody | UnfreezeBody | KeyBody | UnkeyBody | SystemBody
    | UnsystemBody | FlowBody | SealOrderBody | SealBody | SealStopBody | DelegationBody | DelegationEndBody
    | PolicyBody
)  # fmt: skip

K = StatementKind
BODIES: Final[Mapping[StatementKind, type[Body]]] = {
    K.SEAT: SeatBody,
    K.UNSEAT: UnseatBody,
    K.BAR: BarBody,
    K.UNBAR: UnbarBody,
    K.FREEZE: FreezeBody,
    K.UNFREEZE: UnfreezeBody,
    K.KEY: KeyBody,
    K.UNKEY: UnkeyBody,
    K.SYSTEM: SystemBody,
    K.UNSYSTEM: UnsystemBody,
    K.FLOW: FlowBody,
    K.SEAL_ORDER: SealOrderBody,
    K.SEAL: SealBody,
    K.SEAL_STOP: SealStopBody,
    K.DELEGATION: DelegationBody,
    K.DELEGATION_END: DelegationEndBody,
    K.POLICY: PolicyBody,
}


@dataclass(frozen=True)
class Statement:
    """`organisation`: u32 of verification codes.   body: JSON in the grammar of its kind."""

    id: str
    organisation: int
    kind: StatementKind
    body: Mapping[str, Any]
    made_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "id": self.id,
            "organisation": self.organisation,
            "kind": self.kind.value,
            "body": dict(self.body),
            "made_at": as_text(self.made_at),
        }

    def digest(self) -> str:
        """SHA-256 of the RFC 8785 bytes, 64 hex digits: what people sign."""
        return hashlib.sha256(rfc8785.dumps(self.to_json())).hexdigest()

    @property
    def step(self) -> str:
        """The step that evidence for it names."""
        return f"{STATEMENT_PREFIX}{self.kind}"

    def parsed(self) -> Body:
        """Raises: StatementMalformed."""
        return parse_body(self.kind, self.body)


def reach_of(body: Body) -> str:
    """The path of the branch that a statement is about; empty for one about the whole organisation.

    Whoever signs it as an officer holds the office there or above.
    """
    match body:
        case SeatBody(path=path) | UnseatBody(path=path) | SealOrderBody(path=path):
            return path
        case SealBody(path=str(path)) | SystemBody(paths=(str(path),)):
            return path
        case FreezeBody(path=str(path)) | UnfreezeBody(path=str(path)):
            return path
        case _:
            return ""


def parse_body(kind: StatementKind, body: Mapping[str, Any]) -> Body:
    """Raises: StatementMalformed, saying where."""
    try:
        return BODIES[kind].model_validate(body)
    except ValidationError as problem:
        lines = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problem.errors()]
        raise StatementMalformed("; ".join(lines)) from None


def statement_of_json(given: Any) -> Statement:
    """The opposite of `Statement.to_json`.   Raises: StatementMalformed."""
    try:
        if set(given) != {"version", "id", "organisation", "kind", "body", "made_at"} or given["version"] != 1:
            raise StatementMalformed("not a statement of version 1")
        statement = Statement(
            str(given["id"]),
            int(given["organisation"]),
            StatementKind(given["kind"]),
            dict(given["body"]),
            datetime.fromisoformat(given["made_at"]),
        )
    except (TypeError, ValueError, KeyError) as problem:
        raise StatementMalformed("not a statement") from problem
    if statement.to_json() != given:
        raise StatementMalformed("the statement is not in its canonical form")
    return statement
