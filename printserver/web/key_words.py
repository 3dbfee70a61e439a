"""Words for keys and certificates: what they are for, how they stand, what went wrong, what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

KEY_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "key_usage": {
        "code": N_("codes on the paper"),
        "pdf": N_("PDF signatures"),
        "tree-head": N_("heads of the log"),
        "seal-maker": N_("making seals"),
        "seal-ca": N_("certificates of seals"),
        "seal": N_("a seal"),
        "attestation": N_("decisions in these pages"),
        "time-stamp": N_("time-stamps"),
    },
    "key_thing": {
        "key": N_("key of the HSM"),
        "outside-certificate": N_("outside certificate"),
        "root": N_("offline root"),
        "revocation-list": N_("revocation list"),
    },
    "key_standing": {
        "valid": N_("valid"),
        "due": N_("renew it"),
        "expired": N_("expired"),
        "revoked": N_("revoked"),
        "not-yet": N_("not valid yet"),
        "renewed": N_("has a newer one"),
    },
}
KEY_TONES: Final[Mapping[str, str]] = {
    "valid": "success",
    "due": "warning",
    "expired": "danger",
    "revoked": "secondary",
    "not-yet": "secondary",
    "renewed": "secondary",
}
KEY_PROBLEMS: Final[Mapping[str, str]] = {
    "certificate-not-valid": N_("The certificate of the PDF key has expired or was revoked. Nothing was signed."),
    "revocation-unknown": N_("Whether a certificate is revoked cannot be found out now. Nothing was signed."),
    "time-stamp-unavailable": N_("No time-stamp authority answers. Nothing is lost; it is tried again."),
    "time-stamp-request-malformed": N_("This is no request for a time-stamp."),
    "copy-before-epoch": N_("This copy was made before an old state of the server was restored; apply anew."),
    "sealed-not-genuine": N_("What is stored here was changed, or belongs to something else. It is not opened."),
    "wrapped-key-refused": N_("The key of what is stored here was changed, or belongs to something else."),
    "storage-keys-too-many": N_("Too many protected files were opened in a short time; please wait a minute."),
    "key-encryption-key-missing": N_("The HSM lacks the key of protected files; its backup must be restored."),
    "key-encryption-key-in-use": N_("This key is not destroyed: something may still be wrapped by it."),
    "object-changed": N_("What is stored here is not what was put there. It is not opened; tell the administrator."),
    "object-erased": N_("This was erased for good; nobody can read it any more."),
    "object-store-unavailable": N_("The store of documents does not answer. Nothing is lost; please try again later."),
    "object-store-credentials-refused": N_("This server cannot enter its store of documents; tell the administrator."),
    "vault-not-given": N_("The server may not open its stored documents at present; tell the administrator."),
    "vault-key-lost": N_("The key of the stored documents is gone; its backup must be restored."),
    "clock-jumped": N_("The server's clock was set ahead. Nothing is signed before somebody has looked."),
}
KEY_EVENTS: Final[Mapping[str, str]] = {
    "KeyRunsOut": N_("key or certificate runs out"),
    "KeyCeremonyHeld": N_("key ceremony held"),
    "KeyStopped": N_("key reported lost"),
    "KeyCertificateImported": N_("outside certificate taken"),
    "TokenPinChanged": N_("PIN of the HSM changed"),
    "TokenBackedUp": N_("HSM backed up"),
    "TokenRestored": N_("HSM restored from a backup"),
    "RecoveryDrilled": N_("recovery of the HSM drilled"),
    "KeyEncryptionKeyMade": N_("key for protected files made"),
    "KeyEncryptionKeyRenewed": N_("key for protected files renewed"),
    "WrappedKeysRenewed": N_("keys of protected files wrapped anew"),
    "KeyEncryptionKeyDestroyed": N_("old key for protected files destroyed"),
    "StorageKeyWrapped": N_("file put under protection"),
    "StorageKeyUnwrapped": N_("protected file opened"),
    "VaultKeyMade": N_("key of the organisation's stored documents made"),
    "VaultKeyGiven": N_("key of the organisation's stored documents given to a process"),
    "StorageKeyRefused": N_("protected file that is not genuine refused"),
    "EpochBegun": N_("fenced after a restore"),
    "WitnessRenewed": N_("witness of the log written anew"),
}
