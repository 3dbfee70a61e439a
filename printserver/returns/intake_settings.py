"""How scans come in without anybody at a page: settings of the watched folders, the mail sink and the SFTP drop.

Each names the sign-in name of an account, of a person or of a program: its branch is the one that the scans are of.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, field_validator, model_validator

from printserver.foundation.limited_process import MEBIBYTE

Login = Annotated[str, Field(min_length=1, max_length=200)]
Port = Annotated[int, Field(ge=1, le=65_535)]
LARGEST: Final = 256 * MEBIBYTE


class AfterTaking(StrEnum):
    KEEP = "keep"
    """The file goes to the folder `done` below the watched one, and stays there."""
    REMOVE = "remove"
    """It is removed from there as soon as it is certain that nobody writes to it any more."""


class WatchedFolderSettings(BaseModel):
    """A folder into which scanners write.

    quiet_seconds: so long a file must not have changed before it is looked into.   patience_seconds: so long a file
    that breaks off is waited for after its last change; then it goes to quarantine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    account: Login
    every_seconds: float = Field(default=5.0, ge=0.5, le=3_600)
    quiet_seconds: float = Field(default=10.0, ge=0, le=3_600)
    patience_seconds: float = Field(default=900.0, ge=0, le=7 * 86_400)
    after: AfterTaking = AfterTaking.KEEP

    @field_validator("folder")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            raise ValueError("the folder is a path from the root, /srv/scans/shanghai")
        return value


class ScanMailSettings(BaseModel):
    """Scanners send mails here.   addresses: of the sink, each with its account.   senders: whose mail is taken; an
    address, or `@example.com` for all of a domain.   networks: of the machines that may connect; needed for a host
    that is not this machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Port = 8725
    addresses: Annotated[dict[str, Login], Field(min_length=1)]
    senders: Annotated[tuple[str, ...], Field(min_length=1)]
    networks: tuple[IPvAnyNetwork, ...] = ()
    largest_bytes: int = Field(default=64 * MEBIBYTE, ge=1, le=LARGEST)
    certificate: Path | None = None
    key: Path | None = None

    @field_validator("addresses", "senders")
    @classmethod
    def _addresses(cls, value: object) -> object:
        for each in value if isinstance(value, tuple | dict) else ():
            if str(each).count("@") != 1 or str(each).endswith("@") or not str(each).isprintable():
                raise ValueError(f"{each} is no mail address")
        if isinstance(value, dict):
            return {address.lower(): login for address, login in value.items()}
        return value

    @model_validator(mode="after")
    def _whole(self) -> ScanMailSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("scan_mail.certificate and scan_mail.key come together")
        if not is_loopback(self.host) and not self.networks:
            raise ValueError("scan_mail.networks says who may connect, when scan_mail.host is not this machine")
        return self


class SftpUserSettings(BaseModel):
    """keys: public keys as in OpenSSH's `authorized_keys`, one a line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Login
    keys: Annotated[tuple[str, ...], Field(min_length=1)]


class ScanSftpSettings(BaseModel):
    """Scanners put files here. users: each with its account and public keys; there are no passwords."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Port = 8722
    users: Annotated[dict[str, SftpUserSettings], Field(min_length=1)]
    largest_bytes: int = Field(default=LARGEST, ge=1, le=LARGEST)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
