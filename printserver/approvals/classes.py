"""Classes of documents: read them with their flow, and change what officers need not confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.class_events import ClassDescribed, FlowTakenUp
from printserver.approvals.legal_classes import SHIPPED, STANDARD_RETENTION, ShippedClass
from printserver.approvals.models import DocumentClass
from printserver.approvals.retention_periods import YEARS_KEPT
from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.rendering.places import place_from_json
from printserver.rendering.security_marks import USUAL_CHOICE, MarksChoice
from printserver.signing.flow import Flow, FlowMalformed, Sealing, parse_flow

LONGEST_NAME: Final = 100


class PublicView(StrEnum):
    """How much of a page is shown to a stranger who shows its signed code."""

    NONE = "none"
    MASKED = "masked"
    """The seals; every line as a grey box."""
    TITLED = "titled"
    """The seals, and large type in the upper part of the first page; every other line as a grey box."""
    FULL = "full"

    @property
    def hides_lines(self) -> bool:
        return self in (PublicView.MASKED, PublicView.TITLED)

    def at_most(self, other: PublicView) -> PublicView:
        """Whichever of the two shows less."""
        by_how_much = list(PublicView)
        return min(self, other, key=by_how_much.index)


class ClassNotFound(NotFound):
    code = "document-class-not-found"


class ClassMalformed(Malformed):
    code = "document-class-malformed"


class SealingForbiddenByLaw(Refused):
    """Documents of this class are never sealed electronically."""

    code = "sealing-forbidden-by-law"


class ClassNotUsable(Refused):
    """Retired, or nobody has confirmed its flow yet."""

    code = "document-class-not-usable"


@dataclass(frozen=True)
class ClassDescription:
    """What decides nothing about signing.   seal_types: allowed ones, empty for all.

    hints: {"printer_id": id, "place": {"page", "x_um", "y_um"}}, each optional.   public_view: one of PublicView.

    marks: against copying, on every copy.
    """

    code: str
    name_zh: str
    name_en: str
    retention: str = STANDARD_RETENTION
    seal_types: tuple[str, ...] = ()
    hints: Mapping[str, Any] | None = None
    retired: bool = False
    public_view: str = PublicView.MASKED
    marks: MarksChoice = USUAL_CHOICE


@dataclass(frozen=True)
class ClassFacts:
    """`id`: None for a class that is shipped and was never changed.   flow: None before officers confirmed one."""

    id: UUID | None
    description: ClassDescription
    flow: Flow | None
    only_by_hand: bool

    @property
    def code(self) -> str:
        return self.description.code

    @property
    def by_hand(self) -> bool:
        """Whether it ends in a seal of metal and rubber."""
        return self.only_by_hand or (self.flow is not None and self.flow.sealing is Sealing.PHYSICAL)


def classes(work: Work, organisation_id: UUID, *, retired: bool = False) -> tuple[ClassFacts, ...]:
    """Without regard to anybody's rights; the shipped ones first, then by code.   retired: those too."""
    rows = work.session.scalars(select(DocumentClass).where(DocumentClass.organisation_id == organisation_id))
    stored = {row.code: row for row in rows}
    codes = [*SHIPPED, *sorted(stored.keys() - SHIPPED.keys())]
    found = tuple(_facts(stored.get(code), SHIPPED.get(code)) for code in codes)
    return tuple(one for one in found if retired or not one.description.retired)


def class_facts(work: Work, organisation_id: UUID, code: str) -> ClassFacts:
    """Raises: ClassNotFound."""
    row, shipped = _row(work, organisation_id, code), SHIPPED.get(code)
    if row is None and shipped is None:
        raise ClassNotFound("there is no such class of documents")
    return _facts(row, shipped)


def usable_flow(work: Work, organisation_id: UUID, code: str) -> tuple[ClassFacts, Flow]:
    """Raises: ClassNotFound, ClassNotUsable."""
    facts = class_facts(work, organisation_id, code)
    if facts.description.retired or facts.flow is None:
        raise ClassNotUsable("this class of documents is not in use")
    return facts, facts.flow


def describe_class(work: Work, actor: Actor, description: ClassDescription) -> UUID:
    """Name a class, or change what is said of it; its flow is for officers to confirm, see `class_flows`.

    Raises: Forbidden, ClassMalformed.
    """
    require(actor, Permission.MANAGE_DOCUMENTS)
    row = _row(work, actor.organisation_id, description.code)
    _check(description, "" if row is None else row.retention)
    if row is None:
        row = DocumentClass(id=new_id(), organisation_id=actor.organisation_id, code=description.code, version=0)
        shipped = SHIPPED.get(description.code)
        row.flow = None if shipped is None else shipped.flow.to_json()
        row.version = 0 if shipped is None else shipped.flow.version
        work.session.add(row)
    row.name_zh, row.name_en = description.name_zh.strip(), description.name_en.strip()
    row.retention, row.retired = description.retention, description.retired
    row.seal_types, row.hints = list(description.seal_types), dict(description.hints or {})
    row.public_view = PublicView(description.public_view).value
    row.marks = description.marks.to_json()
    row.changed_at = work.now()
    work.session.flush()
    append(
        work,
        actor.by,
        ClassDescribed(
            id=row.id,
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            retention=row.retention,
            seal_types=tuple(description.seal_types),
            retired=row.retired,
            public_view=row.public_view,
            marks=row.marks,
        ),
    )
    return row.id


def apply_flow(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """The effect of a confirmed statement `flow`: from now on new requests of the class go this way.

    body: {"flow": …}.   An older version than the current one changes nothing.
    """
    flow = parse_flow(body["flow"])
    if by.organisation_id is None:
        raise ClassMalformed("a flow belongs to an organisation")
    row = _row(work, by.organisation_id, flow.class_code)
    if row is None:
        row = DocumentClass(id=new_id(), organisation_id=by.organisation_id, code=flow.class_code, version=0)
        shipped = SHIPPED.get(flow.class_code)
        row.name_zh = flow.class_code if shipped is None else shipped.name_zh
        row.name_en = flow.class_code if shipped is None else shipped.name_en
        row.retention = STANDARD_RETENTION if shipped is None else shipped.retention
        row.seal_types, row.hints, row.retired = [], {}, False
        work.session.add(row)
    if flow.version <= row.version:
        return
    row.flow, row.version, row.changed_at = flow.to_json(), flow.version, work.now()
    work.session.flush()
    append(work, by, FlowTakenUp(id=row.id, code=row.code, version=flow.version, flow_sha256=flow.digest()))


def require_lawful(flow: Flow) -> None:
    """Raises: SealingForbiddenByLaw."""
    shipped = SHIPPED.get(flow.class_code)
    if shipped is not None and shipped.only_by_hand and flow.sealing is not Sealing.PHYSICAL:
        raise SealingForbiddenByLaw("the law keeps documents of this class off electronic sealing")


def _check(description: ClassDescription, kept: str) -> None:
    """kept: the word until now; one from before there was a table may stay."""
    parse_flow({"class": description.code, "version": 1, "steps": [{"name": "a", "roles": ["a"]}]})
    for name in (description.name_zh, description.name_en):
        if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
            raise ClassMalformed(f"a class has a name of at most {LONGEST_NAME} characters in both languages")
    if description.public_view not in list(PublicView):
        raise ClassMalformed("strangers are shown none, a masked or the full picture of a page")
    _check_hints(description.hints or {})
    if description.retention not in {*YEARS_KEPT, kept}:
        raise ClassMalformed("documents of a class are kept by one of these words: " + ", ".join(YEARS_KEPT))
    if description.code in SHIPPED and description.retired and description.code == next(iter(SHIPPED)):
        raise ClassMalformed("the general class stays in use")


def _check_hints(hints: Mapping[str, Any]) -> None:
    """Raises: ClassMalformed, PlaceMalformed."""
    if not set(hints) <= {"printer_id", "place"}:
        raise ClassMalformed("a class suggests a printer and a place of the seal, and nothing else")
    if hints.get("place") is not None:
        place_from_json(hints["place"])
    try:
        UUID(str(hints.get("printer_id") or UUID(int=0)))
    except ValueError:
        raise ClassMalformed("a class suggests a printer of the register") from None


def _row(work: Work, organisation_id: UUID, code: str) -> DocumentClass | None:
    return work.session.scalar(
        select(DocumentClass).where(DocumentClass.organisation_id == organisation_id, DocumentClass.code == code)
    )


def _facts(row: DocumentClass | None, shipped: ShippedClass | None) -> ClassFacts:
    only_by_hand = shipped is not None and shipped.only_by_hand
    if row is None:
        if shipped is None:
            raise ClassNotFound("there is no such class of documents")
        description = ClassDescription(shipped.code, shipped.name_zh, shipped.name_en, shipped.retention)
        return ClassFacts(None, description, shipped.flow, only_by_hand)
    description = ClassDescription(
        row.code,
        row.name_zh,
        row.name_en,
        row.retention,
        tuple(row.seal_types),
        row.hints,
        row.retired,
        row.public_view,
        MarksChoice.from_json(row.marks),
    )
    return ClassFacts(row.id, description, _stored_flow(row), only_by_hand)


def _stored_flow(row: DocumentClass) -> Flow | None:
    """None also for one that no longer reads: nobody can hand in under it."""
    if row.flow is None:
        return None
    try:
        return parse_flow(row.flow)
    except FlowMalformed:
        return None
