"""Check passwords and codes at the edge: limited by address, failures recorded before they are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from printserver.bootstrap import Adapters
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import Visitor
from printserver.http_edge.limits import SIGN_IN, AttemptLimits
from printserver.http_edge.step_up import Shows
from printserver.organisations.access import Actor
from printserver.organisations.credentials import (
    REFUSAL,
    Candidate,
    SecondFactorNeeded,
    SignInRefused,
    candidate_of,
    check_again,
    check_own_password,
    check_password,
    check_second_factor,
    pending_sign_in,
)
from printserver.organisations.second_factor import factors_of
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.sign_in_sources import genuine_device

Result = TypeVar("Result")


class StepUpRefused(Forbidden):
    """A wrong password or code of somebody who is signed in."""

    code = "step-up-refused"

    def __init__(self, needs: Shows) -> None:
        super().__init__("this is not right, or the account rests for a moment")
        self.needs = needs


Refusal = TypeVar("Refusal", SignInRefused, StepUpRefused)
Then = Callable[[Work, Actor, FactorKind], Result]


@dataclass(frozen=True)
class Door:
    """Where people show who they are.

    Only failures count against an address: a whole office may stand behind one. A device on which somebody signed in
    before is counted by itself, so that nobody is kept out by a neighbour who guesses.
    """

    adapters: Adapters
    limits: AttemptLimits
    visitor: Visitor

    def sign_in(self, *, login: str, password: str, code: str = "", then: Then[Result]) -> Result:
        """What `then` returns; it runs in the transaction of the complete sign-in: open a session, issue a token.

        Raises: TooMany, SignInRefused, SecondFactorNeeded when the password is right and a code is missing.
        """
        self._require_room()
        origin, policy = self.visitor.origin, self.adapters.settings.sign_in_policy
        with self.adapters.database.work() as work:
            secrets = self.adapters.secrets
            candidate = check_password(work, secrets, login=login, password=password, origin=origin, policy=policy)
            if candidate is not None and not candidate.factors:
                return then(work, candidate.actor, FactorKind.PASSWORD)
            if candidate is not None and not code:
                raise SecondFactorNeeded(pending_sign_in(work, secrets, candidate), candidate.factors)
            factor = None if candidate is None else self._code(work, candidate, code)
            if candidate is not None and factor is not None:
                return then(work, candidate.actor, factor)
        raise self._refused(SignInRefused(REFUSAL))

    def second_step(self, *, pending: str, code: str, then: Then[Result]) -> Result:
        """As `sign_in`, for who showed the password a moment ago.   Raises: TooMany, SignInRefused."""
        self._require_room()
        with self.adapters.database.work() as work:
            candidate = candidate_of(work, self.adapters.secrets, pending, origin=self.visitor.origin)
            factor = self._code(work, candidate, code)
            if factor is not None:
                return then(work, candidate.actor, factor)
        raise self._refused(SignInRefused(REFUSAL))

    def show_again(
        self, actor: Actor, *, password: str, code: str, then: Callable[[Work, FactorKind], Result]
    ) -> Result:
        """For a step-up.   Raises: TooMany, StepUpRefused."""
        self._require_room()
        policy = self.adapters.settings.sign_in_policy
        with self.adapters.database.work() as work:
            needs: Shows = "second-factor" if factors_of(work, actor.id) else "password"
            factor = check_again(
                work,
                self.adapters.secrets,
                actor,
                password=password,
                code=code,
                origin=self.visitor.origin,
                policy=policy,
            )
            if factor is not None:
                return then(work, factor)
        raise self._refused(StepUpRefused(needs))

    def with_password(self, actor: Actor, password: str, then: Callable[[Work], Result]) -> Result:
        """Before the password is changed.   Raises: TooMany, StepUpRefused."""
        self._require_room()
        origin, policy = self.visitor.origin, self.adapters.settings.sign_in_policy
        with self.adapters.database.work() as work:
            secrets = self.adapters.secrets
            if check_own_password(work, secrets, actor, password=password, origin=origin, policy=policy) is not None:
                return then(work)
        raise self._refused(StepUpRefused("password"))

    def _code(self, work: Work, candidate: Candidate, code: str) -> FactorKind | None:
        return check_second_factor(
            work,
            self.adapters.secrets,
            candidate,
            code,
            origin=self.visitor.origin,
            policy=self.adapters.settings.sign_in_policy,
        )

    @property
    def _counted_as(self) -> str:
        return genuine_device(self.adapters.secrets, self.visitor.device_cookie) or self.visitor.address

    def _require_room(self) -> None:
        self.limits.require_room(SIGN_IN, self._counted_as)

    def _refused(self, refusal: Refusal) -> Refusal:
        self.limits.count_failure(SIGN_IN, self._counted_as)
        return refusal
