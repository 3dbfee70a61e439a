"""A SoftHSM token's backup, and the drill that shows of any token that it holds the listed keys.

Keys of a token never leave it, so no single key can be wrapped and carried away; what is backed up is the token whole,
in its own encryption, once more encrypted under a passphrase. HSMs of vendors bring their own way of cloning a token;
the drill judges the clone in the same manner.
"""

from __future__ import annotations

import io
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
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
from printserver.signing.errors import BackupRefused, SignatureInvalid, TokenSetupRefused
from printserver.signing.hsm import Hsm
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import load_public_key, verify_raw
from printserver.signing.token_settings import TokenSettings
from printserver.signing.token_setup import TEMPLATE, read_pin
from printserver.signing.trust import write_private_file

MAGIC: Final = b"PSKB1\n"
_SALT, _NONCE = 16, 12
_SCRYPT: Final = {"n": 2**15, "r": 8, "p": 1}
LARGEST: Final = 64 * 2**20


@dataclass(frozen=True)
class Drilled:
    """One key of the token.   problem: empty when what it signed verifies with the listed key."""

    label: str
    key_id: str
    usage: str
    problem: str


def back_up_token(settings: Settings, target: Path, *, passphrase: bytes) -> str:
    """Write the token and its PIN to a new encrypted file; answers its SHA-256.

    Raises: TokenSetupRefused for a token that is not SoftHSM's; TrustFileRefused when `target` exists.
    """
    if not (settings.token_folder / "tokens").is_dir():
        raise TokenSetupRefused("this token is not SoftHSM's; use its vendor's way of backing up")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(settings.token_folder / "tokens", "tokens")
        archive.add(settings.pin_file, "pin")
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    head = MAGIC + salt + nonce
    content = head + AESGCM(_key(passphrase, salt)).encrypt(nonce, buffer.getvalue(), head)
    write_private_file(target, content)
    return sha256(content).hexdigest()


@contextmanager
def restored_token(backup: Path, settings: Settings, *, passphrase: bytes) -> Iterator[Hsm]:
    """The backup's token, opened in a folder that is gone afterwards.   Raises: BackupRefused, HsmUnavailable."""
    folder = Path(tempfile.mkdtemp(prefix="drill-"))
    try:
        _unpack(backup, folder, passphrase)
        configuration = TEMPLATE.read_text("utf-8").replace("@TOKEN_FOLDER@", str(folder / "tokens"))
        (folder / "softhsm2.conf").write_text(configuration, "utf-8")
        token = TokenSettings.of_softhsm_folder(folder, label=settings.pkcs11_token, module=settings.pkcs11_module)
        hsm = Hsm(token, pin=read_pin(folder / "pin"))
        try:
            yield hsm
        finally:
            hsm.close()
    finally:
        shutil.rmtree(folder)


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


def _unpack(backup: Path, folder: Path, passphrase: bytes) -> None:
    try:
        content = backup.read_bytes()
    except OSError as problem:
        raise BackupRefused("the backup cannot be read") from problem
    start = len(MAGIC)
    head, salt = content[: start + _SALT + _NONCE], content[start : start + _SALT]
    if not content.startswith(MAGIC) or len(content) > LARGEST:
        raise BackupRefused("this is no backup of a token")
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(head[start + _SALT :], content[len(head) :], head)
    except (InvalidTag, ValueError) as problem:
        raise BackupRefused("the passphrase is wrong, or the backup was changed") from problem
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for member in archive:
            _put(archive, member, folder)


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
