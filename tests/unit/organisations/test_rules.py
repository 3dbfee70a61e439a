"""What one person may never hold together, and where rights meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.organisations.permissions import GRANTS, Permission, Role
from printserver.organisations.rules import (
    CHANGING,
    INCOMPATIBLE,
    Holding,
    RolesIncompatible,
    conflicts,
    require_coherent,
    require_compatible,
)

P = Permission
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENTS = st.none() | st.integers(0, 6).map(lambda days: NOON + timedelta(days=days))
PATHS = st.sampled_from(["/a/", "/a/b/", "/a/c/", "/a/b/d/", "/ab/"])
HOLDINGS = st.builds(
    lambda role, path, since, until: Holding(role, GRANTS[role], path, since, until),
    st.sampled_from(Role),
    PATHS,
    MOMENTS,
    MOMENTS,
)


def held(role: Role, path: str, since: int | None = None, until: int | None = None) -> Holding:
    dates = (None if day is None else NOON + timedelta(days=day) for day in (since, until))
    return Holding(role, GRANTS[role], path, *dates)


@pytest.mark.parametrize("role", Role)
def test_every_built_in_role_is_coherent(role: Role):
    require_coherent(GRANTS[role])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Role.CLERK, Role.APPROVER),
        (Role.CLERK, Role.CUSTODIAN),
        (Role.APPROVER, Role.CUSTODIAN),
        (Role.CLERK, Role.PRINTER_ADMINISTRATOR),
        (Role.CLERK, Role.SEAL_ADMINISTRATOR),
        (Role.CLERK, Role.ARCHIVIST),
        (Role.KEY_OFFICER, Role.SYSTEM_ADMINISTRATOR),
        (Role.SEAL_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR),
        (Role.KEY_OFFICER, Role.APPROVER),
        *((Role.AUDITOR, role) for role in Role if role is not Role.AUDITOR),
    ],
)
def test_these_roles_do_not_go_together_above_below_or_at_the_same_branch(one: Role, other: Role):
    for first, second in (("/a/", "/a/"), ("/a/", "/a/b/"), ("/a/b/", "/a/")):
        with pytest.raises(RolesIncompatible):
            require_compatible([held(one, first), held(other, second)])
    require_compatible([held(one, "/a/b/"), held(other, "/a/c/")])


def test_rights_that_are_never_held_at_the_same_time_do_not_meet():
    require_compatible([held(Role.CLERK, "/a/", until=2), held(Role.APPROVER, "/a/", since=2)])
    with pytest.raises(RolesIncompatible):
        require_compatible([held(Role.CLERK, "/a/", until=3), held(Role.APPROVER, "/a/", since=2)])


def test_a_name_that_begins_alike_is_no_place_above():
    require_compatible([held(Role.CLERK, "/a/"), held(Role.APPROVER, "/ab/")])


def test_whoever_reads_the_log_may_change_nothing():
    assert all(frozenset({P.READ_AUDIT, one}) in INCOMPATIBLE for one in CHANGING)


@given(st.lists(HOLDINGS, max_size=5))
def test_what_is_let_through_never_gives_a_pair_at_any_place_and_moment(holdings: list[Holding]):
    try:
        require_compatible(holdings)
    except RolesIncompatible:
        return
    for day in range(-1, 8):
        at = NOON + timedelta(days=day)
        for place in ("/a/", "/a/b/", "/a/c/", "/a/b/d/", "/ab/"):
            present = frozenset().union(
                *(
                    one.permissions
                    for one in holdings
                    if place.startswith(one.path)
                    and (one.since is None or one.since <= at)
                    and (one.until is None or at < one.until)
                )
            )
            assert not conflicts(present, present)
