"""What verifying commands insist on: the root that the caller names; and what an answer without one is worth.

The rule holds for codes, PDFs, pictures, kept proofs, evidence packages, key lists and seals alike. Whatever a stranger
hands over brings its own root along, and a file beside it may be the same stranger's, so only `--root` counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn

import typer
from cryptography import x509

from printserver.signing.errors import KeyListRefused
from printserver.signing.key_list import KeyList, normal_fingerprint, unverified_fingerprint
from printserver.signing.p256 import fingerprint_of
from printserver.signing.published_key import certificate_spki

NOT_GENUINE: Final = 1
UNUSABLE: Final = 2
UNVOUCHED: Final = 3
STATUS_WORDS: Final = (
    "Ends with status 0: genuine. 1: not genuine. 2: the question could not be answered. "
    "3: consistent, but nobody vouches for whose it is: without --root a key list vouches only for itself."
)


class RootPin:
    """`given`: to `--root`: a fingerprint, a file with one, or the root certificate; empty when nobody vouches."""

    def __init__(self, given: str) -> None:
        self._given = given
        self._claimed: list[str] = []

    @property
    def vouches(self) -> bool:
        return bool(self._given)

    def fingerprint(self, key_list: bytes) -> str:
        """To insist on.   key_list: what was handed over; without `--root` its own claim.   Raises: KeyListRefused."""
        if self._given:
            return _fingerprint_in(Path(self._given)) if is_file(self._given) else normal_fingerprint(self._given)
        claimed = unverified_fingerprint(key_list)
        if claimed not in self._claimed:
            self._claimed.append(claimed)
        return claimed

    def end(self) -> None:
        """Ends the command with status 3 when what was found good stands on its own word alone."""
        if self._given:
            return
        roots = "".join(f"  {grouped(each)}\n" for each in self._claimed)
        typer.echo(
            "WARNING: no --root was given, so what was handed over vouches for itself; anybody can make such a thing.\n"
            "Get the published fingerprint from the contract or the issuer and verify again with --root\n"
            "(未给出 --root：它只由自带的根密钥担保，任何人都能做出。请取合同上印的或公布的根指纹，用 --root 再验). "
            f"It claims:\n{roots}",
            err=True,
            nl=False,
        )
        raise typer.Exit(UNVOUCHED)


def key_list_of(path: Path, pin: RootPin) -> KeyList:
    """Ends the command when the list cannot be believed."""
    try:
        data = path.read_bytes()
        return KeyList.load(data, root_fingerprint=pin.fingerprint(data))
    except OSError as problem:
        unusable(f"{problem.filename}: {problem.strerror}")
    except KeyListRefused as problem:
        unusable(f"the key list cannot be used: {problem}")


def is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        return False


def _fingerprint_in(path: Path) -> str:
    """Of a file that holds a fingerprint, perhaps followed by a name, or a certificate in PEM."""
    content = path.read_bytes()
    if b"-----BEGIN CERTIFICATE-----" not in content:
        words = content.decode("ascii", "replace").split()
        return normal_fingerprint(words[0] if words and len(words[0]) == 64 else "".join(words))
    try:
        return fingerprint_of(certificate_spki(x509.load_pem_x509_certificate(content)))
    except ValueError as problem:
        raise KeyListRefused("the root certificate cannot be read") from problem


def grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))


def printable(text: str) -> str:
    """Names in a list that nobody vouches for must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:300]


def unusable(problem: str) -> NoReturn:
    typer.echo(f"? cannot be answered: {printable(problem)}", err=True)
    raise typer.Exit(UNUSABLE)
