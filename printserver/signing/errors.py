"""What this room refuses. The codes also travel over the signer's socket, see `protocol`."""

from __future__ import annotations

from collections.abc import Sequence

from printserver.foundation.errors import (
    IntegrityError,
    Malformed,
    PrintServerError,
    Refused,
    TooMany,
    Unavailable,
)
from printserver.storage.sealed import SealedNotGenuine


class SignatureInvalid(Refused):
    """A signature that does not belong to these bytes and this key."""

    code = "signature-invalid"


class CodeMalformed(Malformed):
    """Not the text of a verification code at all."""

    code = "code-malformed"


class CodeForged(Refused):
    """Shaped like a verification code, but the key it names did not sign it."""

    code = "code-forged"


class KeyUnknown(Refused):
    """The key list does not hold this key for this use."""

    code = "key-unknown"


class KeyNotValid(Refused):
    """The key is in the list, but was not valid at that time, or is revoked."""

    code = "key-not-valid"


class KeyListRefused(Refused):
    """The key list is not signed by the pinned root, contradicts itself, or is empty."""

    code = "key-list-refused"


class TrustFileRefused(Refused):
    """A key or certificate file of the trust root cannot be used as it is, or already exists."""

    code = "trust-file-refused"


class HsmUnavailable(Unavailable):
    """The token does not answer. Nothing was signed; the caller may ask again later."""

    code = "hsm-unavailable"


class HsmPinRefused(Unavailable):
    """The token refused the PIN, or another try could lock it. Never tried again without a person."""

    code = "hsm-pin-refused"


class HsmKeyMissing(Refused):
    """The token holds no key with this label."""

    code = "hsm-key-missing"


class HsmKeyExists(Refused):
    """The token already holds a key with this label; a key is never overwritten."""

    code = "hsm-key-exists"


class WrappedKeyRefused(SealedNotGenuine):
    """The wrapped key of a sealed object was changed, or is another object's."""

    code = "wrapped-key-refused"


class StorageKeysTooMany(TooMany):
    """More keys of sealed objects were asked for in a minute than the settings let through."""

    code = "storage-keys-too-many"


class KeyEncryptionKeyMissing(IntegrityError):
    """Objects were sealed here, but the token no longer holds the key that opens them."""

    code = "key-encryption-key-missing"


class KeyEncryptionKeyInUse(Refused):
    """A key-encryption key is not destroyed: something may still be wrapped by it."""

    code = "key-encryption-key-in-use"


class TokenSetupRefused(Refused):
    """A token cannot be made here: the folder is in use, or the module would not take it."""

    code = "token-setup-refused"


class SealObjectMalformed(Malformed):
    """Not a GB/T 38540 version 4 structure."""

    code = "seal-object-malformed"


class SealObjectForged(Refused):
    """The seal or the signature made with it does not verify."""

    code = "seal-object-forged"


class SealAlgorithmUnknown(SealObjectForged):
    """Signed with an algorithm that is not verified here; nothing is said about genuine or not."""

    code = "seal-algorithm-unknown"


class SealMakerUnknown(Refused):
    """The seal's maker is not one we trust."""

    code = "seal-maker-unknown"


class SealObjectExpired(Refused):
    """The seal is not valid at that time."""

    code = "seal-object-expired"


class SealOrderRefused(Refused):
    """No seal is made or destroyed: nobody ordered it, or the order cannot be carried out as it stands."""

    code = "seal-order-refused"


class EvidenceForged(Refused):
    """Not an ES256 signature by an attestation key over well-formed claims."""

    code = "evidence-forged"


class EvidenceInsufficient(Refused):
    """The evidence does not carry the manifest. `missing`: what is wrong, one sentence each, never empty."""

    code = "evidence-insufficient"

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__("; ".join(self.missing))


class PdfSignatureRefused(Refused):
    """The PDF has no signature, or one that is not intact, not trusted, or does not cover the whole file."""

    code = "pdf-signature-refused"


class PdfNotSigned(PdfSignatureRefused):
    """The PDF has no signature at all."""

    code = "pdf-not-signed"


class PdfNotSignable(Malformed):
    """This PDF cannot be signed as it is."""

    code = "pdf-not-signable"


class CertificateNotValid(Refused):
    """The certificate of a signing key is expired, revoked, or does not lead to a trusted root. Nothing was signed."""

    code = "certificate-not-valid"


class RevocationUnknown(Unavailable):
    """Whether a certificate is revoked cannot be found out now. Nothing was signed; it may be asked again later."""

    code = "revocation-unknown"


class TimeStampUnavailable(Unavailable):
    """No time-stamp authority answered as it should."""

    code = "time-stamp-unavailable"


class CertificateChainRefused(Refused):
    """A certificate that was handed in is not for this key, not for this use, or its chain is broken."""

    code = "certificate-chain-refused"


class AlreadySpent(Refused):
    """The serial or the authorisation has been used once, which is all it may be."""

    code = "already-spent"


class TranscriptRefused(Refused):
    """The transcript of a ceremony is not signed by the root, or does not follow the one before it."""

    code = "transcript-refused"


class BackupRefused(Refused):
    """The backup of a token cannot be read, or its passphrase is wrong."""

    code = "backup-refused"


class CopyBeforeEpoch(Refused):
    """The copy is older than the restore of an old state: its serial may be on paper already."""

    code = "copy-before-epoch"


class JournalBroken(IntegrityError):
    """The spent journal is not what was written: an alarm, nothing may be signed."""

    code = "journal-broken"


class JournalInUse(Unavailable):
    """Another process holds the spent journal."""

    code = "journal-in-use"


class StatementRefused(Refused):
    """The register does not take this statement: too few signed it, or what it says cannot be."""

    code = "statement-refused"


class RegisterBroken(IntegrityError):
    """The signer's register is not what was written: an alarm, nothing may be signed."""

    code = "register-broken"


class FrameMalformed(Malformed):
    """What came over the socket is no frame of the signer's protocol."""

    code = "frame-malformed"


class SignerUnavailable(Unavailable):
    """The signer was not reached; the request was not delivered."""

    code = "signer-unavailable"


class OutcomeUnknown(PrintServerError):
    """The request was delivered, its answer was lost: it may have happened. Look it up, never send it again."""

    code = "outcome-unknown"


class SignerRefused(Refused):
    """The signer refused with a code this room does not know. `signer_code`: the code as it came."""

    code = "signer-refused"

    def __init__(self, signer_code: str, message: str) -> None:
        self.signer_code = signer_code
        super().__init__(message)
