"""What a proposed flow would change in the one that is used, step by step. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from printserver.signing.flow import Flow, Sealing, StepRule


class ChangeKind(StrEnum):
    """`moved`: the same step, at another place in the order."""

    SAME = "same"
    MOVED = "moved"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class StepChange:
    """`before`: None for a step that is new.   after: None for one that goes away."""

    kind: ChangeKind
    before: StepRule | None
    after: StepRule | None


@dataclass(frozen=True)
class FlowChanges:
    """`sealing`: from and to, when it is another one.   steps: the proposed ones in order, then those that go away."""

    sealing: tuple[Sealing, Sealing] | None
    steps: tuple[StepChange, ...]


def flow_changes(before: Flow | None, after: Flow) -> FlowChanges:
    """before: None when there is none yet. Steps are the same by their names for programs."""
    former = {} if before is None else {step.name: step for step in before.steps}
    proposed = {step.name for step in after.steps}
    kept = [name for name in former if name in proposed]
    order = [step.name for step in after.steps if step.name in former]
    stayed = {name for name, other in zip(kept, order, strict=True) if name == other}
    steps = [_change(former.get(step.name), step, moved=step.name not in stayed) for step in after.steps]
    steps += [StepChange(ChangeKind.REMOVED, step, None) for name, step in former.items() if name not in proposed]
    sealing = None if before is None or before.sealing is after.sealing else (before.sealing, after.sealing)
    return FlowChanges(sealing, tuple(steps))


def _change(before: StepRule | None, after: StepRule, *, moved: bool) -> StepChange:
    if before is None:
        return StepChange(ChangeKind.ADDED, None, after)
    if before != after:
        return StepChange(ChangeKind.CHANGED, before, after)
    return StepChange(ChangeKind.MOVED if moved else ChangeKind.SAME, before, after)
