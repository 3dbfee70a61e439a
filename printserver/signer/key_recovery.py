"""Backups of a token, their restore, and the drill that shows of any token that it holds the listed keys.

A token that is files (SoftHSM, NSS) is backed up whole, in its own encryption: then no key ever leaves it. A token
that is none is cloned by its vendor's way, or its keys are wrapped one by one, if their ceremony chose that. Either is
locked once more: under two officers' parts, or under a passphrase.
"""

from __future__ import annotations

import io
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import load_der_public_key

from printserver.settings import Settings
from printserver.signer.key_encryption import HsmKeys, label_of
from printserver.signer.key_wrapping import WrappedKey, of_content, take_in, to_content, wrapped_keys
from printserver.signer.keys import KEY_ENCRYPTION_LABEL
from printserver.signer.tokens import is_made_by_ceremony, open_hsm
from printserver.signing.backup_parts import LARGEST, Backup, BackupKey, is_locked_by_parts, unlock
from printserver.signing.errors import BackupRefused, SignatureInvalid, TokenSetupRefused
from printserver.signing.hsm import Hsm
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import load_public_key, verify_raw
from printserver.signing.token_providers import token_provider
from printserver.signing.token_settings import settings_of_token, softhsm_module
from printserver.signing.token_setup import TEMPLATE, make_softhsm_token, read_pin
from printserver.signing.trust import write_private_file

MAGIC: Final = b"PSKB1\n"
_SALT, _NONCE = 16, 12
_SCRYPT: Final = {"n": 2**15, "r": 8, "p": 1}
WHOLE: Final = "token"
WRAPPED: Final = "keys"
"""What a backup holds."""
PIN_NAME: Final = "pin"
DRILL_LABEL: Final = "drill"


@dataclass(frozen=True)
class Drilled:
    """One key of the token.   problem: empty when what it signed verifies with the listed key, or it unwraps."""

    label: str
    key_id: str
    usage: str
    problem: str


@dataclass(frozen=True)
class Drill:
    """missing: ids of listed keys that the token does not hold."""

    keys: tuple[Drilled, ...]
    missing: tuple[str, ...]

    @property
    def failed(self) -> int:
        return len(self.missing) + sum(bool(key.problem) for key in self.keys)


@dataclass(frozen=True)
class Opening:
    """What opens a backup: parts of two officers, else a passphrase."""

    parts: tuple[bytes, ...] = ()
    passphrase: bytes = b""


def back_up_token(settings: Settings, target: Path, opening: Opening) -> str:
    """Write the whole token and its PIN to a new encrypted file; answers its SHA-256.

    Raises: TokenSetupRefused for a token that is no files; BackupRefused; TrustFileRefused when `target` exists.
    """
    files = token_provider(settings.pkcs11_provider).files
    if not files or not all((settings.token_folder / name).exists() for name in files):
        raise TokenSetupRefused("this token is no files; wrap its keys, or use its vendor's way of backing up")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in files:
            archive.add(settings.token_folder / name, name)
        archive.add(settings.pin_file, PIN_NAME)
    if opening.parts:
        content = BackupKey.new().lock(WHOLE, buffer.getvalue(), opening.parts)
    else:
        content = _under_passphrase(buffer.getvalue(), opening.passphrase)
    write_private_file(target, content)
    return sha256(content).hexdigest()


def back_up_keys(hsm: Hsm, target: Path, parts: Sequence[bytes]) -> str:
    """Write every key of the token, wrapped, to a new file; answers its SHA-256.

    Raises: BackupRefused for keys that may not leave, or too few parts; TrustFileRefused when `target` exists.
    """
    key = BackupKey.new()
    content = key.lock(WRAPPED, to_content(wrapped_keys(hsm, key.wrapping_key)), parts)
    write_private_file(target, content)
    return sha256(content).hexdigest()


@contextmanager
def restored_token(backup: Path, settings: Settings, opening: Opening) -> Iterator[Hsm]:
    """The backup's token, opened in a folder that is gone afterwards; for wrapped keys that is a SoftHSM token.

    Raises: BackupRefused, HsmUnavailable.
    """
    folder = Path(tempfile.mkdtemp(prefix="drill-"))
    try:
        opened = _opened(backup, opening)
        hsm = _whole(opened, folder, settings) if opened.kind == WHOLE else _of_wrapped(opened, folder, settings)
        try:
            yield hsm
        finally:
            hsm.close()
    finally:
        shutil.rmtree(folder)


def restore_token(settings: Settings, backup: Path, opening: Opening) -> Hsm:
    """Put a whole token in its place, or wrapped keys into one that holds none of them; answers it opened.

    A SoftHSM token for wrapped keys is made if there is none.
    Raises: BackupRefused, HsmKeyExists, TokenSetupRefused (something is there already), HsmUnavailable.
    """
    opened = _opened(backup, opening)
    if opened.kind == WHOLE:
        if settings.token_folder.exists() or settings.pin_file.exists():
            raise TokenSetupRefused("there is a token or a PIN already; a whole token is restored where none is")
        settings.token_folder.mkdir(mode=0o700)
        _lay_out(opened, settings.token_folder)
        (settings.token_folder / PIN_NAME).rename(settings.pin_file)
        return open_hsm(settings)
    keys = of_content(opened.content)
    if is_made_by_ceremony(settings) and not settings.token_folder.exists():
        make_softhsm_token(
            settings.token_folder,
            label=settings.pkcs11_token,
            pin_file=settings.pin_file,
            so_pin_file=settings.signer_home / "so-pin",
            module=settings.pkcs11_module,
        )
    return _holding(open_hsm(settings), opened, keys)


def drilled(hsm: Hsm, key_list: KeyList, *, wrapping: Collection[str] = ()) -> Drill:
    """Which keys of the list this token holds, and whether they sign; and those that wrap.

    wrapping: names of key-encryption keys that must be there as well.
    """
    return Drill(drill(hsm, key_list) + _wrapping_drill(hsm, wrapping), missing_keys(hsm, key_list))


def drill(hsm: Hsm, key_list: KeyList) -> tuple[Drilled, ...]:
    """Let each private key of a token sign a fresh challenge, and check it with the listed public key."""
    by_spki = {key.spki: key for key in key_list.keys}
    results = []
    for label in hsm.private_labels():
        spki = hsm.public_spki(label)
        key = by_spki.get(spki)
        if key is None:
            results.append(Drilled(label, "", "", "the key list does not name it"))
        else:
            results.append(Drilled(label, key.key_id, str(key.usage), _problem(hsm, label, spki)))
    return tuple(results)


def missing_keys(hsm: Hsm, key_list: KeyList) -> tuple[str, ...]:
    """Ids of listed keys of the HSM, neither revoked nor approvals' own, that the token does not hold."""
    held = {hsm.public_spki(label) for label in hsm.private_labels()}
    return tuple(
        key.key_id for key in key_list.keys if key.spki not in held and key.revoked_at is None and key.usage.is_in_hsm
    )


def _wrapping_drill(hsm: Hsm, wanted: Collection[str]) -> tuple[Drilled, ...]:
    held = {label_of(number) for number in HsmKeys(hsm).generations()}
    problems = dict.fromkeys({*wanted} - held, "a ceremony has made it, but it is not there")
    for label in held:
        challenge = secrets.token_bytes(32)
        problems[label] = "" if hsm.unwrap(label, hsm.wrap(label, challenge)) == challenge else "it does not unwrap"
    return tuple(Drilled(label, "", KEY_ENCRYPTION_LABEL, problem) for label, problem in sorted(problems.items()))


def _problem(hsm: Hsm, label: str, spki: bytes) -> str:
    challenge = secrets.token_bytes(32)
    public = load_der_public_key(spki)
    try:
        if isinstance(public, rsa.RSAPublicKey):
            signature = hsm.sign_rsa_pkcs1v15_sha256(label, challenge)
            public.verify(signature, challenge, padding.PKCS1v15(), hashes.SHA256())
        else:
            verify_raw(load_public_key(spki), hsm.sign_p256(label, sha256(challenge).digest()), challenge)
    except (InvalidSignature, SignatureInvalid):
        return "what it signs does not verify"
    return ""


def _opened(backup: Path, opening: Opening) -> Backup:
    content = _read(backup)
    if is_locked_by_parts(content):
        return unlock(content, opening.parts)
    return Backup(WHOLE, _open_by_passphrase(content, opening.passphrase), BackupKey(b""))


def _lay_out(opened: Backup, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(opened.content)) as archive:
        for member in archive:
            _put(archive, member, folder)
    if (folder / "tokens").is_dir():
        configuration = TEMPLATE.read_text("utf-8").replace("@TOKEN_FOLDER@", str((folder / "tokens").resolve()))
        (folder / "softhsm2.conf").write_text(configuration, "utf-8")


def _whole(opened: Backup, folder: Path, settings: Settings) -> Hsm:
    _lay_out(opened, folder)
    provider, module = token_provider(settings.pkcs11_provider), settings.pkcs11_module
    token = settings_of_token(provider, folder, label=settings.pkcs11_token, module=module)
    return Hsm(token, pin=read_pin(folder / PIN_NAME))


def _of_wrapped(opened: Backup, folder: Path, settings: Settings) -> Hsm:
    token = make_softhsm_token(
        folder / "token",
        label=DRILL_LABEL,
        pin_file=folder / PIN_NAME,
        so_pin_file=folder / "so-pin",
        module=settings.pkcs11_module if is_made_by_ceremony(settings) else softhsm_module(),
    )
    return _holding(Hsm(token, pin=read_pin(folder / PIN_NAME)), opened, of_content(opened.content))


def _holding(hsm: Hsm, opened: Backup, keys: tuple[WrappedKey, ...]) -> Hsm:
    try:
        take_in(hsm, opened.key.wrapping_key, keys)
    except BaseException:
        hsm.close()
        raise
    return hsm


def _read(backup: Path) -> bytes:
    try:
        content = backup.read_bytes()
    except OSError as problem:
        raise BackupRefused("the backup cannot be read") from problem
    if len(content) > LARGEST:
        raise BackupRefused("this is no backup of a token")
    return content


def _under_passphrase(plain: bytes, passphrase: bytes) -> bytes:
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    head = MAGIC + salt + nonce
    return head + AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, head)


def _open_by_passphrase(content: bytes, passphrase: bytes) -> bytes:
    start = len(MAGIC)
    head, salt = content[: start + _SALT + _NONCE], content[start : start + _SALT]
    if not content.startswith(MAGIC):
        raise BackupRefused("this is no backup of a token")
    if not passphrase:
        raise BackupRefused("this backup is locked by a passphrase; give --passphrase-file")
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(head[start + _SALT :], content[len(head) :], head)
    except (InvalidTag, ValueError) as problem:
        raise BackupRefused("the passphrase is wrong, or the backup was changed") from problem


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Folders and plain files below `folder`, for their owner alone; nothing else belongs into a backup."""
    target = (folder / member.name).resolve()
    content = archive.extractfile(member) if member.isfile() else None
    if not target.is_relative_to(folder.resolve()) or (content is None and not member.isdir()):
        raise BackupRefused("the backup holds something that is no part of a token")
    if content is None:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private_file(target, content.read())


def _key(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase)
