"""A fence backend in these worlds: what it asks the desk for, and what it writes down."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.print_requests.tickets import Desk
from printserver.printing.ports import TicketClaim


@dataclass(frozen=True)
class Backend:
    """One run of a fence backend, as the desk sees it."""

    desk: Desk
    copy_id: UUID
    claim: TicketClaim

    def redeem(self) -> bytes:
        return self.desk.claim(self.claim, spooler="local")

    def start(self) -> None:
        self.desk.start(self.claim.ticket, self.claim.attempt, spooler="local")

    def give_back(self) -> None:
        self.desk.give_back(self.claim.ticket, self.claim.attempt, spooler="local")

    def record(self, lines: str) -> None:
        self.desk.record(self.claim.ticket, self.claim.attempt, lines, spooler="local")


def fence_lines(impressions: int) -> str:
    """What the fence wrote down of a copy that ended after so many sides; none: the printer aborted it."""
    state, ended = ("completed", 0) if impressions else ("aborted", 1)
    return (
        "claimed cups-job=1 pid=1\nsubmitting\nprinter-job=7\n"
        f"printer-state={state} impressions={impressions}\nended rc={ended}\n"
    )
