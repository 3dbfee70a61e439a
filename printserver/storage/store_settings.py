"""Where the object store lies, and whether the HSM guards it. Filled from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from printserver.foundation.trusted_addresses import is_trusted_address

NOT_SEALED: Final = (
    "STORED OBJECTS ARE NOT SEALED: the settings say so (`object_store.sealed`), and whoever has the disk can read them"
)


class ObjectStoreSettings(BaseModel):
    """sealed: whether the HSM wraps the vault keys; otherwise they lie in the clear beside the wrapped keys.

    url, keys_url: `s3://BUCKET` or `s3://BUCKET/PREFIX`, of the ciphertexts and of the wrapped keys; a folder below
    the home each when empty.   endpoint: of the S3-compatible store.
    credentials: a TOML file with `access_key_id` and `secret_access_key`.   authorities: PEM, for the endpoint's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sealed: bool = True
    url: str = ""
    keys_url: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    credentials: Path | None = None
    authorities: Path | None = None

    @field_validator("url", "keys_url")
    @classmethod
    def _bucket(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "s3" or parts.netloc != parts.hostname or parts.query or parts.fragment):
            raise ValueError("an object store is s3://BUCKET or s3://BUCKET/PREFIX")
        return value.rstrip("/")

    @field_validator("endpoint")
    @classmethod
    def _encrypted_unless_here(cls, value: str) -> str:
        if value and not (is_trusted_address(value) and urlsplit(value).path in ("", "/")):
            raise ValueError("the endpoint is an https address (or http on the loopback), without a name or password")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> ObjectStoreSettings:
        if (self.url or self.keys_url) and (not self.endpoint or self.credentials is None):
            raise ValueError("an object store in a bucket needs endpoint and credentials")
        one, other = f"{self.url}/", f"{self.keys_url}/"
        if self.url and self.keys_url and (one.startswith(other) or other.startswith(one)):
            raise ValueError("contents and keys lie in two places, neither within the other")
        return self
