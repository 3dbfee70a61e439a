"""Signs a tree head over the audit log each second in which something was recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from printserver.approvals.events import RequestDecided
from printserver.audit.heads import Verify, head_verifier
from printserver.audit.sequencer import Sequencer
from printserver.audit.witness import Witness
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.events import CopyMoved, RequestMoved
from printserver.print_requests.service import ENDED as REQUESTS_ENDED
from printserver.print_requests.states import INVALID
from printserver.settings import Settings
from printserver.signer.keys import SigningKeys
from printserver.signing.evidence import Decision
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.signing.refusals import Refusals

SECONDS: Final = 1.0
_TELLING: Final = tuple(f'"{event.__name__}"' for event in (RequestDecided, RequestMoved, CopyMoved))
RETRIED: Final = frozenset({"hsm-unavailable", "clock-set-back"})


def trusted_heads(key_list: KeyList) -> Verify:
    """A check of heads by the tree-head keys of the list."""
    return head_verifier({key.key_id: key.p256_key() for key in key_list.of_usage(KeyUsage.TREE_HEAD)})


def make_sequencer(settings: Settings, database: Database, keys: SigningKeys, refusals: Refusals) -> Sequencer:
    """refusals: learns from each entry what people refused or called off."""
    return Sequencer(
        database,
        Witness(settings.witness),
        keys.sign_tree_head,
        keys.tree_head_id(),
        verify_head=trusted_heads(keys.key_list),
        notice=lambda bodies: refusals.note(ended_in(bodies), database.clock.now()),
    )


def ended_in(bodies: Sequence[str]) -> list[str]:
    """What entries say was refused or called off: digests of manifests, ids of requests and of copies."""
    return [named for body in bodies if any(each in body for each in _TELLING) for named in _ended_by(body)]


def _ended_by(body: str) -> Iterator[str]:
    try:
        said = json.loads(body)
        event, facts = said["event"], said["facts"]
        if event == RequestDecided.__name__ and facts["decision"] == Decision.REFUSED:
            yield str(facts["manifest_sha256"])
        if (event == RequestMoved.__name__ and facts["after"] in REQUESTS_ENDED) or (
            event == CopyMoved.__name__ and facts["after"] in INVALID
        ):
            yield str(said["subject_id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        structlog.get_logger().error("an entry of the log does not read")


@dataclass
class HeadSigning:
    """One thread. A log that was rolled back or rewritten while it runs ends the process by `alarm`."""

    sequencer: Sequencer
    alarm: threading.Event
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Raises: LogRolledBack and others of the audit room: then the signer must not start."""
        self.sequencer.check_against_witness()
        self._thread = threading.Thread(target=self._run, name="tree-heads", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sign what is recorded, then end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            last = self._stop.wait(SECONDS)
            try:
                while self.sequencer.run_once() is not None:
                    pass
            except PrintServerError as problem:
                structlog.get_logger().critical("no tree head", code=problem.code, reason=str(problem))
                if problem.code not in RETRIED:
                    self.alarm.set()
                    return
            if last:
                return
