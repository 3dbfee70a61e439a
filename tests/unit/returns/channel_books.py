"""Books whose one person may hand in returns, as an account of the channels, and what came of the channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, update

from printserver.foundation.ids import new_id
from printserver.organisations.models import RoleBinding, User
from printserver.organisations.permissions import Role
from printserver.returns.intake_channels import IntakeTools
from printserver.returns.intake_settings import WatchedFolderSettings
from printserver.returns.models import Return
from printserver.returns.quarantine_models import QuarantinedScan
from printserver.returns.watched_folder import FolderIntake
from tests.paper_books import Books
from tests.paper_drawings import png_of


def scan(number: int = 0) -> bytes:
    """A whole PNG, another one for each number."""
    picture = np.full((24, 24), 255, np.uint8)
    picture[0, :4] = np.frombuffer(number.to_bytes(4, "big"), np.uint8)
    return png_of(picture)


@dataclass
class ChannelBooks:
    books: Books
    login: str

    @property
    def tools(self) -> IntakeTools:
        return IntakeTools(self.books.database, self.books.objects)

    def freeze(self, *, frozen: bool = True) -> None:
        with self.books.database.work() as work:
            work.session.execute(update(User).where(User.id == self.books.person).values(frozen=frozen))

    def returned(self) -> list[bytes]:
        """The scans of the branch's returns, in the order in which they were handed in."""
        with self.books.database.reading() as work:
            digests = work.session.scalars(select(Return.scan_sha256).order_by(Return.id)).all()
        return [self.books.objects.get(digest, self.books.organisation_id) for digest in digests]

    def kept(self) -> list[tuple[str, str, bytes]]:
        """Name, refusal and bytes of each scan in quarantine."""
        with self.books.database.reading() as work:
            rows = work.session.scalars(select(QuarantinedScan).order_by(QuarantinedScan.id)).all()
        owner = self.books.organisation_id
        return [(row.filename, row.problem, self.books.objects.get(row.scan_sha256, owner)) for row in rows]


@dataclass
class Watched:
    """A watched folder under a clock that the test sets."""

    channel: ChannelBooks
    folder: Path
    intake: FolderIntake
    seconds: list[float]

    def put(self, name: str, data: bytes) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def look(self, after: float = 0.0) -> int:
        self.seconds[0] += after
        return self.intake.look()

    def names(self, below: str = "") -> list[str]:
        return sorted(path.name for path in (self.folder / below).iterdir() if path.is_file())


def watched_folder(channel: ChannelBooks, folder: Path, **settings: Any) -> Watched:
    """Files are quiet after 10 seconds, and waited for 100."""
    folder.mkdir(exist_ok=True)
    chosen = {"quiet_seconds": 10, "patience_seconds": 100, **settings}
    seconds = [1_000.0]
    wanted = WatchedFolderSettings(folder=folder, account=channel.login, **chosen)
    return Watched(channel, folder, FolderIntake(channel.tools, wanted, lambda: seconds[0]), seconds)


def channel_books(books: Books) -> ChannelBooks:
    """The person becomes a clerk of the branch, by a row."""
    with books.database.work() as work:
        user = work.session.get_one(User, books.person)
        work.session.add(
            RoleBinding(id=new_id(), user_id=user.id, role=Role.CLERK, branch_id=books.branch, created_at=work.now())
        )
    return ChannelBooks(books, user.login)
