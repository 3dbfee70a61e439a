"""Decisions signed by a passkey, at the edge: the question on the way out, the answer on the way in.

A form or a body that decides something takes `passkey`: empty for an attested decision, `ask` to learn what the passkey
shall sign, or the passkey's answer. So every endpoint that takes an attestor takes passkeys too:

    attestor = attestor_for(call, passkey)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeVar

from fastapi import Form

from printserver.approvals.flows import Attestor
from printserver.approvals.passkeys import (
    AskingAttestor,
    PasskeyOnly,
    claims_options,
    passkey_attestor,
)
from printserver.bootstrap import Adapters
from printserver.foundation.errors import Refused
from printserver.http_edge.actors import Visitor
from printserver.http_edge.limits import SIGN_IN, AttemptLimits
from printserver.http_edge.sign_in import Then
from printserver.http_edge.work import Call
from printserver.organisations.credentials import SignInRefused
from printserver.organisations.other_ways_in import sign_in_by_passkey
from printserver.organisations.passkey_answers import LONGEST_ANSWER, RelyingParty
from printserver.organisations.sign_in_policy import FactorKind
from printserver.settings import Settings
from printserver.signing.evidence import EvidenceClaims

Result = TypeVar("Result")

ASK: Final = "ask"
PasskeyField = Annotated[str, Form(max_length=2 * LONGEST_ANSWER)]
"""Of forms that decide something."""
AnswerField = Annotated[str, Form(max_length=LONGEST_ANSWER)]
"""Of forms that bring an authenticator's answer along."""


class PasskeysOff(Refused):
    """The server is reached by an address, and browsers keep passkeys for names alone."""

    code: ClassVar[str] = "passkeys-off"


def relying_party(settings: Settings) -> RelyingParty:
    """Raises: PasskeysOff."""
    site = settings.passkey_site
    if site is None:
        raise PasskeysOff("passkeys need a server that is reached by its name; see the setting public_url")
    return RelyingParty(*site)


@dataclass(frozen=True)
class PasskeyDoor:
    """Where people come in by a passkey, without a name. Failures count against the address, as everywhere."""

    adapters: Adapters
    limits: AttemptLimits
    visitor: Visitor

    def sign_in(self, *, answer: str, then: Then[Result]) -> Result:
        """What `then` returns; it runs in the transaction of the sign-in.   Raises: TooMany, SignInRefused."""
        self.limits.require_room(SIGN_IN, self.visitor.address)
        try:
            with self.adapters.database.work() as work:
                secrets, origin = self.adapters.secrets, self.visitor.origin
                return then(work, sign_in_by_passkey(work, secrets, answer, origin=origin), FactorKind.PASSKEY)
        except SignInRefused:
            self.limits.count_failure(SIGN_IN, self.visitor.address)
            raise


def attestor_for(call: Call, passkey: str, *, only: bool = False) -> Attestor:
    """Who vouches for the decision of this call; to be asked for outside of any transaction.

    passkey: the form's field.   only: whether nothing but a passkey's word will do.
    Raises: PasskeyUnreadable, PasskeyRefused, PasskeyNotVouched.
    """
    if passkey == ASK:
        return AskingAttestor(lambda claims: _question(call, claims))
    if passkey:
        with call.adapters.database.work() as work:
            return passkey_attestor(work, call.caller_in(work).actor, call.adapters.secrets, passkey)
    return PasskeyOnly() if only else call.adapters.attestor


def _question(call: Call, claims: EvidenceClaims) -> Mapping[str, Any]:
    with call.adapters.database.reading() as work:
        return claims_options(work, call.caller_in(work).actor, call.adapters.secrets, claims)
