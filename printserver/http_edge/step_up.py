"""Step-up: what seals, prints or decides is done only by who has just shown the second factor again.

The one place where that is checked. A browser's session remembers it; a program sends the header `X-Step-Up` with what
`POST /api/v1/step-ups` answered. A page's form may carry the password or code itself, and goes on as if nothing was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Literal
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request

from printserver.bootstrap import Adapters
from printserver.foundation.errors import Forbidden
from printserver.http_edge.actors import Caller
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_policy import FactorKind

HEADER: Final = "X-Step-Up"
PASSWORD_FIELD: Final = "step_up_password"  # noqa: S105 -- the name of a form's field
CODE_FIELD: Final = "step_up_code"
FIELDS: Final = frozenset({PASSWORD_FIELD, CODE_FIELD})
LONGEST_HEADER: Final = 100


@dataclass(frozen=True)
class KeptForm:
    """What was typed into a form that waits for a step-up.   has_files: files cannot be kept."""

    fields: tuple[tuple[str, str], ...]
    has_files: bool

    @classmethod
    def of(cls, form: FormData, *, without: frozenset[str]) -> KeptForm:
        kept = [(name, value) for name, value in form.multi_items() if name not in without]
        texts = tuple((name, value) for name, value in kept if isinstance(value, str))
        return cls(texts, any(getattr(value, "filename", "") for _name, value in kept))


Shows = Literal["password", "second-factor", "passkey"]
_NAMES: Final[Mapping[Shows, str]] = {
    "password": "password",
    "second-factor": "second factor",
    "passkey": "passkey, from an enrolled device,",
}
_BY_PASSKEY: Final = "p"
"""Ends the moment in the header of a program that showed a passkey."""


class StepUpNeeded(Forbidden):
    """Show the second factor (without one, the password) again, then send the same request once more."""

    code: ClassVar[str] = "step-up-needed"

    def __init__(self, needs: Shows) -> None:
        """needs: what this person shows."""
        super().__init__(f"please show that it is you: this needs your {_NAMES[needs]} again")
        self.needs = needs


def has_stepped_up(request: Request, adapters: Adapters, caller: Caller, *, by_passkey: bool = False) -> bool:
    """Whether the caller has shown who they are within the last minutes.   by_passkey: with a passkey, at that."""
    now, policy = adapters.database.clock.now(), adapters.settings.sign_in_policy
    if caller.person is not None:
        shown_at = caller.person.shown_at
        passkey = caller.person.factor is FactorKind.PASSKEY
    else:
        text = request.headers.get(HEADER, "")
        shown_at = shown_by_program(adapters.secrets, caller, text)
        passkey = text.partition(".")[0].endswith(_BY_PASSKEY)
    return policy.is_fresh(shown_at, now) and (passkey or not by_passkey)


def step_up_token(
    secrets: Secrets, user_id: UUID, token_id: UUID, now: datetime, factor: FactorKind = FactorKind.PASSWORD
) -> str:
    """Good for this API token of this account, for as many minutes as the settings say.   factor: that was shown."""
    at = f"{int(now.timestamp())}{_BY_PASSKEY if factor is FactorKind.PASSKEY else ''}"
    return f"{at}.{secrets.mac(Purpose.STEP_UP, str(user_id), str(token_id), at)}"


def shown_by_program(secrets: Secrets, caller: Caller, text: str) -> datetime | None:
    """When the header was given out; None for one that is not genuine."""
    at, _, mac = text[:LONGEST_HEADER].partition(".")
    moment = at.removesuffix(_BY_PASSKEY)
    if caller.token_id is None or not (moment.isascii() and moment.isdigit()):
        return None
    if not secrets.vouches(mac, Purpose.STEP_UP, str(caller.actor.id), str(caller.token_id), at):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(moment))
