"""Puts what a controlled spooler needs onto a CUPS, as one set: backend, keys, policy, settings, types.

Everything is worked out before the first file is changed, so that a refusal changes nothing. Putting it again changes
nothing either. Queues: `spooler_queues`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from printserver.foundation.errors import Malformed
from printserver.printing.job_file import make_backend_key
from printserver.printing.pin import read_pin
from printserver.printing.private_cupsd import PrivateCups, install_fence_backend
from printserver.printing.spooler_configuration import (
    USER_NAME,
    filled,
    merged,
    needed_of_cupsd,
    needed_of_files,
    policy_text,
)
from printserver.printing.spooler_desk import require_desk
from printserver.printing.spooler_files import Ownership, back_up, put_file, put_folder
from printserver.printing.spooler_layout import SpoolerLayout, SpoolerRecord, policy_administrators
from printserver.printing.system_user import command_prefix

_CUPSD: Final = "/usr/sbin/cupsd"
_BRANCH_CERTIFICATE_LIFE: Final = timedelta(days=3 * 365)


class InstallationMalformed(Malformed):
    code: ClassVar[str] = "spooler-installation-malformed"


@dataclass(frozen=True, slots=True)
class Installed:
    """What the server must be told of this spooler, and whether cupsd must read its configuration again."""

    record: SpoolerRecord
    backend_public_key: str
    """PEM."""
    branch_certificate: str | None
    """PEM; None when the desk is on this machine."""
    branch_certificate_sha256: str | None
    reload: bool


def install_spooler(
    layout: SpoolerLayout,
    record: SpoolerRecord,
    now: datetime,
    *,
    cups_user: str | None = None,
    desk_certificate: str | None = None,
    replace_directives: bool = False,
) -> Installed:
    """Bring the whole set onto this CUPS. cupsd need not run.

    record: whom it serves; its queues are kept and not touched here.
    cups_user: for a private CUPS made by root that is not there yet.
    desk_certificate: the server's, PEM; needed once for a desk on another machine.
    Raises: InstallationMalformed, DeskMalformed, CertificateMalformed, ConfigurationInTheWay, OSError.
    """
    _require_whole(layout, record, desk_certificate)
    fresh = layout.private and not layout.cupsd_conf.exists()
    if fresh:
        _private_cups(layout, record, cups_user).build()
    user = layout.cups_user()
    texts = _configuration(layout, record, replace_directives)
    _require_valid(layout, texts)
    _put_folders(layout, user)
    certificate = _put_keys(layout, record, user, desk_certificate, now)
    install_fence_backend(layout.server_bin)
    _own_backend(layout)
    changed = _put_configuration(layout, texts, now, keep_old=not fresh)
    for queue in record.queues:
        put_tls_settings(layout, queue)
    put_file(layout.record_file, record.to_json().encode("utf-8"), 0o644, Ownership.trusted())
    return Installed(
        record=record,
        backend_public_key=layout.backend_public_key.read_text("ascii"),
        branch_certificate=certificate,
        branch_certificate_sha256=None if certificate is None else read_pin(certificate).sha256,
        reload=changed,
    )


def put_tls_settings(layout: SpoolerLayout, queue: str) -> None:
    """Beside the queue's pin: the printer is known by it and by nothing else."""
    for folder in (layout.pins / queue, layout.pins / queue / ".cups", layout.pins / queue / ".cups" / "ssl"):
        put_folder(folder, 0o755, Ownership.trusted())
    put_file(layout.tls_settings(queue), filled("client.conf").encode("ascii"), 0o644, Ownership.trusted())


def _require_whole(layout: SpoolerLayout, record: SpoolerRecord, desk_certificate: str | None) -> None:
    require_desk(record.desk)
    if not record.printing_users:
        raise InstallationMalformed("name the system user that may hand in copies: --printing-user")
    if not all(map(USER_NAME.fullmatch, (*record.printing_users, *record.administrators))):
        raise InstallationMalformed("a system user's name is small letters, digits, - and _")
    if desk_certificate is not None:
        read_pin(desk_certificate)
    elif record.desk.startswith("https:") and not layout.desk_certificate.is_file():
        raise InstallationMalformed("a desk on another machine is known by its certificate: --desk-certificate")


def _private_cups(layout: SpoolerLayout, record: SpoolerRecord, cups_user: str | None) -> PrivateCups:
    try:
        return PrivateCups(
            layout.home,
            printing_users=record.printing_users,
            administrators=record.administrators,
            user=cups_user,
            desk=record.desk,
        )
    except ValueError as error:
        raise InstallationMalformed(str(error)) from error


def _configuration(layout: SpoolerLayout, record: SpoolerRecord, replace_directives: bool) -> Mapping[Path, str]:
    """What is to stand in cupsd.conf and cups-files.conf."""
    policy = policy_text(record.printing_users, policy_administrators(layout, record))
    cupsd = merged(layout.cupsd_conf.read_text("utf-8"), needed_of_cupsd(), policy=policy, replace=replace_directives)
    # What the backend is told is ours alone, so it is put right without a question.
    environment = layout.environment(record.desk)
    files = merged(
        layout.files_conf.read_text("utf-8"), needed_of_files(environment), ours=environment, replace=replace_directives
    )
    return {layout.cupsd_conf: cupsd, layout.files_conf: files}


def _require_valid(layout: SpoolerLayout, texts: Mapping[Path, str]) -> None:
    """cupsd's own judgement, before anything is changed; as the user it runs as, for it gives itself the folders."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path, text in texts.items():
            (folder / path.name).write_text(text, "utf-8")
        own_user = layout.cups_user() if layout.private and os.geteuid() == 0 else None
        places = ["-c", str(folder / layout.cupsd_conf.name), "-s", str(folder / layout.files_conf.name)]
        command = [*command_prefix(own_user), _CUPSD, "-t", *places]
        judged = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if judged.returncode != 0:
        raise InstallationMalformed(f"cupsd would not take its configuration: {judged.stderr.strip()}")


def _put_folders(layout: SpoolerLayout, user: str) -> None:
    for folder in (layout.home, layout.pins):
        put_folder(folder, 0o755, Ownership.trusted())
    put_folder(layout.keys, 0o755, Ownership.trusted())
    if not layout.fence.parent.exists():
        put_folder(layout.fence.parent, 0o755, Ownership.trusted())
    put_folder(layout.fence, 0o755, Ownership.of(user))


def _put_keys(
    layout: SpoolerLayout, record: SpoolerRecord, user: str, desk_certificate: str | None, now: datetime
) -> str | None:
    """Keys that are there stay. Returns the branch's certificate, if it needs one."""
    if not layout.backend_key.exists():
        private, public = make_backend_key()
        put_file(layout.backend_key, private, 0o640, Ownership.readable_by(user))
        put_file(layout.backend_public_key, public, 0o644, Ownership.trusted())
    secrets = [layout.backend_key]
    certificate: str | None = None
    if record.desk.startswith("https:"):
        if not layout.branch_key.exists():
            private, public = _branch_identity(now)
            put_file(layout.branch_key, private, 0o640, Ownership.readable_by(user))
            put_file(layout.branch_certificate, public, 0o644, Ownership.trusted())
        if desk_certificate is not None:
            pin = read_pin(desk_certificate).certificate_pem
            put_file(layout.desk_certificate, pin.encode("ascii"), 0o644, Ownership.trusted())
        secrets.append(layout.branch_key)
        certificate = layout.branch_certificate.read_text("ascii")
    for secret in secrets:
        put_file(secret, secret.read_bytes(), 0o640, Ownership.readable_by(user))
    return certificate


def _branch_identity(now: datetime) -> tuple[bytes, bytes]:
    """A key and a certificate that it signed itself, both PEM: the server knows it by its digest, not by a signer."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, os.uname().nodename[:64] or "branch spooler")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _BRANCH_CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)


def _own_backend(layout: SpoolerLayout) -> None:
    put_file(layout.backend, layout.backend.read_bytes(), 0o755, Ownership.trusted())


def _put_configuration(layout: SpoolerLayout, texts: Mapping[Path, str], now: datetime, *, keep_old: bool) -> bool:
    changed = False
    for path, text in texts.items():
        if keep_old and path.read_text("utf-8") != text:
            back_up(path, now)
        changed |= put_file(path, text.encode("utf-8"), 0o644, Ownership.trusted())
    return put_file(layout.types, filled("mime.types").encode("utf-8"), 0o644, Ownership.trusted()) or changed
