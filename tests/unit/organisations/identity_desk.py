"""Where proofs of identity are handed in and looked at, in a company of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.identity_proof import Document, Method, ProofAction, ProofState
from printserver.organisations.identity_proof_intake import EvidenceFile, NewProof, seal_proof, submit_proof
from printserver.organisations.identity_proof_queries import proof_facts, standings
from printserver.organisations.identity_proof_steps import ProofStep, take_proof_step
from tests.key_wrapping import SoftwareKeyWrapper
from tests.people_scene import SECRETS, found
from tests.sealed_store import sealed_store

CITIZEN: Final = "11010519491231002X"
COMPANY: Final = "91350100M000100Y43"
PICTURE: Final = b"%PDF-1.7 a card with a face on it"
CHECK: Final = ProofStep(ProofAction.VERIFY, method=Method.IN_PERSON)


class Desk:
    """The clerk hands in, unless said otherwise; the seal administrator looks."""

    def __init__(self, database: Database, folder: Path) -> None:
        folder.mkdir()
        self.company, self.objects = found(database), sealed_store(folder)
        self.keys = SoftwareKeyWrapper()

    def act(self, login: str, body: Callable[[Work, Actor], Any]) -> Any:
        with self.company.database.work() as work:
            return body(work, self.company.actor(work, login))

    def refused(self, kind: type[PrintServerError], login: str, body: Callable[[Work, Actor], Any]) -> None:
        """Raises `kind`, and nothing is recorded."""
        before = self.company.events()
        with pytest.raises(kind):
            self.act(login, body)
        assert self.company.events() == before

    def new(self, login: str = "clerk", **fields: Any) -> NewProof:
        of = {"person_id": self.company.people[login], "document": Document.RESIDENT_ID, "name": "李四"}
        return NewProof(**{"number": CITIZEN, "valid_until": None, **of, **fields})

    def licence(self, branch: str = "head", **fields: Any) -> NewProof:
        of = {"branch_id": self.company.branches[branch], "document": Document.BUSINESS_LICENCE, "name": "示例公司"}
        return NewProof(**{"number": COMPANY, "valid_until": None, "legal_representative": "王五", **of, **fields})

    def submit(self, new: NewProof | None = None, by: str = "clerk") -> UUID:
        wanted = new or self.new()
        file = EvidenceFile("front.jpg", PICTURE, 1)
        sealed = seal_proof(self.objects, self.keys, self.company.organisation_id, wanted.number, [file])
        done: UUID = self.act(by, lambda work, actor: submit_proof(work, actor, wanted, sealed, SECRETS))
        return done

    def step(self, proof_id: UUID, login: str, step: ProofStep = CHECK) -> None:
        self.act(login, lambda work, actor: take_proof_step(work, actor, proof_id, step))

    def verified(self, new: NewProof | None = None, by: str = "clerk") -> UUID:
        proof_id = self.submit(new, by)
        self.step(proof_id, "seals")
        return proof_id

    def state(self, proof_id: UUID) -> ProofState:
        return self.facts(proof_id).state

    def facts(self, proof_id: UUID, login: str = "administrator") -> Any:
        return self.act(login, lambda work, actor: proof_facts(work, actor, proof_id))

    def proved(self, login: str = "clerk") -> bool:
        person_id = self.company.people[login]
        with self.company.database.reading() as work:
            return standings(work, [person_id])[person_id].proved
