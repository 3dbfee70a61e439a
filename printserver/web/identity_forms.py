"""What people type about identities and key media: taken as text, then checked as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from printserver.organisations.identity_proof import Document, Method, ProofAction
from printserver.organisations.identity_proof_errors import IdentityPolicyMalformed, IdentityProofMalformed
from printserver.organisations.identity_proof_intake import NewProof
from printserver.organisations.identity_proof_policy import PolicyFacts
from printserver.organisations.identity_proof_steps import ProofStep
from printserver.organisations.key_media import MediumAction, MediumKind
from printserver.organisations.key_media_errors import MediumMalformed
from printserver.organisations.key_media_steps import MediumStep, NewMedium

Text = Annotated[str, Field(max_length=500)]
Value = TypeVar("Value")


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class TypedProof(_Form):
    """whose: `person:` or `branch:` and an id."""

    whose: Text = ""
    document: Text = ""
    name: Text = ""
    number: Text = ""
    valid_until: Text = ""
    legal_representative: Text = ""
    evidence: list[UploadFile] = []

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """Name and content of each that was chosen."""
        return [(each.filename, each.file.read()) for each in self.evidence if each.filename]

    def checked(self) -> NewProof:
        """Raises: IdentityProofMalformed."""
        kind, _, whose = self.whose.partition(":")
        try:
            return NewProof(
                document=Document(self.document),
                name=self.name,
                number=self.number,
                valid_until=_day(self.valid_until),
                person_id=UUID(whose) if kind == "person" else None,
                branch_id=UUID(whose) if kind == "branch" else None,
                legal_representative=self.legal_representative,
            )
        except ValueError:
            raise IdentityProofMalformed("some fields cannot be used") from None


class TypedProofStep(_Form):
    action: Text = ""
    remark: Text = ""
    method: Text = ""
    recheck_on: Text = ""

    def checked(self) -> ProofStep:
        """Raises: IdentityProofMalformed."""
        try:
            method = Method(self.method) if self.method else None
            return ProofStep(ProofAction(self.action), self.remark, method, _day(self.recheck_on))
        except ValueError:
            raise IdentityProofMalformed("some fields cannot be used") from None


class TypedPolicy(_Form):
    """A box that is not ticked is not sent."""

    custodians: bool = False
    binding_roles: bool = False
    companies: bool = False
    recheck_days: Text = ""
    retention_days: Text = ""

    def checked(self) -> PolicyFacts:
        """Raises: IdentityPolicyMalformed."""
        try:
            recheck_days, retention_days = int(self.recheck_days), int(self.retention_days)
        except ValueError:
            raise IdentityPolicyMalformed("days are whole numbers") from None
        return PolicyFacts(self.custodians, self.binding_roles, self.companies, recheck_days, retention_days)


class TypedMedium(_Form):
    holder_id: Text = ""
    kind: Text = ""
    purpose: Text = ""
    replaces_id: Text = ""

    def checked(self) -> NewMedium:
        """Raises: MediumMalformed."""
        return _medium(
            lambda: NewMedium(
                UUID(self.holder_id),
                MediumKind(self.kind),
                self.purpose,
                UUID(self.replaces_id) if self.replaces_id else None,
            )
        )


class TypedMediumStep(_Form):
    action: Text = ""
    remark: Text = ""
    maker: Text = ""
    serial_number: Text = ""

    def checked(self) -> MediumStep:
        """Raises: MediumMalformed."""
        return _medium(lambda: MediumStep(MediumAction(self.action), self.remark, self.maker, self.serial_number))


def _medium(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except ValueError:
        raise MediumMalformed("some fields cannot be used") from None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
