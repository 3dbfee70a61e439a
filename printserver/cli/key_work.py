"""What `printserver keys …` does, apart from asking and telling: on this machine, beside the signer's own files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.audit.log import append
from printserver.audit.sequencer import renew_witness
from printserver.audit.witness import Witness
from printserver.bootstrap import build, read_key_list, read_key_overview
from printserver.cli.system_users import SIGNER, give_all, system_user
from printserver.foundation.clock import SystemClock, as_text
from printserver.foundation.errors import PrintServerError, Refused
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.organisations.credentials import check_password, check_second_factor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names, organisations, person_of_account
from printserver.organisations.secrets import Secrets
from printserver.settings import Settings
from printserver.signer.heads import trusted_heads
from printserver.signer.held_keys import opened_token, request_for
from printserver.signer.key_encryption import HsmKeys
from printserver.signer.key_events import (
    EpochBegun,
    KeyCeremonyHeld,
    KeyCertificateImported,
    KeyEncryptionKeyDestroyed,
    KeyEncryptionKeyRenewed,
    KeyEvent,
    KeyStopped,
    RecoveryDrilled,
    TokenBackedUp,
    TokenPinChanged,
    TokenRestored,
    WitnessRenewed,
)
from printserver.signer.key_recovery import (
    Drill,
    Opening,
    back_up_keys,
    back_up_token,
    drilled,
    restore_token,
    restored_token,
)
from printserver.signer.keys import KEY_ENCRYPTION_LABEL
from printserver.signer.later_ceremony import hold_later, open_root
from printserver.signer.later_plan import LaterPlan
from printserver.signer.pdf_signing import outside_roots
from printserver.signer.rewrapping import BY_KEYS, Rewrapping
from printserver.signer.seal_making import made_seal_keys
from printserver.signer.stopped_keys import stop_key
from printserver.signer.tokens import token_settings
from printserver.signer.trust_watch import EVERY_SECONDS
from printserver.signer.wrapping_steps import DESTROY, RENEW, labels_made
from printserver.signing.backup_parts import new_part, part_name, read_part
from printserver.signing.certificate_files import keep_chain, read_certificates
from printserver.signing.client import SignerClient
from printserver.signing.errors import BackupRefused, KeyUnknown
from printserver.signing.key_list import KeyList
from printserver.signing.key_overview import KeyDue
from printserver.signing.key_requests import check_chain
from printserver.signing.pin_change import change_pin, finish_pin_change
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.spent_journal import SpentJournal
from printserver.signing.transcripts import Officer, Transcript, read_transcripts, verify_transcript
from printserver.signing.trust import write_private_file

SIGNER_STARTS_IN: Final = 30.0
"""Seconds that a ceremony waits for the signer's new start, at most."""
_OF_WRAPPING: Final = {RENEW: KeyEncryptionKeyRenewed, DESTROY: KeyEncryptionKeyDestroyed}
"""What a ceremony does with key-encryption keys, as the log says it."""


class OfficerRefused(Refused):
    """Who confirms a ceremony is one of its officers, holds that role, and gives the right password and code."""

    code = "officer-refused"


def dues(settings: Settings) -> tuple[KeyDue, ...]:
    """Raises: KeyListRefused."""
    return read_key_overview(settings, SystemClock().now())


def request_certificate(settings: Settings, key_id: str, *, common_name: str | None) -> bytes:
    """A request for an outside authority, PEM.   Raises: KeyUnknown, HsmUnavailable."""
    key_list = read_key_list(settings)
    key = _listed(key_list, key_id)
    name = common_name or f"{key_list.issuer} {key.usage}"
    with _given_back(settings), opened_token(settings) as hsm:
        return request_for(hsm, key, common_name=name, organisation_name=key_list.issuer)


def import_chain(settings: Settings, key_id: str, file: Path) -> x509.Certificate:
    """Keep an outside authority's chain for a listed key.   Raises: CertificateChainRefused, KeyUnknown."""
    key = _listed(read_key_list(settings), key_id)
    chain = check_chain(read_certificates(file), key, outside_roots(settings), SystemClock().now())
    keep_chain(settings.imported_certificates, key_id, chain)
    own = chain[0]
    record(
        settings,
        KeyCertificateImported(
            key_id=key_id,
            usage=key.usage,
            issuer=own.issuer.rfc4514_string(),
            not_after=as_text(own.not_valid_after_utc),
            certificate_sha256=sha256(own.public_bytes(serialization.Encoding.DER)).hexdigest(),
        ),
    )
    return own


def confirmed_officer(settings: Settings, login: str, password: str, code: str) -> Officer:
    """Raises: OfficerRefused."""
    secrets = Secrets.load(settings.web_secret)
    with _database(settings) as database:
        with database.work() as work:
            candidate = check_password(work, secrets, login=login, password=password)
            shown = candidate is not None and (
                not candidate.factors or check_second_factor(work, secrets, candidate, code) is not None
            )
        if candidate is None or not shown or not candidate.actor.may(Permission.MANAGE_KEYS):
            raise OfficerRefused(f"{login} is no key officer, or the password or code is wrong")
        with database.reading() as work:
            person = person_of_account(work, candidate.actor.id)
            return Officer(login, names(work, {person}).get(person, login), as_text(work.now()))


def hold_ceremony(
    settings: Settings,
    plan: tuple[LaterPlan, str],
    officers: Sequence[Officer],
    root_folder: Path,
    *,
    passphrase_file: Path | None = None,
) -> Path:
    """Answers where the transcript lies.   Raises: TrustFileRefused, KeyListRefused, HsmUnavailable."""
    key_list = read_key_list(settings)
    root = open_root(root_folder, key_list, passphrase_file=passphrase_file)
    with _given_back(settings), opened_token(settings) as hsm, _rewrapping(settings, HsmKeys(hsm)) as rewrapping:
        path = hold_later(
            settings,
            plan,
            officers,
            root=root,
            key_list=key_list,
            hsm=hsm,
            now=SystemClock().now(),
            require_unused=rewrapping.require_unused,
            settle=lambda: _wait_for_the_signer(settings),
        )
    record(
        settings,
        KeyCeremonyHeld(
            title=plan[0].title,
            officers=tuple(officer.login for officer in officers),
            key_list_sequence=key_list.sequence + 1,
            transcript_sha256=sha256(path.read_bytes()).hexdigest(),
        ),
    )
    for done in verify_transcript(path.read_bytes(), root.certificate).done:
        if done.usage == KEY_ENCRYPTION_LABEL:
            record(settings, _OF_WRAPPING[done.what](label=done.label))
    return path


@contextmanager
def opened_rewrapping(settings: Settings) -> Iterator[Rewrapping]:
    """On the signer's token.   Raises: HsmUnavailable, HsmPinRefused."""
    with _given_back(settings), opened_token(settings) as hsm, _rewrapping(settings, HsmKeys(hsm)) as rewrapping:
        yield rewrapping


@contextmanager
def _rewrapping(settings: Settings, keys: HsmKeys) -> Iterator[Rewrapping]:
    adapters = build(settings, jobs=RecordedJobs())
    try:
        yield Rewrapping(keys, adapters.database, adapters.vaults)
    finally:
        adapters.database.engines.dispose()


def _wait_for_the_signer(settings: Settings) -> None:
    """Until it has ended over the new key list and answers again; not at all when it does not run."""
    signer = SignerClient(settings.signer_socket, timeout=1.0)
    if not _answers(signer):
        return
    time.sleep(2 * EVERY_SECONDS)
    deadline = time.monotonic() + SIGNER_STARTS_IN
    while not _answers(signer) and time.monotonic() < deadline:
        time.sleep(0.2)


def _answers(signer: SignerClient) -> bool:
    try:
        signer.health()
    except PrintServerError:
        return False
    return True


def transcripts(settings: Settings) -> tuple[Transcript, ...]:
    """Raises: TranscriptRefused, KeyListRefused."""
    return read_transcripts(settings.transcripts, read_key_list(settings).root_certificate)


def stop(settings: Settings, key_id: str, *, reason: str) -> None:
    """The signer uses the key no more, from its very next signature.   Raises: KeyUnknown."""
    if key_id in made_seal_keys(settings.made_seals):
        usage = KeyUsage.SEAL
    else:
        usage = _listed(read_key_list(settings), key_id).usage
    stop_key(settings.stopped_keys, key_id)
    record(settings, KeyStopped(key_id=key_id, usage=usage, reason=reason))


def change_token_pin(settings: Settings, *, finish: bool) -> bool:
    """Whether the token now has the new PIN.   Raises: HsmPinRefused, HsmUnavailable, TokenSetupRefused."""
    if finish:
        changed = finish_pin_change(token_settings(settings), settings.pin_file)
    else:
        change_pin(token_settings(settings), settings.pin_file)
        changed = True
    _give_back(settings)
    record(settings, TokenPinChanged(finished=finish))
    return changed


def make_part(target: Path) -> str:
    """A new officer's part of the keys of backups; answers its name.   Raises: TrustFileRefused (`target` exists)."""
    text = new_part()
    write_private_file(target, f"{text}\n".encode("ascii"))
    return part_name(read_part(text))


def read_parts(files: Sequence[Path]) -> tuple[bytes, ...]:
    """Raises: BackupRefused."""
    try:
        return tuple(read_part(file.read_text("ascii")) for file in files)
    except (OSError, UnicodeDecodeError) as problem:
        raise BackupRefused("a part of the backup's key cannot be read") from problem


def back_up(settings: Settings, target: Path, opening: Opening, *, wrapped: bool) -> str:
    """SHA-256 of the backup.   wrapped: key by key, else the whole token.

    Raises: BackupRefused, TokenSetupRefused, TrustFileRefused, HsmUnavailable.
    """
    if wrapped:
        with _given_back(settings), opened_token(settings) as hsm:
            digest = back_up_keys(hsm, target, opening.parts)
    else:
        digest = back_up_token(settings, target, opening)
    record(settings, TokenBackedUp(backup_sha256=digest, way="wrapped" if wrapped else "whole"))
    return digest


def drill_recovery(settings: Settings, backup: Path | None, opening: Opening) -> Drill:
    """Of a restored backup, or without one of the token itself: which keys sign and wrap.

    Raises: BackupRefused, TranscriptRefused.
    """
    key_list, made = read_key_list(settings), labels_made(transcripts(settings))
    opened = opened_token(settings) if backup is None else restored_token(backup, settings, opening)
    with _given_back(settings), opened as hsm:
        result = drilled(hsm, key_list, wrapping=made)
    record(settings, RecoveryDrilled(keys=len(result.keys), failed=result.failed))
    return result


def restore(settings: Settings, backup: Path, opening: Opening) -> Drill:
    """Put a backup into this installation, which has lost its token, and drill it there.

    Raises: BackupRefused, HsmKeyExists, TokenSetupRefused, HsmUnavailable.
    """
    key_list = read_key_list(settings)
    with _given_back(settings):
        hsm = restore_token(settings, backup, opening)
        try:
            result = drilled(hsm, key_list)
        finally:
            hsm.close()
    record(settings, TokenRestored(keys=len(result.keys), failed=result.failed))
    return result


def begin_epoch(settings: Settings, *, reason: str) -> None:
    """After a restore, with the signer stopped: no copy that was made before now is ever signed.

    Raises: JournalInUse while the signer runs.
    """
    with SpentJournal(settings.spent_journal) as journal:
        journal.begin_epoch(SystemClock().now(), reason=reason)
    _give_back(settings)
    record(settings, EpochBegun(reason=reason))


def renew_lost_witness(settings: Settings, *, reason: str) -> int:
    """Lines written.   Raises: WitnessBroken for one that is not empty, LogRewritten."""
    witness = Witness(settings.witness)
    with _database(settings) as database:
        lines = renew_witness(database, witness, trusted_heads(read_key_list(settings)))
    give_all(settings.witness.parent, system_user(SIGNER))
    record(settings, WitnessRenewed(lines=lines, reason=reason))
    return lines


def record(settings: Settings, event: KeyEvent) -> None:
    """In the log of every organisation: the token is theirs all."""
    with _database(settings) as database, database.work() as work:
        for each in organisations(work):
            append(work, BY_KEYS.within(UUID(str(each.id))), event)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = build(settings, jobs=RecordedJobs()).database
    try:
        yield database
    finally:
        database.engines.dispose()


@contextmanager
def _given_back(settings: Settings) -> Iterator[None]:
    try:
        yield
    finally:
        _give_back(settings)


def _give_back(settings: Settings) -> None:
    """What an administrator wrote beside the token belongs to the signer again."""
    give_all(settings.signer_home, system_user(SIGNER))


def _listed(key_list: KeyList, key_id: str) -> PublishedKey:
    for key in key_list.keys:
        if key.key_id == key_id:
            return key
    raise KeyUnknown(f"the key list holds no key {key_id}")
