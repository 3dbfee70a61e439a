"""Make a SoftHSM token in a folder of its own. The PINs are random and go to files, never to a command line."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from printserver.signing.cryptoki import Cryptoki, CryptokiFailed
from printserver.signing.errors import TokenSetupRefused
from printserver.signing.token_settings import TokenSettings, starting
from printserver.signing.trust import write_private_file

TEMPLATE: Final = Path(__file__).parents[2] / "keys" / "pkcs11" / "softhsm2.conf.template"


def make_softhsm_token(
    folder: Path, *, label: str, pin_file: Path, so_pin_file: Path, module: Path | None = None
) -> TokenSettings:
    """Make folder, configuration and token, and write both PINs to new files of mode 0600.

    folder: must not hold a token yet; made with mode 0700.   label: at most 32 bytes of UTF-8.
    so_pin_file: the security officer's PIN, which can replace the user's; keep it off the serving machine.
    Raises: TokenSetupRefused; TrustFileRefused when a PIN file exists.
    """
    if not 1 <= len(label.encode("utf-8")) <= 32:
        raise TokenSetupRefused("a token's label has 1 to 32 bytes")
    settings = TokenSettings.of_softhsm_folder(folder, label=label, module=module)
    tokens = folder / "tokens"
    if tokens.exists():
        raise TokenSetupRefused("there is a token in this folder already")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens.mkdir(mode=0o700)
    configuration = TEMPLATE.read_text("utf-8").replace("@TOKEN_FOLDER@", str(tokens.resolve()))
    (folder / "softhsm2.conf").write_text(configuration, "utf-8")
    so_pin, user_pin = secrets.token_hex(16), secrets.token_hex(16)
    write_private_file(so_pin_file, so_pin.encode("ascii") + b"\n")
    write_private_file(pin_file, user_pin.encode("ascii") + b"\n")
    _make(settings, so_pin=so_pin, user_pin=user_pin)
    return settings


def read_pin(file: Path) -> str:
    """The PIN a file holds on its first line.   Raises: TokenSetupRefused when others can read it, or it is empty."""
    try:
        if file.stat().st_mode & 0o077 and not _is_credential(file):
            raise TokenSetupRefused("the PIN's file must be readable by its owner alone")
        pin = file.read_text("ascii").split("\n", 1)[0].strip()
    except (OSError, ValueError) as problem:
        raise TokenSetupRefused("the PIN's file cannot be read") from problem
    if not pin:
        raise TokenSetupRefused("the PIN's file is empty")
    return pin


def _is_credential(file: Path) -> bool:
    """Whether systemd handed the file over (LoadCredential): its folder is private, its mode is 0440."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and file.resolve().parent == Path(folder).resolve()


def _make(settings: TokenSettings, *, so_pin: str, user_pin: str) -> None:
    try:
        cryptoki = Cryptoki(settings.module)
        with starting(settings):
            cryptoki.initialise()
            try:
                cryptoki.make_token(settings.label, so_pin=so_pin, user_pin=user_pin)
            finally:
                cryptoki.finalise()
    except (OSError, CryptokiFailed) as problem:
        raise TokenSetupRefused("the PKCS#11 module would not make a token") from problem
