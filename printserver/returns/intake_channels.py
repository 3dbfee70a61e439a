"""What every channel does with a file, whichever way it came: hand it in, or keep it in quarantine with the reason.

A channel lets go of a file only when `take_in` has answered: then it is stored on the disk and its row is committed.
What it raises leaves the file with whoever brought it, to be brought again; twice the same is once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from printserver.foundation.errors import Forbidden, NotFound, Unavailable
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import actor_of_login
from printserver.returns.intake import ScanIncomplete, ScanRefused
from printserver.returns.quarantine import keep_refused
from printserver.returns.service import AlreadyHandedIn, hand_in
from printserver.storage.objects import Objects


class Channel(StrEnum):
    FOLDER = "watched-folder"
    MAIL = "mail"
    SFTP = "sftp"


class ChannelAccountUnusable(Unavailable):
    """The account that the settings name is unknown, frozen or may not hand in returns; scans wait until it may."""

    code = "channel-account-unusable"


class ChannelUnusable(Unavailable):
    """The channel cannot be opened as the settings say."""

    code = "channel-unusable"


class Fate(StrEnum):
    TAKEN_IN = "taken-in"
    KNOWN = "known"
    """The branch has handed in these very bytes before."""
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Taken:
    """`id`: of the return, or of the scan in quarantine.   problem: why it is there; else empty."""

    fate: Fate
    id: UUID
    problem: str = ""


@dataclass(frozen=True)
class IntakeTools:
    """What the channels need of the outside."""

    database: Database
    objects: Objects

    def account(self, login: str, channel: Channel) -> Actor:
        """Raises: ChannelAccountUnusable."""
        try:
            with self.database.reading() as work:
                return actor_of_login(work, login, device=channel)
        except NotFound as problem:
            raise ChannelAccountUnusable(str(problem)) from None


def take_in(
    tools: IntakeTools, channel: Channel, login: str, *, filename: str, data: bytes, may_grow: bool = False
) -> Taken:
    """Store a file for good: as a return of the account's branch, or in its quarantine.

    login: of the account that the settings name for the channel.   may_grow: then a file that breaks off is not kept
    but raised as ScanIncomplete, for the rest may still come.
    Raises: ChannelAccountUnusable, Unavailable, ScanIncomplete; also what database and disk raise.
    """
    actor = tools.account(login, channel)
    try:
        return Taken(Fate.TAKEN_IN, hand_in(tools.database, tools.objects, actor, filename=filename, data=data))
    except AlreadyHandedIn as known:
        return Taken(Fate.KNOWN, known.return_id)
    except Forbidden:
        raise ChannelAccountUnusable(f"{login} may not hand in returns at its branch") from None
    except ScanRefused as problem:
        if may_grow and isinstance(problem, ScanIncomplete):
            raise
        kept = keep_refused(
            tools.database, tools.objects, actor, channel=channel, filename=filename, data=data, problem=problem
        )
        return Taken(Fate.QUARANTINED, kept, problem.code)
