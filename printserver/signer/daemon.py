"""The signer process: the only one that opens the HSM. It listens on a Unix socket and asks the kernel who calls."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import socketserver
import struct
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog

from printserver.audit.witness import Witness
from printserver.foundation.database import open_engines
from printserver.foundation.errors import Forbidden, Malformed, PrintServerError
from printserver.foundation.job_queue import NoJobs
from printserver.foundation.logs import configure_unless_done
from printserver.foundation.unit_of_work import Database
from printserver.organisations.queries import organisation_numbered
from printserver.settings import Settings
from printserver.signer.clock_guard import ClockGuard
from printserver.signer.heads import HeadSigning, make_sequencer
from printserver.signer.issuing import Issuing
from printserver.signer.journal_anchor import check_journal
from printserver.signer.keys import SigningKeys
from printserver.signer.pdf_signing import preparation_of, time_stamp_authority
from printserver.signer.registering import Registering, check_register
from printserver.signer.seal_making import SealMaking
from printserver.signer.stopped_keys import StoppedKeys
from printserver.signer.storage_keys import OwnStorageKeys, StorageKeys
from printserver.signer.tokens import open_hsm
from printserver.signer.trust_watch import watch_trust
from printserver.signing.certificate_files import read_chains
from printserver.signing.errors import (
    JournalBroken,
    KeyEncryptionKeyMissing,
    RegisterBroken,
    SealOrderRefused,
    TimeStampUnavailable,
)
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import load_public_key
from printserver.signing.protocol import ConnectionLost, receive_frame, refusal, send_frame
from printserver.signing.published_key import certificate_spki
from printserver.signing.register_journal import RegisterJournal
from printserver.signing.spent_journal import SpentJournal
from printserver.signing.time_stamp_authority import TimeStampAuthority
from printserver.storage.opening import open_objects, open_vaults
from printserver.storage.sealed import KEY_BYTES, Belonging

_CREDENTIALS: Final = struct.Struct("3i")
FRAME_SECONDS: Final = 10.0


class Signer:
    """Answers requests; `clients` are the uids that may have copies signed.

    authority: answers requests for time-stamps.   making: makes seals that were ordered.
    storage: wraps the keys of sealed objects for `storage_clients`, who can have nothing signed.
    alarm: set when only a new start helps: it opens a spent journal that has failed again, or refuses to, and wastes
    what was redeemed before something unforeseen.
    """

    def __init__(
        self,
        issuing: Issuing,
        registering: Registering,
        clients: frozenset[int],
        alarm: threading.Event | None = None,
        *,
        authority: TimeStampAuthority | None = None,
        making: SealMaking | None = None,
        storage: StorageKeys | None = None,
        storage_clients: frozenset[int] = frozenset(),
    ) -> None:
        self._issuing = issuing
        self._making = making
        self._storage = storage
        self._storage_clients = storage_clients
        self._registering = registering
        self._authority = authority
        self._clients = clients
        self._alarm = alarm or threading.Event()

    def answer(self, request: Mapping[str, Any], uid: int) -> dict[str, Any]:
        try:
            return {"ok": True, **self._do(request, uid)}
        except PrintServerError as problem:
            if isinstance(problem, JournalBroken | RegisterBroken):
                self._alarm.set()
            return refusal(problem)
        except Exception:
            self._alarm.set()
            raise

    def _do(self, request: Mapping[str, Any], uid: int) -> dict[str, Any]:
        match request:
            case {"do": "health"}:
                return {"tree_head_key": self._issuing.keys.tree_head_id()}
            case {"do": "issue", "authorisation_id": str(text)}:
                self._require_client(uid)
                return {"issued_sha256": self._issuing.issue(_uuid(text))}
            case {"do": "register", "statement_id": str(text)}:
                self._require_client(uid)
                lines, head = self._registering.take_up(_uuid(text))
                return {"lines": lines, "head": head}
            case {"do": "make-seal", "organisation": int(number), "seal_id": str(text)}:
                self._require_client(uid)
                return {"object_sha256": self._seals().make(number, _uuid(text))}
            case {"do": "destroy-seal-key", "organisation": int(number), "seal_id": str(text)}:
                self._require_client(uid)
                return {"was_there": self._seals().destroy_key(number, _uuid(text))}
            case {"do": "person", "organisation": int(number), "person_id": str(text), "path": str(path)}:
                return self._registering.person(number, _uuid(text), path)
            case {"do": "time-stamp", "request": str(text)}:
                return {"response": b64encode(self._stamped(text)).decode("ascii")}
            case {"do": "wrap-key" | "unwrap-key" as what, "key": str(text), "of": dict() as named}:
                key = self._storage_keys(uid).wrap if what == "wrap-key" else self._storage_keys(uid).unwrap
                given = _octets(text)
                if what == "wrap-key" and len(given) != KEY_BYTES:
                    raise Malformed("the key of a sealed object has 32 bytes")
                return {"key": b64encode(key(given, _belonging(named), uid)).decode("ascii")}
            case _:
                raise Malformed("the signer does not know this request")

    def _seals(self) -> SealMaking:
        if self._making is None:
            raise SealOrderRefused("this signer makes no seals")
        return self._making

    def _stamped(self, text: str) -> bytes:
        """For whoever reaches the socket: a time-stamp binds nobody, and strangers may ask for it, too."""
        if self._authority is None:
            raise TimeStampUnavailable("this installation has no time-stamp authority; a ceremony makes its key")
        return self._authority.answer(_octets(text))

    def _storage_keys(self, uid: int) -> StorageKeys:
        if uid not in self._storage_clients:
            raise Forbidden("this system user may not open sealed objects; `storage_clients` of the settings says who")
        if self._storage is None:
            raise KeyEncryptionKeyMissing("this signer seals nothing")
        return self._storage

    def _require_client(self, uid: int) -> None:
        if uid not in self._clients:
            raise Forbidden("this system user may not have copies signed")


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        connection: socket.socket = self.request
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        _pid, uid, _gid = _CREDENTIALS.unpack(credentials)
        try:
            answer = self._answer(connection, uid)
            if answer is not None:
                send_frame(connection, answer, deadline=time.monotonic() + FRAME_SECONDS)
        except ConnectionLost:
            structlog.get_logger().info("a caller went away")

    def _answer(self, connection: socket.socket, uid: int) -> dict[str, Any] | None:
        try:
            request = receive_frame(connection, deadline=time.monotonic() + FRAME_SECONDS)
        except Malformed as problem:
            return refusal(problem)
        return None if request is None else self.server.signer.answer(request, uid)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self.signer = signer
        path = settings.signer_socket
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Handler)
        path.chmod(0o660)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises: HsmPinRefused, HsmUnavailable, KeyListRefused, JournalBroken, RegisterBroken, LogRolledBack: then nothing
    was served.
    """
    configure_unless_done()
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    database = Database(open_engines(settings.database), NoJobs())
    keys = open_keys(settings)
    with SpentJournal(settings.spent_journal) as journal, open_register(settings, keys.key_list) as register:
        check_journal(database, journal)
        keys = replace(keys, stopped=StoppedKeys(settings.stopped_keys, journal, database.clock.now))
        check_register(database, register)
        guard = ClockGuard(database.clock.now, partial(_newest_signed, journal, Witness(settings.witness)))
        storage = StorageKeys(keys.hsm, database, settings.storage_keys_per_minute)
        vaults = open_vaults(settings.object_store, settings.object_keys, OwnStorageKeys(storage, os.geteuid()))
        storage.make_key_unless_there(vaults.any)
        storage.require_use(settings.object_store)
        issuing = Issuing(
            database,
            open_objects(settings.object_store, settings.objects, vaults),
            keys,
            journal,
            register,
            preparation_of(settings, keys, guard.now),
            settings.public_url,
            guard.now,
        )
        wasted = issuing.waste_interrupted()
        heads = HeadSigning(make_sequencer(settings, database, keys, register.refusals), stop)
        heads.start()
        server = _Server(
            settings,
            Signer(
                issuing,
                Registering(database, keys.key_list, register),
                _users(settings.signer_clients),
                stop,
                authority=time_stamp_authority(keys, guard.now),
                making=SealMaking(
                    issuing.objects, keys, register, settings.made_seals, guard.now, partial(_organisation_id, database)
                ),
                storage=storage,
                storage_clients=_users(settings.storage_clients),
            ),
        )
        thread = threading.Thread(target=server.serve_forever, name="requests", daemon=True)
        thread.start()
        watch_trust(settings, stop)
        structlog.get_logger().info("signer ready", wasted=wasted)
        stop.wait()
        server.shutdown()
        server.server_close()
        heads.stop()
    keys.hsm.close()


def open_keys(settings: Settings) -> SigningKeys:
    """Raises: HsmPinRefused, HsmUnavailable, KeyListRefused, TrustFileRefused."""
    key_list = KeyList.read(settings.key_list, pin_file=settings.root_fingerprint)
    chains = read_chains(settings.imported_certificates)
    return SigningKeys(open_hsm(settings), key_list, chains, StoppedKeys(settings.stopped_keys))


def _newest_signed(journal: SpentJournal, witness: Witness) -> datetime | None:
    """The latest time that a spent copy or a signed tree head names."""
    head = witness.newest()
    known = [at for at in (journal.newest_at, head.at if head else None) if at is not None]
    return max(known, default=None)


def open_register(settings: Settings, key_list: KeyList) -> closing[RegisterJournal]:
    """For a `with` statement.   Raises: JournalInUse, RegisterBroken."""
    root = load_public_key(certificate_spki(key_list.root_certificate))
    return closing(RegisterJournal(settings.register, root))


def _organisation_id(database: Database, number: int) -> UUID:
    with database.reading() as work:
        return organisation_numbered(work, number).id


def _users(names: Sequence[str]) -> frozenset[int]:
    """Their numbers; the signer's own user when nobody is named."""
    return frozenset({pwd.getpwnam(name).pw_uid for name in names} or {os.geteuid()})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed("what a request names has a UUID") from None


def _octets(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Malformed("octets come as base64") from None


def _belonging(named: Mapping[str, Any]) -> Belonging:
    match named:
        case {"organisation_id": str(organisation), "kind": str(kind), "object_id": str(object_id), **rest} if not rest:
            try:
                return Belonging(_uuid(organisation), kind, _uuid(object_id))
            except ValueError:
                raise Malformed("this is no kind of object") from None
        case _:
            raise Malformed("a sealed object is named by its organisation, kind and id")
