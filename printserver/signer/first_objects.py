"""The object store of a first ceremony: no signer runs yet, so the HSM wraps for this very process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from printserver.audit.log import By, append
from printserver.foundation.unit_of_work import Work
from printserver.settings import Settings
from printserver.signer.key_encryption import HsmKeys
from printserver.signer.storage_keys import VaultKeyMade
from printserver.signer.tokens import open_hsm
from printserver.storage.opening import open_objects, open_vaults
from printserver.storage.sealed_objects import SealedObjects
from printserver.storage.vault import KIND


@contextmanager
def first_objects(settings: Settings) -> Iterator[SealedObjects]:
    """Raises: HsmPinRefused, HsmUnavailable; StoreUnavailable for a bucket that does not answer."""
    hsm = open_hsm(settings)
    try:
        vaults = open_vaults(settings.object_store, settings.object_keys, HsmKeys(hsm))
        yield open_objects(settings.object_store, settings.objects, vaults)
    finally:
        hsm.close()


def record_vault_made(work: Work, by: By, organisation_id: UUID) -> None:
    """What the signer would have written down of the organisation's vault key."""
    made = VaultKeyMade(id=organisation_id, kind=KIND, system_user=os.geteuid())
    append(work, by.within(organisation_id), made)
