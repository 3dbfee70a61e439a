"""Build the adapters of a process from the settings: all but the HSM, which only the signer opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import UUID

from printserver.archive.fixity import FixityTools
from printserver.archive.search_index import IndexKeys, VaultIndexKeys
from printserver.archive.sweeping import SweepTools
from printserver.audit.proofs import Prover
from printserver.documents.handing_in import HandInRules
from printserver.documents.intake import IntakeLimits
from printserver.foundation.database import Engines, open_engines
from printserver.foundation.errors import NotFound
from printserver.foundation.job_queue import JobQueue
from printserver.foundation.jobs import DbosJobQueue
from printserver.foundation.unit_of_work import Database
from printserver.notifications.addresses import AddressRules
from printserver.notifications.delivering import WebhookTools
from printserver.notifications.mailing import MailTools
from printserver.notifications.posting import Poster
from printserver.notifications.secret_box import SecretBox, seal_secret
from printserver.notifications.smtp import MailServer
from printserver.organisations.oidc import SingleSignOn
from printserver.organisations.oidc_provider import HttpProvider
from printserver.organisations.seat_book import SeatBook
from printserver.organisations.secrets import Secrets
from printserver.print_requests.printing import SpoolerAccess
from printserver.printing.cups import CupsSpooler
from printserver.printing.job_file import ShareSecret, read_public_key
from printserver.returns.evidence_named import named_beside
from printserver.returns.evidence_packing import EvidenceTools
from printserver.settings import LOCAL_SPOOLER, Settings
from printserver.signing.certificate_files import read_chains
from printserver.signing.client import SignerClient
from printserver.signing.evidence import AttestationKey, EvidenceClaims, sign_evidence
from printserver.signing.key_list import KeyList
from printserver.signing.key_overview import KeyDue, overview
from printserver.signing.seal_makers import SealMakers
from printserver.storage.objects import Objects
from printserver.storage.opening import open_aside, open_objects, open_vaults
from printserver.storage.sealed import KeyWrapper
from printserver.storage.vault import Vaults

SINGLE_SIGN_ON_ANSWER: Final = "/sign-in/single-sign-on/answer"
"""Where the provider sends people back to."""


class SpoolerUnknown(NotFound):
    code = "spooler-unknown"


class SingleSignOnOff(NotFound):
    code = "single-sign-on-off"


@dataclass(frozen=True)
class FileAttestor:
    """The web process's attestation key, from a file that no other process can read; a ceremony may put a new one."""

    file: Path

    @property
    def key(self) -> AttestationKey:
        """As it lies there now.   Raises: TrustFileRefused."""
        return AttestationKey.load(self.file)

    def attest(self, claims: EvidenceClaims) -> str:
        return sign_evidence(claims, self.key)


@dataclass(frozen=True)
class Adapters:
    """What web, worker and command line stand on. Each adapter is made when it is first asked for."""

    settings: Settings
    database: Database
    objects: Objects
    vaults: Vaults
    """Keys of an organisation's own for other purposes than storing objects."""
    seats: SeatBook | None = None
    """The signer's register, when it is asked in another way than over the signer's socket."""

    @property
    def index_keys(self) -> IndexKeys:
        """Of the words by which the archive is searched."""
        return VaultIndexKeys(self.vaults)

    @property
    def seat_book(self) -> SeatBook:
        return self.signer if self.seats is None else self.seats

    @cached_property
    def attestor(self) -> FileAttestor:
        """For the web process alone; the file belongs to its system user."""
        return FileAttestor(self.settings.attestation_key)

    @cached_property
    def secrets(self) -> Secrets:
        """For the web process alone; the file belongs to its system user.   Raises: SecretsDamaged."""
        return Secrets.load(self.settings.web_secret)

    @cached_property
    def single_sign_on(self) -> SingleSignOn:
        """For the web process alone.   Raises: SingleSignOnOff."""
        chosen = self.settings.oidc
        if chosen is None:
            raise SingleSignOnOff("the settings name no single sign-on")
        answer = f"{self.settings.public_url}{SINGLE_SIGN_ON_ANSWER}"
        return SingleSignOn(chosen, answer, HttpProvider(chosen.issuer), self.secrets)

    @cached_property
    def signer(self) -> SignerClient:
        return SignerClient(self.settings.signer_socket)

    @property
    def key_wrapper(self) -> KeyWrapper:
        """For sealed storage, through the signer, which records each object."""
        return self.signer

    @cached_property
    def shares(self) -> ShareSecret:
        """For the worker alone; made when there is none yet."""
        return ShareSecret.load_or_make(self.settings.share_secret)

    @property
    def webhook_rules(self) -> AddressRules:
        """Where webhooks may lead."""
        wanted = self.settings.webhooks
        return AddressRules(frozenset(wanted.ports), wanted.networks, wanted.plain_loopback)

    def seal_webhook_secret(self, secret: str, webhook_id: UUID) -> str:
        """To the worker.   Raises: BoxMissing before that has run."""
        return seal_secret(secret, webhook_id, self.settings.webhook_public_key)

    @cached_property
    def webhook_tools(self) -> WebhookTools:
        """For the worker alone; its key is made when there is none yet."""
        box = SecretBox.load_or_make(self.settings.webhook_key, self.settings.webhook_public_key)
        poster = Poster(self.webhook_rules, self.settings.webhooks.authorities)
        return WebhookTools(self.database, poster, box)

    @property
    def mail_tools(self) -> MailTools | None:
        """For the worker; None without a mail server."""
        mail, settings = self.settings.mail, self.settings
        if mail is None:
            return None
        server = MailServer(mail.host, mail.port, mail.security, mail.user, mail.password_file, mail.authorities)
        return MailTools(self.database, server, mail.sender, settings.public_url, settings.language)

    def spooler(self, name: str) -> SpoolerAccess:
        """For the worker alone: its calls may block for a minute.   Raises: SpoolerUnknown."""
        settings = self.settings
        if name == LOCAL_SPOOLER:
            local = CupsSpooler(settings.cups_socket, settings.fence_directory)
            return SpoolerAccess(local, lambda: read_public_key(settings.backend_public_key))
        remote = settings.spoolers.get(name)
        if remote is None:
            raise SpoolerUnknown(f"the settings name no spooler {name}")
        # The claims of its backend lie on its own machine; what they say is delivered to the desk.
        elsewhere = CupsSpooler(remote.socket, settings.home / "no-fence-here")
        return SpoolerAccess(elsewhere, lambda: read_public_key(remote.public_key))

    @cached_property
    def evidence_tools(self) -> EvidenceTools:
        """For evidence packages, which name what they hold in the log and wait until that is proved."""
        settings = self.settings
        return EvidenceTools(
            self.database,
            self.objects,
            self.load_key_list,
            settings.key_list,
            settings.earlier_key_lists,
            settings.witness,
            Prover(),
        )

    @property
    def fixity_tools(self) -> FixityTools:
        return FixityTools(self.database, self.objects, named_beside)

    @property
    def sweep_tools(self) -> SweepTools:
        """Where the stores lie is all that they need: no key is opened."""
        chosen = self.settings
        return SweepTools(self.database, open_aside(chosen.object_store, chosen.objects, chosen.object_keys))

    @property
    def load_key_list(self) -> Callable[[], KeyList]:
        return lambda: read_key_list(self.settings)

    @cached_property
    def is_test(self) -> bool:
        """Whether this installation is for tests, which it stays for ever.   Raises: KeyListRefused."""
        return read_key_list(self.settings).test

    @property
    def load_seal_makers(self) -> Callable[[], SealMakers]:
        return lambda: read_seal_makers(self.settings)


def hand_in_rules(settings: Settings) -> HandInRules:
    """How documents are taken in here."""
    limits = IntakeLimits(max_bytes=settings.largest_upload_bytes, max_pages=settings.most_pages)
    return HandInRules(limits, settings.office_fonts)


def build(settings: Settings, *, jobs: JobQueue | None = None) -> Adapters:
    """jobs: where new jobs go; DBOS in the same database when not given."""
    engines: Engines = open_engines(settings.database)
    queue = DbosJobQueue(settings.database) if jobs is None else jobs
    vaults = open_vaults(settings.object_store, settings.object_keys, SignerClient(settings.signer_socket))
    objects = open_objects(settings.object_store, settings.objects, vaults)
    return Adapters(settings, Database(engines, queue), objects, vaults)


def read_key_overview(settings: Settings, at: datetime) -> tuple[KeyDue, ...]:
    """What is due of keys and certificates.   Raises: KeyListRefused, TrustFileRefused."""
    try:
        revocation_list = settings.root_revocation_list.read_bytes()
    except FileNotFoundError:
        revocation_list = None
    return overview(read_key_list(settings), read_chains(settings.imported_certificates), revocation_list, at)


def read_key_list(settings: Settings) -> KeyList:
    """The published keys, believed only under the root that this installation pins.

    Raises: KeyListRefused.
    """
    return KeyList.read(settings.key_list, pin_file=settings.root_fingerprint)


def read_seal_makers(settings: Settings) -> SealMakers:
    """Whose seals are believed: the published keys', and those of the makers that this installation pins.

    Raises: KeyListRefused, TrustFileRefused.
    """
    return SealMakers.read(read_key_list(settings), settings.seal_makers)
