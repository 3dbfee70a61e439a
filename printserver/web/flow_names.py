"""The names of whom and what a flow speaks of: its people by their ids, its branches by their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import branch_names_of_path, names
from printserver.signing.flow import BranchCondition, Flow


@dataclass(frozen=True)
class FlowNames:
    people: Mapping[str, str]
    places: Mapping[str, str]


def flow_names(work: Work, *flows: Flow | None) -> FlowNames:
    steps = [step for flow in flows if flow is not None for step in flow.steps]
    people = names(work, {UUID(person) for step in steps for person in step.persons})
    paths = {each.value for step in steps for each in step.when if isinstance(each, BranchCondition)}
    return FlowNames(
        {str(id_): name for id_, name in people.items()},
        {path: branch_names_of_path(work, path) for path in paths},
    )
