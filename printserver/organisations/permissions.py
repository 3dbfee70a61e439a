"""Roles and what they may do. A permission is held at a branch and everywhere below it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    CREATE_REQUEST = "create-request"
    READ_REQUESTS = "read-requests"
    APPROVE_REQUEST = "approve-request"
    CONFIRM_SEAL_USE = "confirm-seal-use"
    RELEASE_COPIES = "release-copies"
    READ_PRINTERS = "read-printers"
    MANAGE_PRINTERS = "manage-printers"
    SETTLE_COPIES = "settle-copies"
    HAND_IN_RETURNS = "hand-in-returns"
    READ_RETURNS = "read-returns"
    SETTLE_RETURNS = "settle-returns"
    READ_ARCHIVE = "read-archive"
    READ_EVIDENCE = "read-evidence"
    IMPORT_ARCHIVE = "import-archive"
    MANAGE_RETENTION = "manage-retention"
    CONFIRM_RETENTION = "confirm-retention"
    READ_AUDIT = "read-audit"
    READ_SEALS = "read-seals"
    MANAGE_SEALS = "manage-seals"
    MANAGE_DOCUMENTS = "manage-documents"
    MANAGE_PEOPLE = "manage-people"
    READ_PEOPLE = "read-people"
    REVIEW_RIGHTS = "review-rights"
    MANAGE_INTEGRATIONS = "manage-integrations"
    MANAGE_KEYS = "manage-keys"
    CONFIRM_STATEMENTS = "confirm-statements"


class Role(StrEnum):
    CLERK = "clerk"
    APPROVER = "approver"
    CUSTODIAN = "custodian"
    PRINTER_ADMINISTRATOR = "printer-administrator"
    ARCHIVIST = "archivist"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system-administrator"
    DOCUMENT_ADMINISTRATOR = "document-administrator"
    SEAL_ADMINISTRATOR = "seal-administrator"
    KEY_OFFICER = "key-officer"


P = Permission
GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.CLERK: frozenset(
        {P.CREATE_REQUEST, P.READ_REQUESTS, P.RELEASE_COPIES, P.READ_PRINTERS, P.READ_SEALS, P.HAND_IN_RETURNS}
        | {P.READ_RETURNS}
    ),
    Role.APPROVER: frozenset({P.READ_REQUESTS, P.APPROVE_REQUEST, P.READ_SEALS}),
    Role.CUSTODIAN: frozenset({P.READ_REQUESTS, P.CONFIRM_SEAL_USE, P.READ_SEALS}),
    Role.PRINTER_ADMINISTRATOR: frozenset({P.READ_PRINTERS, P.MANAGE_PRINTERS, P.SETTLE_COPIES, P.READ_REQUESTS}),
    Role.ARCHIVIST: frozenset(
        {P.HAND_IN_RETURNS, P.READ_RETURNS, P.SETTLE_RETURNS, P.READ_ARCHIVE, P.READ_REQUESTS}
        | {P.MANAGE_RETENTION, P.CONFIRM_RETENTION, P.READ_EVIDENCE, P.IMPORT_ARCHIVE}
    ),
    Role.AUDITOR: frozenset(
        {P.READ_AUDIT, P.READ_ARCHIVE, P.READ_REQUESTS, P.READ_RETURNS, P.READ_PRINTERS, P.READ_SEALS, P.READ_PEOPLE}
        | {P.READ_EVIDENCE}
    ),
    Role.SYSTEM_ADMINISTRATOR: frozenset({P.MANAGE_PEOPLE, P.READ_PEOPLE, P.MANAGE_INTEGRATIONS}),
    Role.DOCUMENT_ADMINISTRATOR: frozenset({P.MANAGE_DOCUMENTS, P.READ_SEALS, P.READ_PEOPLE}),
    Role.SEAL_ADMINISTRATOR: frozenset(
        {P.MANAGE_SEALS, P.READ_SEALS, P.CONFIRM_STATEMENTS, P.READ_PEOPLE, P.REVIEW_RIGHTS}
    ),
    Role.KEY_OFFICER: frozenset({P.MANAGE_KEYS, P.CONFIRM_STATEMENTS, P.READ_SEALS, P.READ_PEOPLE}),
}


BINDING: Final = frozenset({P.APPROVE_REQUEST, P.CONFIRM_SEAL_USE, P.CONFIRM_STATEMENTS})
"""Who holds one of these can help to bring the HSM to sign: two officers give it, in the signer's own register."""

RESERVED: Final = BINDING | {P.MANAGE_KEYS, P.MANAGE_SEALS, P.MANAGE_PEOPLE}
"""No custom role holds these: what they can do is bound to built-in roles, whose name the signer knows too."""


def roles_granting(permission: Permission) -> tuple[Role, ...]:
    return tuple(role for role in Role if permission in GRANTS[role])


def permissions_of(role: str) -> frozenset[Permission]:
    """Of a built-in role; a role that is not known here grants nothing."""
    return GRANTS[Role(role)] if role in _KNOWN else frozenset()


def is_binding(role: str) -> bool:
    """Whether it takes two officers to give it."""
    return bool(permissions_of(role) & BINDING)


_KNOWN: Final = frozenset(Role)
