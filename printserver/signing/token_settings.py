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

SOFTHSM_MODULES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
)
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

    @classmethod
    def of_softhsm_folder(cls, folder: Path, *, label: str, module: Path | None = None) -> Self:
        """The settings of a token that `token_setup.make_softhsm_token` made in `folder`."""
        return cls(
            module=softhsm_module() if module is None else module,
            label=label,
            lock_file=folder / "hsm.lock",
            configuration=folder / "softhsm2.conf",
        )


def softhsm_module() -> Path:
    """Where SoftHSM is installed.   Raises: TokenSetupRefused."""
    for module in SOFTHSM_MODULES:
        if module.exists():
            return module
    raise TokenSetupRefused("SoftHSM is not installed")


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
