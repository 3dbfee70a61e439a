"""A passkey of the north's auditor, whom nobody asks to sign in."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

from printserver.approvals.passkeys import ask_officers
from printserver.organisations.passkey_answers import RelyingParty
from printserver.organisations.passkeys import add_passkey, registration_options
from printserver.organisations.permissions import Role
from tests.passkey import Passkey
from tests.world import World
from tests.world_building import SITE

PARTY: Final = RelyingParty(SITE.removeprefix("http://"), SITE)
BINDING: Final = "the scene"


def passkey_at(world: World) -> tuple[UUID, UUID]:
    """The passkey, and the statement by which officers shall vouch for it."""
    passkey = Passkey(credential_id=b"of the scene", rp_id=PARTY.rp_id, origin=PARTY.origin)
    with world.database.work() as work:
        auditor = world.actor(work, Role.AUDITOR)
        question = registration_options(work, auditor, PARTY, world.secrets, binding=BINDING)
        answer = json.dumps(passkey.create(question))
        added = add_passkey(work, auditor, PARTY, world.secrets, binding=BINDING, answer=answer, name="phone")
        return added.id, ask_officers(work, auditor, world.adapters.attestor, added)
