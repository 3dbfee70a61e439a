"""The reviewed file of a later key ceremony: what is renewed, made or revoked, and which two officers are there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from printserver.signer.ceremony_plan import PlanMalformed
from printserver.signing.published_key import KeyUsage

RENEWABLE: Final = frozenset(KeyUsage) - {KeyUsage.SEAL}
"""All but the keys of seals, which are renewed with their seals."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RenewStep(_Part):
    """Make another key for this use, or the first one; what is listed stays listed to its end."""

    do: Literal["renew"]
    usage: KeyUsage
    years: int = Field(default=5, ge=1, le=10)
    wrappable: bool = False
    """As in the first ceremony's file."""

    @model_validator(mode="after")
    def _is_renewable(self) -> Self:
        if self.usage not in RENEWABLE:
            raise ValueError(f"a {self.usage} key is not renewed by this ceremony")
        return self


class RevokeStep(_Part):
    """Say of a key that it is lost or must not be believed any more, from now on."""

    do: Literal["revoke"]
    key_id: str = Field(pattern=r"^[0-9a-f]{8}$")
    reason: Literal["lost", "compromised", "replaced", "ended"]


class RefreshStep(_Part):
    """Publish key list and revocation list anew, with the same keys."""

    do: Literal["refresh"]


class RenewKeyEncryptionStep(_Part):
    """Make the next key that wraps the keys of stored objects; from then on the newest wraps."""

    do: Literal["renew-key-encryption"]
    wrappable: bool = False
    """As in the first ceremony's file."""


class DestroyKeyEncryptionStep(_Part):
    """Destroy a former one for ever. Refused while anything may be wrapped by it."""

    do: Literal["destroy-key-encryption"]
    generation: int = Field(ge=1, lt=1 << 16)
    """1 for `key-encryption`, 2 for `key-encryption.2` and so on."""


Step = RenewStep | RevokeStep | RefreshStep | RenewKeyEncryptionStep | DestroyKeyEncryptionStep


class LaterPlan(_Part):
    """officers: names for signing in of two people who hold the role of key officer."""

    title: str = Field(min_length=1, max_length=200)
    organisation: int = Field(ge=1, lt=1 << 32)
    officers: tuple[str, ...] = Field(min_length=2)
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if len(set(self.officers)) != len(self.officers):
            raise ValueError("the same officer is named twice")
        return self

    @model_validator(mode="after")
    def _alone(self) -> Self:
        """What works at once must not have happened when a further step fails."""
        at_once = any(isinstance(step, RenewKeyEncryptionStep | DestroyKeyEncryptionStep) for step in self.steps)
        if at_once and len(self.steps) > 1:
            raise ValueError("a step about the key-encryption key stands alone in its file")
        return self


def read_later_plan(path: Path) -> tuple[LaterPlan, str]:
    """The plan and the file's text.   Raises: PlanMalformed, saying where."""
    try:
        text = path.read_text("utf-8")
        return LaterPlan.model_validate(tomllib.loads(text)), text
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise PlanMalformed(f"{path} cannot be read: {problem}") from None
    except ValidationError as problem:
        lines = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problem.errors()]
        raise PlanMalformed(f"{path}: " + "; ".join(lines)) from None
