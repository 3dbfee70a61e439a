"""Passkeys and decisions: who may be believed by a passkey (the statement `key`), and the word that a passkey signed.

The signer believes a passkey only when two officers have vouched for it in its register. What is checked here is for
the person in front of the page; the signer checks the same words again, by its own register.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from printserver.approvals.flows import Attestor, PasskeyEvidenceNeeded
from printserver.approvals.statement_queries import StatementUnreadable, statement_facts
from printserver.approvals.statement_states import StatementAction, StatementState
from printserver.approvals.statements import move_statement, propose
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations import passkeys, vouched_passkeys
from printserver.organisations.access import Actor
from printserver.organisations.passkey_answers import LONGEST_ANSWER, PasskeyRefused, PasskeyUnreadable, read_answer
from printserver.organisations.passkeys import AddedPasskey
from printserver.organisations.secrets import Secrets
from printserver.signing.errors import EvidenceForged
from printserver.signing.evidence import EvidenceClaims, claims_json, claims_of_json
from printserver.signing.passkey_evidence import (
    challenge_of,
    from_base64url,
    make_passkey_evidence,
    verify_passkey_evidence,
)
from printserver.signing.statements import StatementKind

PATIENCE: Final = timedelta(minutes=5)
"""From the moment that the claims were shown until the answer comes."""


class PasskeyNotVouched(Refused):
    """The person has no passkey that two officers have vouched for."""

    code = "passkey-not-vouched"


class PasskeyDecisionStale(Refused):
    """What was signed is not what is decided now, or was shown too long ago."""

    code = "passkey-decision-stale"


class PasskeyBusy(Refused):
    """The signer is just taking the passkey into its register."""

    code = "passkey-busy"


class PasskeyOfFurtherAccount(Refused):
    """Passkeys are kept with a person's first account."""

    code = "passkey-of-further-account"


class ClaimsToSign(Exception):
    """A passkey shall sign first.   question: see `claims_options`."""

    def __init__(self, question: Mapping[str, Any]) -> None:
        super().__init__("a passkey shall sign first")
        self.question = question


@dataclass(frozen=True)
class AskingAttestor:
    """Goes the whole way of a decision up to its signature, with every check, and then says what is to be signed."""

    question_for: Callable[[EvidenceClaims], Mapping[str, Any]]

    def attest(self, claims: EvidenceClaims) -> str:
        """Raises: ClaimsToSign, always, so that the transaction is not kept."""
        raise ClaimsToSign(self.question_for(claims))


@dataclass(frozen=True)
class PasskeyAttestor:
    """Gives the passkey's word, once it fits the decision.   text: verified passkey evidence over `signed`."""

    signed: EvidenceClaims
    text: str

    def attest(self, claims: EvidenceClaims) -> str:
        """Raises: PasskeyDecisionStale unless all but the moment is the same, and that not older than five minutes."""
        if replace(self.signed, decided_at=claims.decided_at) != claims:
            raise PasskeyDecisionStale("this is not what your passkey signed; please look at it again")
        if not timedelta(0) <= claims.decided_at - self.signed.decided_at <= PATIENCE:
            raise PasskeyDecisionStale("your passkey signed this too long ago; please decide again")
        return self.text


@dataclass(frozen=True)
class PasskeyOnly:
    """Where a passkey's word is demanded, nothing else is taken."""

    def attest(self, claims: EvidenceClaims) -> str:
        """Raises: PasskeyEvidenceNeeded, always."""
        raise PasskeyEvidenceNeeded("this is decided with a passkey alone")


def claims_options(work: Work, actor: Actor, secrets: Secrets, claims: EvidenceClaims) -> dict[str, Any]:
    """The claims and what the browser asks the passkey: `claims`, `public_key`.   Raises: PasskeyNotVouched."""
    keys = tuple(vouched_passkeys.evidence_keys(work, actor.id, secrets).values())
    if not keys:
        raise PasskeyNotVouched("two officers have not vouched for a passkey of yours yet")
    options = vouched_passkeys.options_for_keys(keys, challenge_of(claims))
    return {"claims": claims_json(claims), "public_key": options}


def passkey_attestor(work: Work, actor: Actor, secrets: Secrets, answer: str) -> PasskeyAttestor:
    """Verify what came back from the browser and keep the passkey's counter.

    answer: JSON text with the `claims` that were given out and the authenticator's answer as `credential`.
    Raises: PasskeyUnreadable, PasskeyRefused, PasskeyNotVouched.
    """
    value = _parts_of(answer)
    keys = vouched_passkeys.evidence_keys(work, actor.id, secrets)
    if not keys:
        raise PasskeyNotVouched("two officers have not vouched for a passkey of yours yet")
    try:
        claims = claims_of_json(value["claims"])
        response = value["credential"]["response"]
        credential_id = from_base64url(value["credential"]["id"])
        data = from_base64url(response["authenticatorData"])
        text = make_passkey_evidence(
            claims,
            credential_id=credential_id,
            authenticator_data=data,
            client_data_json=from_base64url(response["clientDataJSON"]),
            signature=from_base64url(response["signature"]),
        )
        verify_passkey_evidence(text, keys.get)
    except EvidenceForged as problem:
        raise PasskeyRefused("your passkey's answer does not hold") from problem
    except (ValueError, TypeError, KeyError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
    vouched_passkeys.note_counter(work, credential_id, data)
    return PasskeyAttestor(claims, text)


def ask_officers(work: Work, actor: Actor, attestor: Attestor, added: AddedPasskey) -> UUID:
    """Propose that the signer believes the new passkey; answers the statement's id.

    Raises: PasskeyOfFurtherAccount: whoever joined the account to a person would vouch in that person's name.
    """
    if actor.counts_as is not None:
        raise PasskeyOfFurtherAccount("passkeys are kept with a person's first account; please sign in with that one")
    body = {
        "person_id": str(added.person_id),
        "credential_id": added.credential_id,
        "public_key": added.public_key,
        "rp_id": added.rp_id,
        "origin": added.origin,
    }
    statement_id = propose(work, actor, attestor, StatementKind.KEY, body, subject_id=actor.id)
    passkeys.note_statement(work, added.id, statement_id)
    return statement_id


def remove(work: Work, actor: Actor, attestor: Attestor, passkey_id: UUID) -> None:
    """Remove a passkey of one's own here, and from what the signer believes.

    Raises: PasskeyNotFound, PasskeyBusy.
    """
    removed = passkeys.remove_passkey(work, actor, passkey_id)
    if removed.statement_id is not None:
        state = statement_facts(work, removed.statement_id).state
        if state is StatementState.CONFIRMED:
            raise PasskeyBusy("the signer is just taking this passkey up; please try again in a moment")
    unbelieve_removed(work, actor, attestor)


def unbelieve_removed(work: Work, actor: Actor, attestor: Attestor) -> None:
    """Tell the signer of every passkey of the organisation that was removed here: it stops, so one word is enough."""
    for each in vouched_passkeys.removed_with_statements(work, actor.organisation_id):
        try:
            newest = statement_facts(work, each.statement_id)
            kind, state = newest.kind, newest.state
        except StatementUnreadable:  # whatever it says: the passkey is gone
            kind, state = StatementKind.KEY, StatementState.REGISTERED
        if kind is not StatementKind.KEY:
            continue
        if state is StatementState.PROPOSED:
            move_statement(work, actor.by, each.statement_id, StatementAction.WITHDRAW)
        if state is StatementState.REGISTERED:
            body = {"person_id": str(each.person_id), "credential_id": each.credential_id}
            statement_id = propose(work, actor, attestor, StatementKind.UNKEY, body, subject_id=each.user_id)
            passkeys.note_statement(work, each.id, statement_id)


def _parts_of(answer: str) -> Mapping[str, Any]:
    try:
        value = json.loads(answer[: 2 * LONGEST_ANSWER])
        read_answer(json.dumps(value["credential"]))
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
    if not isinstance(value, dict):
        raise PasskeyUnreadable("this is no passkey's answer")
    return value
