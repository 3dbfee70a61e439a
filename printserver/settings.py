"""Settings, read once: the environment (`PRINTSERVER_…`), then the file `settings.toml` in the server's home.

Documented for the operator in `deploy/settings.example.toml`. Secrets are never settings: PINs and keys lie
in files of their own that only the process in need can read.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from printserver.documents.font_rule import FontRule
from printserver.foundation.serials import MOST_PAGES
from printserver.home_folders import HomeFolders
from printserver.notifications.smtp import MailSecurity
from printserver.organisations.dormancy_rule import DormancyPolicy
from printserver.organisations.email_address import EmailMalformed, check_email
from printserver.organisations.oidc_settings import OidcSettings
from printserver.organisations.sign_in_policy import SignInPolicy
from printserver.returns.intake_settings import ScanMailSettings, ScanSftpSettings, WatchedFolderSettings
from printserver.signing.pades_level import PdfLevel
from printserver.storage.store_settings import ObjectStoreSettings

HOME_VARIABLE: Final = "PRINTSERVER_HOME"
REPOSITORY: Final = Path(__file__).resolve().parent.parent
LONGEST_HOST: Final = 33
SHORTEST_DORMANCY: Final = 30
"""Days: whoever is ill or on leave for a few weeks is not frozen."""
LOCAL_SPOOLER: Final = "local"
_IPV4: Final = re.compile(r"[0-9.]+", re.ASCII)
_PUBLIC_URL: Final = re.compile(r"https?://(?P<host>[A-Za-z0-9.\-]+(:[0-9]{1,5})?)", re.ASCII)


def default_home() -> Path:
    """`PRINTSERVER_HOME`; else a system folder for root, whose services run as other users, else `var/home`."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named).resolve()
    return Path("/var/lib/printserver") if os.geteuid() == 0 else REPOSITORY / "var" / "home"


class SpoolerSettings(BaseModel):
    """A spooler on another machine, reached through a socket that is forwarded here.

    public_key: file with the key of its backend.   client_certificate: file with the one that its backend shows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    socket: Path
    public_key: Path
    client_certificate: Path


class WebhookSettings(BaseModel):
    """Where webhooks may lead, besides public addresses on these ports. See `notifications.addresses`.

    networks: of this company, in CIDR.   authorities: file with certificate authorities of its own.
    plain_loopback: `http` to this machine, for tests.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = (443, 8443)
    networks: tuple[IPvAnyNetwork, ...] = ()
    authorities: Path | None = None
    plain_loopback: bool = False


class MailSettings(BaseModel):
    """The company's mail server.   password_file: read by the worker alone.   sender: the address mails come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(min_length=1)]
    port: int = Field(default=587, ge=1, le=65_535)
    security: MailSecurity = MailSecurity.STARTTLS
    user: str = ""
    password_file: Path | None = None
    authorities: Path | None = None
    sender: str

    @field_validator("sender")
    @classmethod
    def _can_be_written_to(cls, value: str) -> str:
        try:
            return check_email(value)
        except EmailMalformed as problem:
            raise ValueError(str(problem)) from None

    @model_validator(mode="after")
    def _passwords_are_not_sent_in_the_clear(self) -> MailSettings:
        if self.security is MailSecurity.NONE and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError('mail.security = "none" is for a server on this machine')
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("mail.user and mail.password_file come together")
        return self


class Settings(HomeFolders, BaseSettings):
    """Paths are absolute; unnamed ones lie in `home`."""

    model_config = SettingsConfigDict(env_prefix="PRINTSERVER_", extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home)
    public_url: str = "http://127.0.0.1:8700"
    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=1, le=65_535)
    database_url: str = ""
    language: Literal["zh", "en"] = "zh"
    time_zone: str = "Asia/Shanghai"

    pkcs11_module: Path = Path("/usr/lib/softhsm/libsofthsm2.so")
    pkcs11_provider: str = "softhsm"
    """What kind of token: an entry of `keys/pkcs11/providers.toml`."""
    pkcs11_token: str = "printserver"  # noqa: S105 -- the token's label, no secret

    pades_level: PdfLevel = PdfLevel.B_B
    """How much a PDF signature carries."""
    time_stamp_urls: tuple[str, ...] = ()
    """Time-stamp authorities, asked in this order; none named means this installation's own."""
    revocation_urls: tuple[str, ...] = ()
    """Beginnings of the addresses of OCSP responders and revocation lists that may be asked; nothing else is."""
    outside_roots: tuple[Path, ...] = ()
    """PEM files with the roots of outside authorities that have certified our PDF key or give us time-stamps."""

    signer_clients: tuple[str, ...] = ()
    """System users that may have copies signed; none named means the signer's own."""
    storage_clients: tuple[str, ...] = ()
    """System users that may seal and open stored objects; none named means the signer's own."""
    storage_keys_per_minute: int = Field(default=300, ge=1)
    """Of sealed objects, for each of these users."""

    object_store: ObjectStoreSettings = ObjectStoreSettings()

    cups_private: bool = True
    cups_socket_path: Path | None = None
    fence_directory_path: Path | None = None
    backend_public_key_path: Path | None = None
    ticket_clients: tuple[str, ...] = ()
    """System users that may redeem tickets on this machine; none named means the worker's own."""
    spoolers: dict[str, SpoolerSettings] = Field(default_factory=dict)
    """Spoolers of other machines, by the name that printers give; this machine's own is `local`."""
    ticket_host: str = "127.0.0.1"
    ticket_port: int | None = Field(default=None, ge=1, le=65_535)
    """Where backends of other machines redeem tickets, by TLS; nowhere unless given."""
    ticket_certificate: Path | None = None
    ticket_key: Path | None = None

    seal_makers_path: Path | None = None

    webhooks: WebhookSettings = WebhookSettings()
    mail: MailSettings | None = None
    """Nobody is sent mails unless given."""
    return_reminder_days: int = Field(default=14, ge=1)
    """After which the applicant of a copy that went out is reminded of its signed scan, and again each time."""

    watched_folders: tuple[WatchedFolderSettings, ...] = ()
    """Folders into which scanners write; none unless given."""
    scan_mail: ScanMailSettings | None = None
    """Scanners send mails here; nobody listens unless given."""
    scan_sftp: ScanSftpSettings | None = None
    """Scanners put files here; nobody listens unless given."""

    fixity_days: int = Field(default=90, ge=0)
    """How often each archived file is read again and hashed; 0: never."""
    fixity_records_per_round: int = Field(default=200, ge=1)
    fixity_seconds_per_round: float = Field(default=60.0, gt=0)
    """A round each ten minutes."""
    sweep_days: int = Field(default=7, ge=0)
    """How often stored bytes that no row names are looked for, and erased a week after that; 0: never."""
    largest_package_bytes: int = Field(default=512 * 2**20, ge=1)
    """Of evidence packages of other installations, which are taken in; they are never read into memory whole."""

    largest_upload_bytes: int = Field(default=50 * 2**20, ge=1)
    most_pages: int = Field(default=500, ge=1, le=MOST_PAGES)
    office_fonts: FontRule = FontRule.ASK
    """What becomes of an Office file that names fonts which this machine lacks: `ask` the clerk, or `refuse` it."""
    most_copies: int = Field(default=100, ge=1)
    request_expires_after_days: int = Field(default=30, ge=1)
    session_hours: int = Field(default=10, ge=1)

    oidc: OidcSettings | None = None
    """Single sign-on by an OpenID provider; none unless given."""
    passkey_rp_id: str = Field(default="", pattern=r"^[a-z0-9.\-]*$", max_length=253)
    """The host for which browsers keep passkeys; that of `public_url` unless given."""
    session_idle_minutes: int = Field(default=60, ge=1)
    step_up_minutes: int = Field(default=5, ge=1, le=60)
    password_days: int = Field(default=60, ge=0)
    """How old a password may become; 0: as old as it likes."""
    dormant_days: int = Field(default=90, ge=0)
    """Who has not signed in for so long is frozen by itself; 0: nobody is. Otherwise at least 30."""
    dormant_warning_days: int = Field(default=14, ge=1, le=90)
    """So long before, the person is told."""
    dormant_seal_days: int = Field(default=180, ge=0)
    """Seals that nobody used for so long are listed; 0: none are. Otherwise at least 30."""
    rights_review_days: int = Field(default=180, ge=1)
    """After which every right is to be looked at again."""
    second_factor_roles: tuple[str, ...] = ()
    """Who holds one of these roles needs a second factor."""
    sign_in_failures_per_minute: int = Field(default=60, ge=1)
    """Of one address, whatever the account, on each web process."""
    sign_in_failures_before_rest: int = Field(default=5, ge=1)
    sign_in_failures_of_all: int = Field(default=50, ge=1)

    @field_validator("public_url")
    @classmethod
    def _no_path(cls, value: str) -> str:
        """Only what a verification code can carry: otherwise each copy would be refused when it is signed."""
        match = _PUBLIC_URL.fullmatch(value)
        if match is None or len(match["host"]) > LONGEST_HOST:
            raise ValueError("public_url is http(s)://HOST with a host of at most 33 characters and no path")
        return value

    @field_validator("watched_folders")
    @classmethod
    def _each_folder_once(cls, value: tuple[WatchedFolderSettings, ...]) -> tuple[WatchedFolderSettings, ...]:
        if len({each.folder for each in value}) < len(value):
            raise ValueError("a folder is watched for one account only")
        return value

    @model_validator(mode="after")
    def _desk_for_others_is_whole(self) -> Settings:
        if self.ticket_port is not None and (self.ticket_certificate is None or self.ticket_key is None):
            raise ValueError("ticket_port needs ticket_certificate and ticket_key")
        if LOCAL_SPOOLER in self.spoolers:
            raise ValueError(f"{LOCAL_SPOOLER} is this machine's own spooler")
        return self

    @model_validator(mode="after")
    def _passkeys_belong_to_this_site(self) -> Settings:
        site = self.passkey_site
        host = "" if site is None else urlsplit(site[1]).hostname
        if self.passkey_rp_id and f".{host}".endswith(f".{self.passkey_rp_id}") is False:
            raise ValueError("passkey_rp_id is the host of public_url, or a domain above it")
        return self

    @field_validator("dormant_days", "dormant_seal_days")
    @classmethod
    def _a_month_or_never(cls, value: int) -> int:
        if 0 < value < SHORTEST_DORMANCY:
            raise ValueError(f"0 for never, else at least {SHORTEST_DORMANCY} days")
        return value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.resolve()

    @property
    def passkey_site(self) -> tuple[str, str] | None:
        """Relying party and origin of passkeys, as browsers write them; None where browsers keep none.

        No address is a relying party; a server on the loopback is known to browsers as `localhost` instead.
        Source: the W3C's Web Authentication, Level 2, section 5.1.2; HTML, "registrable domain suffix".
        """
        parts = urlsplit(self.public_url)
        host, port = parts.hostname or "", parts.port
        if _IPV4.fullmatch(host):
            if not host.startswith("127."):
                return None
            host = "localhost"
        shown = "" if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{port}"
        return self.passkey_rp_id or host, f"{parts.scheme}://{host}{shown}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'printserver.db'}"

    @property
    def sign_in_policy(self) -> SignInPolicy:
        return SignInPolicy(
            password_days=self.password_days,
            second_factor_roles=frozenset(self.second_factor_roles),
            idle=timedelta(minutes=self.session_idle_minutes),
            step_up=timedelta(minutes=self.step_up_minutes),
            failures_before_rest=self.sign_in_failures_before_rest,
            failures_of_all=self.sign_in_failures_of_all,
        )

    @property
    def dormancy_policy(self) -> DormancyPolicy:
        return DormancyPolicy(self.dormant_days, self.dormant_warning_days)

    @property
    def seal_makers(self) -> Path:
        """A folder with the certificates of makers of seals that are believed besides the key list's own."""
        return self.seal_makers_path or self.home / "public" / "seal-makers"

    @property
    def backend_public_key(self) -> Path:
        """To which job files for this machine's spooler are encrypted."""
        return self.backend_public_key_path or self.cups_home / "keys" / "backend.pub"

    @property
    def cups_socket(self) -> Path:
        return self.cups_socket_path or self.cups_home / "run" / "cups.sock"

    @property
    def fence_directory(self) -> Path:
        return self.fence_directory_path or self.cups_home / "fence"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings().get("home") or default_home()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(home) / "settings.toml")
