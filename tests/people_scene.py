"""A company with a tree of branches and a few people, on any database, for tests of people and rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By
from printserver.audit.models import AuditEntry
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Role
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import create_branch, create_organisation, create_user, grant_role
from printserver.signing.evidence import EvidenceClaims
from tests.world_building import cheap_passwords

SECRETS = Secrets(b"s" * 32)
BY = By(process="set-up")
PASSWORD = "a long sentence for the tests"


class Word:
    """An attestor whose word nobody checks: rows are looked at here, never a signature."""

    def attest(self, claims: EvidenceClaims) -> str:
        return f"{claims.person_id} {claims.step}"


@dataclass(frozen=True)
class Company:
    """head above north and south; team below north. Each person's login names the role and the branch."""

    database: Database
    organisation_id: UUID
    branches: Mapping[str, UUID]
    people: Mapping[str, UUID]

    def actor(self, work: Work, login: str = "administrator") -> Actor:
        return actor_of(work, work.session.get_one(User, self.people[login]))

    def path(self, branch: str) -> str:
        with self.database.reading() as work:
            return work.session.get_one(Branch, self.branches[branch]).path

    def roles(self, login: str) -> set[tuple[str, str]]:
        """(role, branch) in force."""
        names = {str(branch_id): name for name, branch_id in self.branches.items()}
        with self.database.reading() as work:
            grants = self.actor(work, login).grants
        return {(grant.role, names[grant.path.strip("/").split("/")[-1]]) for grant in grants}

    def events(self) -> list[str]:
        with self.database.reading() as work:
            return list(work.session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))


def found(database: Database, number: int = 1) -> Company:
    tree = {"head": None, "north": "head", "south": "head", "team": "north"}
    people = {
        "administrator": ("head", Role.SYSTEM_ADMINISTRATOR),
        "north-administrator": ("north", Role.SYSTEM_ADMINISTRATOR),
        "officer": ("head", Role.KEY_OFFICER),
        "seals": ("head", Role.SEAL_ADMINISTRATOR),
        "auditor": ("head", Role.AUDITOR),
        "clerk": ("north", Role.CLERK),
        "approver": ("north", Role.APPROVER),
        "custodian": ("south", Role.CUSTODIAN),
        "nobody": ("north", None),
    }
    with cheap_passwords(), database.work() as work:
        organisation = create_organisation(work, BY, number=number, name=f"company {number}")
        branches: dict[str, Branch] = {}
        for name, above in tree.items():
            parent = None if above is None else branches[above].id
            branches[name] = create_branch(work, BY, organisation, name=name, parent_id=parent)
        ids = {}
        for login, (branch, role) in people.items():
            user = create_user(
                work,
                BY,
                branches[branch],
                login=f"{login}-{number}",
                staff_number=f"{number}-{login}",
                name=login,
                password=PASSWORD,
                secrets=SECRETS,
                must_change=False,
            )
            ids[login] = user.id
            if role is not None:
                grant_role(work, BY, user, role, branches[branch])
    return Company(database, organisation.id, {name: row.id for name, row in branches.items()}, ids)
