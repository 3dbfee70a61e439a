"""Where everything of an installation lies in its home, and who may read it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel


class HomeFolders(BaseModel):
    """Absolute paths below `home`."""

    home: Path

    @property
    def file(self) -> Path:
        return self.home / "settings.toml"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def objects(self) -> Path:
        return self.data / "objects"

    @property
    def object_keys(self) -> Path:
        """The wrapped keys of the objects, apart from them."""
        return self.data / "object-keys"

    @property
    def web_home(self) -> Path:
        """Readable by the web process alone: the attestation key, the secret behind passwords and sessions."""
        return self.home / "web"

    @property
    def attestation_key(self) -> Path:
        return self.web_home / "attestation-key.pem"

    @property
    def web_secret(self) -> Path:
        """What passwords, sessions and tokens are bound to, outside the database."""
        return self.web_home / "secret"

    @property
    def signer_home(self) -> Path:
        """Readable by the signer alone: token, PIN, spent journal."""
        return self.home / "signer"

    @property
    def token_folder(self) -> Path:
        """SoftHSM's configuration and tokens."""
        return self.signer_home / "token"

    @property
    def pin_file(self) -> Path:
        """The HSM's PIN: a credential handed over by systemd, or a file of mode 0600 in the signer's home."""
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        return Path(credentials) / "pin" if credentials else self.signer_home / "pin"

    @property
    def spent_journal(self) -> Path:
        return self.signer_home / "spent.jsonl"

    @property
    def register(self) -> Path:
        return self.signer_home / "register.jsonl"

    @property
    def made_seals(self) -> Path:
        """The signer's own copies of the seals it has made."""
        return self.signer_home / "made-seals"

    @property
    def signer_socket(self) -> Path:
        return self.home / "run" / "signer.sock"

    @property
    def witness(self) -> Path:
        """The tree heads outside the database; readable by all processes, written by the signer."""
        return self.home / "witness" / "heads.jsonl"

    @property
    def key_list(self) -> Path:
        return self.home / "public" / "print-keys.json"

    @property
    def earlier_key_lists(self) -> Path:
        """Every list that was ever published, by day and number; they stay published."""
        return self.home / "public" / "print-keys"

    @property
    def root_revocation_list(self) -> Path:
        """Which certificates of the offline root are revoked, signed by it; published."""
        return self.home / "public" / "root.crl"

    @property
    def transcripts(self) -> Path:
        """Of key ceremonies, signed by the offline root."""
        return self.home / "ceremonies"

    @property
    def stopped_keys(self) -> Path:
        """Keys that somebody has reported lost: the signer uses none of them from the next moment on."""
        return self.signer_home / "stopped-keys"

    @property
    def imported_certificates(self) -> Path:
        """Chains of outside authorities for keys of the HSM, one file a key, named by its id."""
        return self.home / "certificates"

    @property
    def root_fingerprint(self) -> Path:
        """The file that pins the offline root for this installation."""
        return self.home / "public" / "root.sha256"

    @property
    def offline_root(self) -> Path:
        """Where `init` leaves the offline root for the owner to take away."""
        return self.home / "offline-root"

    @property
    def cups_home(self) -> Path:
        return self.home / "cups"

    @property
    def worker_home(self) -> Path:
        """Readable by the worker alone: the secret behind the content keys of job files."""
        return self.home / "worker"

    @property
    def webhook_key(self) -> Path:
        """With which the worker opens webhooks' secrets."""
        return self.worker_home / "webhook-key"

    @property
    def webhook_public_key(self) -> Path:
        """To which the web process seals them."""
        return self.ticket_socket.parent / "webhook-key.pub"

    @property
    def sftp_host_key(self) -> Path:
        """By which scanners know the SFTP drop; made when it is first opened."""
        return self.worker_home / "sftp-host-key"

    @property
    def share_secret(self) -> Path:
        return self.worker_home / "share-secret"

    @property
    def ticket_socket(self) -> Path:
        """Where the backends of this machine redeem tickets; the worker listens."""
        return self.home / "tickets" / "tickets.sock"
