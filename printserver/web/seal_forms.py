"""The forms about seals: taken as text so that nothing is lost, then checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from printserver.rendering.seal_artwork_types import STYLES, SealType
from printserver.seals.applications import SealApplication
from printserver.seals.errors import SealApplicationMalformed
from printserver.seals.physical import NewPhysicalSeal, PhysicalStep
from printserver.seals.states import FORMS, PhysicalAction, SealAction

Text = Annotated[str, Field(max_length=1_000)]
Texts = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]
Value = TypeVar("Value")
LISTS: Final = frozenset({"custodians", "people", "branches", "classes"})


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class TypedSeal(_Form):
    """An application, as typed.   artwork_id: of a picture that was handed in; empty to have the seal drawn."""

    type: Text = SealType.COMPANY.value
    name: Text = ""
    registration_number: Text = ""
    inner: Text = ""
    star: Text = ""
    width_mm: Text = ""
    height_mm: Text = ""
    branch_id: Text = ""
    custodians: Texts = []
    owner_id: Text = ""
    classes: Texts = []
    evidence: Text = "attested"
    uses_limit: Text = ""
    valid_from: Text = ""
    valid_until: Text = ""
    purpose: Text = ""
    replaces_id: Text = ""
    artwork_id: Text = ""
    shown_type: Text = ""
    """Of the form that was shown: another type brings its own size, star and words along."""

    @property
    def seal_type(self) -> SealType:
        return SealType(self.type) if self.type in set(SealType) else SealType.COMPANY

    def usual(self) -> TypedSeal:
        """With what seals of its type usually have, when the type has just been chosen."""
        if self.shown_type == self.type:
            return self
        style = STYLES[self.seal_type]
        return self.model_copy(
            update={
                "type": self.seal_type.value,
                "shown_type": self.seal_type.value,
                "inner": style.inner,
                "star": "yes" if style.star else "",
                "width_mm": str(style.width_mm),
                "height_mm": str(style.height_mm),
            }
        )

    def application(self, zone: ZoneInfo) -> SealApplication:
        """zone: of the days that were typed.   Raises: SealApplicationMalformed."""
        return _checked(lambda: self._application(zone))

    def shown(self) -> SealApplication:
        """As far as it matters to the picture.   Raises: SealApplicationMalformed."""
        drawn = self.model_copy(
            update={"branch_id": str(UUID(int=0)), "valid_from": "2000-01-01", "valid_until": "2000-01-02"}
        )
        return drawn.application(ZoneInfo("UTC"))

    def _application(self, zone: ZoneInfo) -> SealApplication:
        style = STYLES[SealType(self.type)]
        return SealApplication(
            branch_id=UUID(self.branch_id),
            type=SealType(self.type),
            name=self.name,
            registration_number=self.registration_number.strip().upper(),
            inner=self.inner.strip(),
            star=bool(self.star),
            width_mm=int(self.width_mm or style.width_mm),
            height_mm=int(self.height_mm or style.height_mm),
            custodians=tuple(UUID(each) for each in self.custodians),
            owner_id=_optional(self.owner_id, UUID),
            classes=tuple(self.classes),
            evidence=self.evidence,
            uses_limit=_optional(self.uses_limit, int),
            valid_from=_day(self.valid_from, zone),
            valid_until=_day(self.valid_until, zone),
            purpose=self.purpose,
            replaces_id=_optional(self.replaces_id, UUID),
        )


class TypedStep(_Form):
    """A step of a seal's life, as typed; only the fields of its own form count."""

    action: Text = ""
    reason: Text = ""
    custodians: Texts = []
    classes: Texts = []
    people: Texts = []
    branches: Texts = []
    uses_limit: Text = ""
    evidence: Text = "attested"
    handed_over: Text = ""
    place: Text = ""
    witness: Text = ""

    def checked(self) -> tuple[SealAction, Mapping[str, Any]]:
        """Raises: SealApplicationMalformed."""
        return _checked(self._checked)

    def _checked(self) -> tuple[SealAction, Mapping[str, Any]]:
        action = SealAction(self.action)
        form: dict[str, Any] = {}
        for name in FORMS.get(action, ()):
            value = getattr(self, name)
            form[name] = _optional(value, int) if name == "uses_limit" else value
        for name in LISTS & set(form) - {"classes"}:
            form[name] = [str(UUID(each)) for each in form[name]]
        return action, form


class TypedPhysicalSeal(_Form):
    name: Text = ""
    type: Text = "company"
    registration_number: Text = ""
    branch_id: Text = ""
    keeper_id: Text = ""
    place: Text = ""

    def checked(self) -> NewPhysicalSeal:
        """Raises: SealApplicationMalformed."""
        return _checked(
            lambda: NewPhysicalSeal(
                branch_id=UUID(self.branch_id),
                name=self.name,
                type=self.type,
                keeper_id=UUID(self.keeper_id),
                place=self.place,
                registration_number=self.registration_number,
            )
        )


class TypedPhysicalStep(_Form):
    action: Text = ""
    reason: Text = ""
    keeper_id: Text = ""
    place: Text = ""
    witness_id: Text = ""

    def checked(self) -> PhysicalStep:
        """Raises: SealApplicationMalformed."""
        return _checked(
            lambda: PhysicalStep(
                action=PhysicalAction(self.action),
                reason=self.reason,
                keeper_id=_optional(self.keeper_id, UUID),
                place=self.place or None,
                witness_id=_optional(self.witness_id, UUID),
            )
        )


def _checked(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except ValueError:
        raise SealApplicationMalformed(
            "some fields cannot be used: sizes are whole millimetres, days are dates"
        ) from None


def _optional(text: str, kind: Callable[[str], Value]) -> Value | None:
    return kind(text.strip()) if text.strip() else None


def _day(text: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(text.strip()), time(), zone)
