"""Certificates in PEM files: roots that the settings name, and chains that an officer has imported."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing.errors import TrustFileRefused

SUFFIX: Final = ".pem"


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """All of a PEM file, in its order, at least one.   Raises: TrustFileRefused."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError, x509.InvalidVersion) as problem:
        raise TrustFileRefused(f"{path.name} holds no certificates in PEM") from problem


def read_chains(folder: Path) -> Mapping[str, tuple[x509.Certificate, ...]]:
    """Imported chains by key id, the key's own first; none without the folder.   Raises: TrustFileRefused."""
    return {file.stem: read_certificates(file) for file in sorted(folder.glob(f"*{SUFFIX}"))}


def keep_chain(folder: Path, key_id: str, chain: Sequence[x509.Certificate]) -> None:
    """Put a checked chain in the place of an earlier one, at once."""
    folder.mkdir(mode=0o755, exist_ok=True)
    pem = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    replace_file(folder / f"{key_id}{SUFFIX}", pem)


def replace_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file anew so that a crash leaves the old one or the new one whole."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
