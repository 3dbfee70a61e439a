"""A ticket desk in memory: what the drivers' tests redeem at, and the plainest reading of the `TicketDesk` port."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field

from printserver.printing.job_file import ShareSecret
from printserver.printing.ports import PrinterBusy, TicketClaim, TicketDesk, TicketRefused, TicketState

T = TicketState


@dataclass
class Entry:
    """One ticket: what it was made out for, and what became of it."""

    ticket: str
    job_uuid: str
    queue: str
    certificate_sha256: str
    spooler: str
    state: TicketState = T.OPEN
    attempt: str | None = None
    record: str = ""


@dataclass
class MemoryDesk(TicketDesk):
    """away: nothing is known and nothing done.   asked: how often each call came in."""

    shares: ShareSecret = field(default_factory=lambda: ShareSecret(secrets.token_bytes(32)))
    away: bool = False
    away_for: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    entries: dict[str, Entry] = field(default_factory=dict)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def make(self, job_uuid: str, queue: str, certificate_sha256: str, spooler: str) -> str:
        """A new open ticket."""
        ticket = secrets.token_hex(32)
        with self.guard:
            self.entries[ticket] = Entry(ticket, job_uuid, queue, certificate_sha256, spooler)
        return ticket

    def of_job(self, job_uuid: str) -> Entry:
        """The latest ticket of a job."""
        with self.guard:
            return [entry for entry in self.entries.values() if entry.job_uuid == job_uuid][-1]

    def claim(self, claim: TicketClaim, *, spooler: str) -> bytes:
        with self.guard:
            entry = self._entry("claim", claim.ticket, spooler)
            facts = (str(claim.job_uuid), claim.queue, claim.certificate_sha256)
            if facts != (entry.job_uuid, entry.queue, entry.certificate_sha256):
                raise TicketRefused("another job, queue or printer")
            if entry.state is T.OPEN:
                if any(other.queue == claim.queue and other.state in (T.CLAIMED, T.COMMITTED) for other in self._all()):
                    raise PrinterBusy("another copy is on its way")
                entry.state, entry.attempt = T.CLAIMED, claim.attempt
            if entry.state not in (T.CLAIMED, T.COMMITTED) or entry.attempt != claim.attempt:
                raise TicketRefused("used")
            return self.shares.share(claim.ticket)

    def start(self, ticket: str, attempt: str, *, spooler: str) -> None:
        with self.guard:
            entry = self._of_attempt("start", ticket, attempt, spooler)
            if entry.state not in (T.CLAIMED, T.COMMITTED):
                raise TicketRefused("not claimed")
            entry.state = T.COMMITTED

    def give_back(self, ticket: str, attempt: str, *, spooler: str) -> None:
        with self.guard:
            entry = self._entry("give_back", ticket, spooler)
            if entry.state is T.CLAIMED and entry.attempt == attempt:
                entry.state, entry.attempt = T.OPEN, None
            elif entry.state is not T.OPEN:
                raise TicketRefused("started, or another's")

    def record(self, ticket: str, attempt: str, record: str, *, spooler: str) -> None:
        with self.guard:
            entry = self._of_attempt("record", ticket, attempt, spooler)
            if record.startswith(entry.record):
                entry.record = record
            if "ended rc=" in record and entry.state in (T.CLAIMED, T.COMMITTED):
                entry.state = T.ENDED if "submitting" in record else T.WITHDRAWN

    def _all(self) -> list[Entry]:
        return list(self.entries.values())

    def _of_attempt(self, call: str, ticket: str, attempt: str, spooler: str) -> Entry:
        entry = self._entry(call, ticket, spooler)
        if entry.attempt != attempt:
            raise TicketRefused("another attempt's")
        return entry

    def _entry(self, call: str, ticket: str, spooler: str) -> Entry:
        self.asked[call] += 1
        if self.away or call in self.away_for:
            raise ConnectionError("the desk is away")
        entry = self.entries.get(ticket)
        if entry is None or entry.spooler != spooler:
            raise TicketRefused("no such ticket")
        return entry
