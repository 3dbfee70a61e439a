"""How the channels of the settings do, by the rows that the worker keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from printserver.bootstrap import build
from printserver.foundation.errors import Unavailable
from printserver.foundation.unit_of_work import Database
from printserver.returns.intake_channels import Channel, IntakeTools
from printserver.returns.intake_status import ChannelView, every_channel
from printserver.settings import Settings

ALIVE: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """Of one channel that the settings name.   said: its trouble, or what it has done."""

    channel: Channel
    name: str
    account: str
    works: bool
    said: str


def standings(settings: Settings) -> list[Standing]:
    """In the order of the settings."""
    adapters = build(settings)
    try:
        with adapters.database.reading() as work:
            rows = {(row.channel, row.name): row for row in every_channel(work)}
        return [
            _standing(adapters.database, IntakeTools(adapters.database, adapters.objects), each, rows.get(each[:2]))
            for each in _named(settings)
        ]
    finally:
        adapters.database.engines.dispose()


def _named(settings: Settings) -> Iterator[tuple[Channel, str, str]]:
    for each in settings.watched_folders:
        yield Channel.FOLDER, str(each.folder), each.account
    for address, login in settings.scan_mail.addresses.items() if settings.scan_mail else ():
        yield Channel.MAIL, address, login
    for name, user in settings.scan_sftp.users.items() if settings.scan_sftp else ():
        yield Channel.SFTP, name, user.account


def _standing(
    database: Database, tools: IntakeTools, named: tuple[Channel, str, str], row: ChannelView | None
) -> Standing:
    trouble = _trouble(tools, named, row, database.clock.now())
    if trouble or row is None:
        return Standing(*named, works=False, said=trouble)
    said = f"taken in {row.taken_in}, in quarantine {row.quarantined}, not whole yet {row.waiting}"
    return Standing(*named, works=True, said=said)


def _trouble(tools: IntakeTools, named: tuple[Channel, str, str], row: ChannelView | None, now: datetime) -> str:
    try:
        tools.account(named[2], named[0])
    except Unavailable as problem:
        return str(problem)
    if row is None:
        return "no worker has opened it yet"
    if now - row.looked_at > ALIVE:
        return f"no worker has looked since {row.looked_at:%Y-%m-%d %H:%M:%S} UTC"
    return row.trouble
