"""What the roles grant: no role alone can do what takes two people."""

from __future__ import annotations

import pytest

from printserver.organisations.permissions import GRANTS, Permission, Role, roles_granting

P = Permission
INCOMPATIBLE = [
    {P.CREATE_REQUEST, P.APPROVE_REQUEST},
    {P.CREATE_REQUEST, P.CONFIRM_SEAL_USE},
    {P.APPROVE_REQUEST, P.CONFIRM_SEAL_USE},
    {P.RELEASE_COPIES, P.SETTLE_COPIES},
    {P.RELEASE_COPIES, P.APPROVE_REQUEST},
    {P.RELEASE_COPIES, P.CONFIRM_SEAL_USE},
    {P.CREATE_REQUEST, P.SETTLE_RETURNS},
]
CHANGING = set(Permission) - {permission for permission in Permission if permission.startswith("read-")}


@pytest.mark.parametrize("role", Role)
def test_no_role_holds_what_two_people_must_do(role: Role):
    assert [pair for pair in INCOMPATIBLE if pair <= GRANTS[role]] == []


def test_whoever_reads_the_log_changes_nothing():
    for role in roles_granting(P.READ_AUDIT):
        assert not GRANTS[role] & CHANGING


def test_every_role_grants_something_and_every_permission_is_somebodys():
    assert set(GRANTS) == set(Role)
    assert all(GRANTS.values())
    assert all(roles_granting(permission) for permission in Permission)
