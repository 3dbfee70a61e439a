"""My passkeys, and decisions that a passkey signs, for programs with an authenticator of their own."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.decisions import Decided, ManifestDigest, Words
from printserver.approvals import passkeys as decisions
from printserver.approvals import statements
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.passkeys import ASK, attestor_for, relying_party
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations import passkeys
from printserver.organisations.access import Actor
from printserver.organisations.passkeys import LONGEST_NAME, PasskeyNotFound, factor_question
from printserver.organisations.permissions import Permission
from printserver.organisations.sessions import forget_shown_factors
from printserver.print_requests.deciding import Saying, decide

router = api_router("", "passkeys")

EXAMPLE: Final[dict[str, Any]] = {
    "id": "Y3JlZGVudGlhbC0wMDAx",
    "rawId": "Y3JlZGVudGlhbC0wMDAx",
    "type": "public-key",
    "response": {"clientDataJSON": "eyJ0eXBlIjoi…", "authenticatorData": "SZYN5Y…", "signature": "MEUCIQ…"},
}
Credential = Annotated[
    dict[str, Any],
    Field(description="As `PublicKeyCredential.toJSON()` of Web Authentication writes it.", examples=[EXAMPLE]),
]
Claims = Annotated[dict[str, Any], Field(description="Exactly as they were given out.")]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["my phone"])]


class Passkey(View):
    """`evidence_since`: since when its signatures count as decisions, null before; see `statement_id`."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    evidence_since: datetime | None
    statement_id: UUID | None


class NewPasskey(View):
    name: Name
    credential: Credential


class Renaming(View):
    name: Name


class Added(View):
    """`statement_id`: what two officers sign, so that the signer believes the passkey."""

    id: UUID
    statement_id: UUID


class Question(View):
    """`public_key`: as `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`."""

    public_key: dict[str, Any]


class Signing(View):
    """`claims`: what is signed; `public_key`: how the authenticator is asked. The challenge follows from the claims."""

    claims: dict[str, Any]
    public_key: dict[str, Any]


class SignedDecision(View):
    saying: Saying
    manifest_sha256: ManifestDigest
    reason: Words = ""
    to: UUID | None = None
    claims: Claims
    credential: Credential


class SignedStatement(View):
    sha256: ManifestDigest
    claims: Claims
    credential: Credential


class StatementSigned(View):
    id: UUID
    state: str


@router.get("/passkeys", summary="My passkeys")
@signed_in()
def list_passkeys(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> list[Passkey]:
    return [Passkey(**_shown(each)) for each in passkeys.passkeys(work, actor, adapters.secrets)]


@router.post("/passkeys/questions", summary="What a new passkey is asked")
@signed_in()
def create_question(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Question:
    party = relying_party(adapters.settings)
    options = passkeys.registration_options(work, actor, party, adapters.secrets, binding=_binding(actor))
    return Question(public_key=options)


@router.post("/passkeys", status_code=201, summary="Add a passkey")
@signed_in(step_up=True)
def create_passkey(body: NewPasskey, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Added:
    """For signing in it counts at once, for decisions when two officers have signed the statement."""
    party, answer = relying_party(adapters.settings), json.dumps(body.credential)
    added = passkeys.add_passkey(
        work, actor, party, adapters.secrets, binding=_binding(actor), answer=answer, name=body.name
    )
    forget_shown_factors(work, actor.id)
    return Added(id=added.id, statement_id=decisions.ask_officers(work, actor, adapters.attestor, added))


@router.post("/passkeys/factor-questions", summary="What my passkey is asked for a step-up")
@signed_in()
def create_factor_question(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Question:
    """The answer, as a JSON text, is the `code` of `POST /step-ups`."""
    question = factor_question(work, adapters.secrets, actor.id)
    if question is None:
        raise PasskeyNotFound("you have no passkey")
    return Question(public_key=question)


@router.patch("/passkeys/{passkey_id}", status_code=204, summary="Rename one of my passkeys")
@signed_in()
def rename_passkey(passkey_id: UUID, body: Renaming, actor: CurrentActor, work: CurrentWork) -> None:
    passkeys.rename_passkey(work, actor, passkey_id, name=body.name)


@router.delete("/passkeys/{passkey_id}", status_code=204, summary="Remove one of my passkeys")
@signed_in(step_up=True)
def delete_passkey(passkey_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> None:
    """It opens nothing any more, and the signer is told to believe it no more."""
    decisions.remove(work, actor, adapters.attestor, passkey_id)


@router.get(
    "/print-requests/{request_id}/decision-claims",
    summary="What my passkey signs to decide",
    responses={200: {"model": Signing}},
)
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def read_decision_claims(
    request_id: UUID,
    call: CurrentCall,
    saying: Saying,
    manifest_sha256: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")],
    reason: Annotated[str, Query(max_length=500)] = "",
    to: UUID | None = None,
) -> None:
    """Everything is checked as for the decision itself; good for five minutes."""
    _decide(call, ASK, request_id, saying, manifest_sha256, reason, to)


@router.post("/print-requests/{request_id}/passkey-decisions", status_code=201, summary="Decide, signed by my passkey")
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def create_decision(request_id: UUID, body: SignedDecision, call: CurrentCall) -> Decided:
    """The signature is the step-up, too."""
    signed = json.dumps({"claims": body.claims, "credential": body.credential})
    return _decide(call, signed, request_id, body.saying, body.manifest_sha256, body.reason, body.to)


@router.get(
    "/statements/{statement_id}/signature-claims",
    summary="What my passkey signs to vouch for a statement",
    responses={200: {"model": Signing}},
)
@requires(Permission.CONFIRM_STATEMENTS)
def read_signature_claims(
    statement_id: UUID, call: CurrentCall, sha256: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")]
) -> None:
    _sign(call, ASK, statement_id, sha256)


@router.post("/statements/{statement_id}/passkey-signatures", status_code=201, summary="Sign a statement by my passkey")
@requires(Permission.CONFIRM_STATEMENTS)
def create_signature(statement_id: UUID, body: SignedStatement, call: CurrentCall) -> StatementSigned:
    signed = json.dumps({"claims": body.claims, "credential": body.credential})
    return _sign(call, signed, statement_id, body.sha256)


def _decide(
    call: Call, passkey: str, request_id: UUID, saying: Saying, manifest_sha256: str, reason: str, to: UUID | None
) -> Decided:
    attestor = attestor_for(call, passkey, only=True)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        return Decided.model_validate(
            decide(
                work,
                actor,
                attestor,
                request_id,
                saying,
                objects=call.adapters.objects,
                manifest_sha256=manifest_sha256,
                reason=reason,
                to=to,
            )
        )


def _sign(call: Call, passkey: str, statement_id: UUID, sha256: str) -> StatementSigned:
    attestor = attestor_for(call, passkey, only=True)
    with call.transaction() as work:
        facts = statements.confirm(work, call.caller_in(work).actor, attestor, statement_id, sha256=sha256)
        return StatementSigned(id=facts.id, state=str(facts.state))


def _shown(passkey: passkeys.PasskeyView) -> dict[str, Any]:
    return {name: getattr(passkey, name) for name in Passkey.model_fields}


def _binding(actor: Actor) -> str:
    return f"program {actor.id}"
