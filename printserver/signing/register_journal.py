"""The signer's register as a file beside the token: begun by a ceremony, continued by statements, append only.

Its first record holds the statements of the ceremony under the offline root's signature; each further one a statement
with the evidence that carried it. `register` says what they amount to.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import PrintServerError
from printserver.signing.chained_file import ChainedFile
from printserver.signing.end_marks import EndMarks
from printserver.signing.errors import JournalBroken, RegisterBroken, SignatureInvalid, StatementRefused
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import sign_message, verify_raw
from printserver.signing.ports import RawSign
from printserver.signing.refusals import Refusals
from printserver.signing.register import Standing
from printserver.signing.signatories import check_signatories
from printserver.signing.statements import Statement, StatementMalformed, statement_of_json
from printserver.signing.verified import verify_any

NAME: Final = "register"
REFUSALS: Final = "refusals.jsonl"
"""The file beside it with what people refused."""
_PREFIX: Final = b"printserver register genesis 1\x00"
_GENESIS: Final = {"genesis", "root_signature", "taken_at"}
_TAKEN: Final = {"statement", "evidence", "taken_at"}


@dataclass(frozen=True)
class TakenUp:
    """A statement with the signed words that carried it. Those of the ceremony have none: the root signed them."""

    statement: Statement
    evidence: tuple[str, ...]
    at: datetime


class RegisterJournal:
    """Opened by one process at a time; threads may share it."""

    def __init__(self, path: Path, root: ec.EllipticCurvePublicKey) -> None:
        """Open an existing register and add it up.

        root: the offline root's key, which signed the first record.
        Raises: JournalInUse, RegisterBroken (there is none, or it is not what was written).
        """
        self._lock = threading.Lock()
        self._marks = EndMarks(path.parent)
        self._standings: dict[int, Standing] = defaultdict(Standing)
        self._digests: dict[str, str] = {}
        self._history: list[TakenUp] = []
        if not path.exists():
            raise RegisterBroken("there is no register: nobody may decide anything; restore it, or hold a ceremony")
        try:
            self._file = ChainedFile(path, NAME)
        except JournalBroken as problem:
            raise RegisterBroken(str(problem)) from None
        try:
            self._read(root)
            self.refusals = _opened_refusals(path.with_name(REFUSALS))
        except BaseException:
            self._file.close()
            raise

    @property
    def head(self) -> tuple[int, str]:
        """How many lines there are, and the SHA-256 of the last."""
        with self._lock:
            return self._file.head

    @property
    def marked_head(self) -> tuple[int, str]:
        """`head` under the signer's own mark, for the log."""
        lines, head = self.head
        return lines, self._marks.marked(NAME, lines, head)

    def end_in(self, lines: int, text: str) -> str | None:
        """The head in what `marked_head` gave; None for what this signer never marked."""
        return self._marks.head_of(NAME, lines, text)

    def is_end(self, lines: int, head: str) -> bool:
        """Whether the first `lines` lines end in `head`."""
        with self._lock:
            return self._file.is_end(lines, head)

    def check_knows(self, lines: int, head: str) -> None:
        """Raises: RegisterBroken unless it begins with the lines whose `head` was kept elsewhere."""
        with self._lock:
            try:
                self._file.check_knows(lines, head)
            except JournalBroken as problem:
                raise RegisterBroken(str(problem)) from None

    def standing(self, organisation: int) -> Standing:
        """What holds now.   organisation: u32.   Raises: RegisterBroken when the file was touched."""
        with self._lock:
            self._check_untouched()
            return self._standings[organisation]

    @property
    def history(self) -> tuple[TakenUp, ...]:
        """Everything that it holds, oldest first."""
        with self._lock:
            return tuple(self._history)

    def take_up(self, statement: Statement, evidence: Sequence[str], key_list: KeyList, at: datetime) -> None:
        """Add a statement that enough people have signed; one that stands there already changes nothing.

        evidence: as `verified.verify_any` reads it.   at: now.
        Raises: StatementRefused, StatementMalformed, EvidenceForged, KeyUnknown, KeyNotValid; RegisterBroken.
        """
        with self._lock:
            self._check_untouched()
            try:
                if self._stands(statement):
                    return
                self._judge(statement, evidence, key_list, at)
            except (ValueError, TypeError, OverflowError, RecursionError) as problem:
                raise StatementMalformed("the statement or its evidence holds what none of ours ever held") from problem
            self._append({"statement": statement.to_json(), "evidence": list(evidence), "taken_at": as_text(at)})
            self._add(TakenUp(statement, tuple(evidence), at))

    def close(self) -> None:
        """Let the next process open it."""
        with self._lock:
            self._file.close()
            self.refusals.close()

    def _stands(self, statement: Statement) -> bool:
        """Raises: StatementRefused for another one with the same id."""
        known = self._digests.get(statement.id)
        if known is not None and known != statement.digest():
            raise StatementRefused("another statement with this id stands in the register")
        return known is not None

    def _judge(self, statement: Statement, evidence: Sequence[str], key_list: KeyList, at: datetime) -> None:
        standing = self._standings[statement.organisation]
        given = [verify_any(text, key_list, standing) for text in evidence]
        check_signatories(statement, given, standing, at)
        standing.after(statement, at)

    def _check_untouched(self) -> None:
        try:
            self._file.check_untouched()
        except JournalBroken as problem:
            raise RegisterBroken(str(problem)) from None

    def _append(self, record: Mapping[str, Any]) -> None:
        try:
            self._file.append(record)
        except JournalBroken as problem:
            raise RegisterBroken(str(problem)) from None

    def _read(self, root: ec.EllipticCurvePublicKey) -> None:
        records = [line.record for line in self._file.lines if line.record is not None]
        if not records or set(records[0]) != _GENESIS:
            raise RegisterBroken("the register does not begin with a ceremony")
        try:
            for statement in _genesis(records[0], root):
                self._add(TakenUp(statement, (), from_text(records[0]["taken_at"])))
            for record in records[1:]:
                if set(record) != _TAKEN:
                    raise RegisterBroken("a line of the register holds no statement")
                statement, evidence = statement_of_json(record["statement"]), tuple(record["evidence"])
                self._add(TakenUp(statement, evidence, from_text(record["taken_at"])))
        except (StatementMalformed, StatementRefused, ValueError) as problem:
            raise RegisterBroken(f"the register cannot be added up: {problem}") from problem

    def _add(self, taken: TakenUp) -> None:
        statement = taken.statement
        self._standings[statement.organisation] = self._standings[statement.organisation].after(statement, taken.at)
        self._digests[statement.id] = statement.digest()
        self._history.append(taken)


def _opened_refusals(path: Path) -> Refusals:
    try:
        return Refusals(path)
    except JournalBroken as problem:
        raise RegisterBroken(str(problem)) from None


def unproved(history: Sequence[TakenUp], key_list: KeyList) -> Iterator[tuple[TakenUp, PrintServerError]]:
    """Judge every statement of a register again by what stood there before it; answers what does not hold.

    Keys that were revoked since make older words unproved: look at when each was taken up.
    """
    standings: dict[int, Standing] = defaultdict(Standing)
    for taken in history:
        standing = standings[taken.statement.organisation]
        if taken.evidence:
            try:
                given = [verify_any(text, key_list, standing) for text in taken.evidence]
                check_signatories(taken.statement, given, standing, taken.at)
            except PrintServerError as problem:
                yield taken, problem
        standings[taken.statement.organisation] = standing.after(taken.statement, taken.at)


def begin_register(path: Path, statements: Sequence[Statement], *, sign: RawSign, at: datetime) -> None:
    """Write the first record of a new register.   sign: the offline root's key.   at: of the ceremony.

    Raises: RegisterBroken when there is one already; StatementMalformed, StatementRefused.
    """
    if path.exists():
        raise RegisterBroken("there is a register already")
    standings: dict[int, Standing] = defaultdict(Standing)
    for statement in statements:
        standings[statement.organisation] = standings[statement.organisation].after(statement, at)
    listed = [statement.to_json() for statement in statements]
    signature = sign_message(sign, _PREFIX + rfc8785.dumps(listed))
    file = ChainedFile(path, NAME)
    try:
        file.append(
            {
                "genesis": listed,
                "root_signature": base64.b64encode(signature).decode("ascii"),
                "taken_at": as_text(at),
            }
        )
    finally:
        file.close()


def _genesis(record: Mapping[str, Any], root: ec.EllipticCurvePublicKey) -> list[Statement]:
    try:
        signature = base64.b64decode(record["root_signature"], validate=True)
        verify_raw(root, signature, _PREFIX + rfc8785.dumps(record["genesis"]))
    except (SignatureInvalid, binascii.Error, TypeError) as problem:
        raise RegisterBroken("the offline root did not sign the beginning of the register") from problem
    return [statement_of_json(each) for each in record["genesis"]]
