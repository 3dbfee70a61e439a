"""The form of a new request as it was sent last: a reload, the back button and the other language show it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.problems import Problem, problem_of
from printserver.http_edge.work import Call
from printserver.organisations.access import Actor
from printserver.print_requests.open_forms import keep_form, kept_form
from printserver.web.changes import change
from printserver.web.forms import TypedRequest


@dataclass(frozen=True)
class Wrong:
    """What is shown beside the fields: `fields` have their own sentences, `problem` stands at `at`."""

    fields: frozenset[str] = frozenset()
    problem: Problem | None = None
    at: str = ""

    @classmethod
    def of(cls, problem: PrintServerError, at: str) -> Wrong:
        return cls(problem=problem_of(problem), at=at)


_NOTHING: Final = Wrong()


@dataclass(frozen=True)
class KeptForm:
    """`wrong`: without the fields, which are looked at anew."""

    typed: TypedRequest
    wrong: Wrong
    saved_at: datetime


def form_id_of(typed: TypedRequest) -> UUID:
    """A form that was sent without a name of its own gets one."""
    try:
        return UUID(typed.key)
    except ValueError:
        return new_id()


def keep(call: Call, typed: TypedRequest, wrong: Wrong = _NOTHING) -> UUID:
    """Answers the form's name.   Raises: as `keep_form`."""
    form_id, problem = form_id_of(typed), _to_json(wrong)
    words = typed.model_copy(update={"key": str(form_id)}).model_dump(mode="json")
    change(call, lambda work, actor: keep_form(work, actor, form_id, words, problem))
    return form_id


def sent_before(work: Work, actor: Actor, form_id: UUID | None) -> KeptForm | None:
    """None where no form of that name was sent by this person, or it was forgotten."""
    found = None if form_id is None else kept_form(work, actor, form_id)
    if found is None:
        return None
    wrong = Wrong() if found.problem is None else _of_json(found.problem)
    return KeptForm(TypedRequest.model_validate(found.typed), wrong, found.saved_at)


def _to_json(wrong: Wrong) -> dict[str, Any] | None:
    if wrong.problem is None:
        return None
    said = wrong.problem
    return {
        "at": wrong.at,
        "status": said.status,
        "code": said.code,
        "detail": said.detail,
        "facts": dict(said.facts or {}),
    }


def _of_json(said: Mapping[str, Any]) -> Wrong:
    return Wrong(problem=Problem(said["status"], said["code"], said["detail"], facts=said["facts"]), at=said["at"])
