"""The reviewed file of a first installation: organisation, branches, people, keys, seals, printers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from printserver.foundation.errors import Malformed
from printserver.organisations.permissions import Role
from printserver.signing.key_list import says_test


class PlanMalformed(Malformed):
    code = "plan-malformed"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrganisationPlan(_Part):
    number: int = Field(ge=1, lt=1 << 32)
    name: str = Field(min_length=1, max_length=40)
    test: bool = False
    """For trying things out: its papers, codes, seals and verdicts say TEST, for ever."""


class TrustPlan(_Part):
    root_name: str
    root_years: int = Field(default=20, ge=1, le=40)
    key_years: int = Field(default=5, ge=1, le=10)
    wrappable: bool = False
    """Whether keys may leave the token wrapped in another key, for a backup of tokens that are not backed up whole.
    Then whoever has the PIN can take them along; without it no key ever leaves."""


class BranchPlan(_Part):
    code: str
    name: str
    parent: str | None = None


class RolePlan(_Part):
    role: Role
    branch: str


class PersonPlan(_Part):
    login: str
    staff_number: str
    name: str
    branch: str
    roles: tuple[RolePlan, ...] = Field(min_length=1)


class SealPlan(_Part):
    name: str
    registration_number: str
    type: str = "company"
    branch: str
    custodian: str
    diameter_mm: int = Field(default=40, ge=10, le=100)
    years: int = Field(default=3, ge=1, le=10)


class PrinterPlan(_Part):
    """Either `emulated_port`, or `uri` with the printer's certificate in `certificate_file` (PEM)."""

    queue: str
    name: str
    location: str
    branch: str
    emulated_port: int | None = Field(default=None, ge=1, le=65_535)
    uri: str | None = None
    certificate_file: Path | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = tuple(part is not None for part in (self.emulated_port, self.uri, self.certificate_file))
        if given not in {(True, False, False), (False, True, True)}:
            raise ValueError("a printer has either emulated_port, or uri and certificate_file")
        return self


class CeremonyPlan(_Part):
    """Everything the first ceremony makes. Branches stand after their parents."""

    officers: tuple[str, ...] = ()
    """Two key officers who are there, by their names for signing in; nobody in a demonstration."""
    organisation: OrganisationPlan
    trust: TrustPlan
    branches: tuple[BranchPlan, ...] = Field(min_length=1)
    people: tuple[PersonPlan, ...] = Field(min_length=1)
    seals: tuple[SealPlan, ...] = Field(min_length=1)
    printers: tuple[PrinterPlan, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        branches: set[str] = set()
        _refuse_twins("branch", [branch.code for branch in self.branches])
        _refuse_twins("login", [person.login for person in self.people])
        _refuse_twins("staff number", [person.staff_number for person in self.people])
        _refuse_twins("print queue", [printer.queue for printer in self.printers])
        for branch in self.branches:
            if branch.parent is not None and branch.parent not in branches:
                raise ValueError(f"branch {branch.code} stands before its parent {branch.parent}")
            branches.add(branch.code)
        named = [role.branch for person in self.people for role in person.roles]
        named += [person.branch for person in self.people]
        named += [seal.branch for seal in self.seals] + [printer.branch for printer in self.printers]
        unknown = set(named) - branches
        logins = {person.login for person in self.people}
        unknown |= {seal.custodian for seal in self.seals} - logins
        if unknown:
            raise ValueError(f"unknown branches or people: {', '.join(sorted(unknown))}")
        for seal in self.seals:
            self._require_custodian(seal)
        self._require_officers()
        if self.organisation.test:
            for name in (self.organisation.name, *(seal.name for seal in self.seals)):
                if not says_test(name):
                    raise ValueError(f"an organisation for tests and its seals are named with TEST or 测试: {name}")
        return self

    def _require_officers(self) -> None:
        holders = {
            person.login for person in self.people if any(role.role is Role.KEY_OFFICER for role in person.roles)
        }
        if self.officers and (len(set(self.officers)) < 2 or not holders.issuperset(self.officers)):
            raise ValueError("`officers` names two different people of this file who hold the role of key officer")

    def _require_custodian(self, seal: SealPlan) -> None:
        """Whoever keeps a seal must be able to confirm its use, else no request for it ever gets through."""
        parents = {branch.code: branch.parent for branch in self.branches}
        above: str | None = seal.branch
        line = set()
        while above is not None:
            line.add(above)
            above = parents[above]
        roles = next(person.roles for person in self.people if person.login == seal.custodian)
        if not any(role.role is Role.CUSTODIAN and role.branch in line for role in roles):
            raise ValueError(
                f"{seal.custodian} keeps the seal {seal.name}, but is no custodian of branch {seal.branch}"
            )


def _refuse_twins(kind: str, names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"the same {kind} twice: {', '.join(twins)}")


def read_plan(path: Path) -> CeremonyPlan:
    """Raises: PlanMalformed, saying where."""
    try:
        return CeremonyPlan.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise PlanMalformed(f"{path} cannot be read: {problem}") from None
    except ValidationError as problem:
        lines = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problem.errors()]
        raise PlanMalformed(f"{path}: " + "; ".join(lines)) from None
