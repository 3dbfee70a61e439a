"""Where a token is and how its module is started: settings without the PIN."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from printserver.signing.errors import TokenSetupRefused
from printserver.signing.token_providers import SOFTHSM, TokenProvider, token_provider

_ONE_START_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True)
class TokenSettings:
    """A PKCS#11 token as this process reaches it."""

    module: Path
    """The vendor's PKCS#11 library."""
    label: str
    """The token's label, at most 32 bytes of UTF-8."""
    lock_file: Path
    """Locked while the module starts and logs in: SoftHSM's file store races across processes."""
    configuration: Path | None = None
    """SoftHSM's configuration file; None for modules that need none."""
    parameters: str = ""
    """LibraryParameters of NSS modules; none for others."""
    leave_out: tuple[str, ...] = ()
    """Attributes that the module does not take in the templates of new keys."""
    unmodifiable: bool = True
    """Whether the token keeps CKA_MODIFIABLE=false."""
    wrapping: str = "AES_KEY_WRAP_PAD"
    """The mechanism with which its AES keys wrap others; none where it has none."""

    @classmethod
    def of_softhsm_folder(cls, folder: Path, *, label: str, module: Path | None = None) -> Self:
        """The settings of a token that `token_setup.make_softhsm_token` made in `folder`."""
        return cls(
            module=softhsm_module() if module is None else module,
            label=label,
            lock_file=folder / "hsm.lock",
            configuration=folder / "softhsm2.conf",
        )


def refused_mark(settings: TokenSettings) -> Path:
    """The file that keeps every later start from trying a refused PIN again."""
    return settings.lock_file.with_suffix(".pin-refused")


def softhsm_module() -> Path:
    """Where SoftHSM is installed.   Raises: TokenSetupRefused."""
    module = token_provider(SOFTHSM).module()
    if module is None:
        raise TokenSetupRefused("SoftHSM is not installed")
    return module


def settings_of_token(provider: TokenProvider, folder: Path, *, label: str, module: Path) -> TokenSettings:
    """A token of any kind.   folder: where its files and the lock lie."""
    if provider.name == SOFTHSM:
        return TokenSettings.of_softhsm_folder(folder, label=label, module=module)
    return TokenSettings(
        module=module,
        label=label,
        lock_file=folder / "hsm.lock",
        parameters=provider.parameters_for(folder),
        leave_out=provider.leave_out,
        unmodifiable=provider.unmodifiable,
        wrapping=provider.wrapping,
    )


@contextmanager
def starting(settings: TokenSettings) -> Iterator[None]:
    """Hold while initialising and logging in: alone among threads and processes, with the module's configuration."""
    before = os.environ.get("SOFTHSM2_CONF")
    with _ONE_START_AT_A_TIME:
        descriptor = os.open(settings.lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if settings.configuration is not None:
                os.environ["SOFTHSM2_CONF"] = str(settings.configuration)
            yield
        finally:
            os.close(descriptor)
            if settings.configuration is not None:
                os.environ.pop("SOFTHSM2_CONF", None)
                if before is not None:
                    os.environ["SOFTHSM2_CONF"] = before
