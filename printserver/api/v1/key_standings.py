"""How long the keys and certificates of this installation are good."""

from __future__ import annotations

from datetime import datetime

from printserver.api.v1.common import View, api_router
from printserver.bootstrap import read_key_overview
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.signing.key_overview import Standing, Thing
from printserver.signing.published_key import KeyUsage

router = api_router("/keys", "keys")


class KeyStanding(View):
    """name: the key id of a key or an outside certificate.   stage: 90, 30, 7, 0 days when it is due."""

    thing: Thing
    name: str
    usage: KeyUsage | None
    organisation: int | None
    not_before: datetime
    not_after: datetime
    standing: Standing
    days_left: int
    stage: int | None


@router.get("", summary="Keys and certificates, the most urgent first")
@requires(Permission.MANAGE_KEYS, Permission.READ_AUDIT)
def list_key_standings(adapters: CurrentAdapters, work: CurrentWork) -> list[KeyStanding]:
    """What monitoring asks each day: anything with a `stage` wants a key ceremony."""
    lines = read_key_overview(adapters.settings, work.now())
    return [KeyStanding.model_validate(line, from_attributes=True) for line in lines]
