"""Giving the token another PIN, so that a crash at any moment leaves a state from which a person can go on.

Order: the new PIN into a file beside the old one, synced; C_SetPIN; then the new file takes the old one's place. While
the new file lies there, nobody tries either PIN but `finish_pin_change`, which tries the new one once.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from printserver.signing.cryptoki import CKR_PIN_INCORRECT, Cryptoki, CryptokiFailed
from printserver.signing.errors import HsmPinRefused, HsmUnavailable, TokenSetupRefused
from printserver.signing.token_settings import TokenSettings, refused_mark, starting
from printserver.signing.token_setup import read_pin
from printserver.signing.trust import write_private_file

PIN_BYTES: Final = 16


def waiting_pin(pin_file: Path) -> Path:
    """Where the new PIN lies while it is being changed."""
    return pin_file.with_name(f"{pin_file.name}.next")


def require_no_change_under_way(pin_file: Path) -> None:
    """Raises: TokenSetupRefused: which of two PINs is right would have to be tried out."""
    if waiting_pin(pin_file).exists():
        raise TokenSetupRefused("a change of the PIN was interrupted; finish it: printserver keys change-pin --finish")


def change_pin(settings: TokenSettings, pin_file: Path, *, new_pin: str | None = None) -> None:
    """Put another PIN on the token and into its file; random unless one is given.

    The old one is tried once. Whoever holds the token open must start anew afterwards.
    Raises: TokenSetupRefused, HsmPinRefused (then nothing has changed), HsmUnavailable (then `finish_pin_change`).
    """
    require_no_change_under_way(pin_file)
    _require_not_refused(settings)
    old, new = read_pin(pin_file), new_pin or secrets.token_hex(PIN_BYTES)
    owner = pin_file.stat()
    write_private_file(waiting_pin(pin_file), new.encode("utf-8") + b"\n")
    _give_to(waiting_pin(pin_file), owner.st_uid, owner.st_gid)
    try:
        _with_module(settings, lambda cryptoki: cryptoki.change_pin(settings.label, old=old, new=new))
    except HsmPinRefused:
        waiting_pin(pin_file).unlink()
        raise
    waiting_pin(pin_file).replace(pin_file)


def finish_pin_change(settings: TokenSettings, pin_file: Path) -> bool:
    """After an interruption: try the new PIN, once. True when the token has it already, which its file now holds.

    False: the token still has the old one, and the new one is forgotten.
    Raises: TokenSetupRefused when nothing waits, HsmUnavailable.
    """
    waiting = waiting_pin(pin_file)
    if not waiting.exists():
        raise TokenSetupRefused("no change of the PIN waits to be finished")
    _require_not_refused(settings)
    try:
        _with_module(settings, lambda cryptoki: cryptoki.try_pin(settings.label, read_pin(waiting)))
    except HsmPinRefused:
        refused_mark(settings).unlink(missing_ok=True)
        waiting.unlink()
        return False
    waiting.replace(pin_file)
    return True


def _require_not_refused(settings: TokenSettings) -> None:
    if refused_mark(settings).exists():
        raise HsmPinRefused(f"the token refused a PIN before; look, then remove {refused_mark(settings).name}")


def _give_to(path: Path, uid: int, gid: int) -> None:
    """The new file belongs to whom the old one does, also when an administrator changes the PIN."""
    held = path.stat()
    if (held.st_uid, held.st_gid) != (uid, gid):
        os.chown(path, uid, gid)


def _with_module(settings: TokenSettings, act: Callable[[Cryptoki], None]) -> None:
    try:
        cryptoki = Cryptoki(settings.module)
        with starting(settings):
            cryptoki.initialise(settings.parameters)
            try:
                act(cryptoki)
            finally:
                cryptoki.finalise()
    except (OSError, CryptokiFailed) as problem:
        if isinstance(problem, CryptokiFailed) and problem.result == CKR_PIN_INCORRECT:
            refused_mark(settings).touch(mode=0o600)
            raise HsmPinRefused("the token refused the PIN; nothing was changed") from problem
        raise HsmUnavailable("the token is not there, or would not take another PIN") from problem
