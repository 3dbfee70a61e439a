"""What is refused about seals."""

from __future__ import annotations

from printserver.foundation.errors import Malformed, NotFound, Refused


class SealNotFound(NotFound):
    code = "seal-not-found"


class SealNotUsable(Refused):
    """Not active, outside its validity, or not for this person or this class of documents."""

    code = "seal-not-usable"


class SealUsedUp(SealNotUsable):
    """The copies asked for are more than the seal's limit leaves."""

    code = "seal-used-up"


class SealStepOpen(Refused):
    """Another step of this seal waits for officers."""

    code = "seal-step-open"


class SealApplicationMalformed(Malformed):
    code = "seal-application-malformed"


class SealCustodianRefused(Malformed):
    """Whoever keeps a seal must be able to confirm its use, else no request for it ever gets through."""

    code = "seal-custodian-refused"


class SealReasonMissing(Malformed):
    code = "seal-reason-missing"


class SealWitnessMissing(Malformed):
    """What is destroyed or handed over is seen by a second person."""

    code = "seal-witness-missing"


class SealImportMalformed(Malformed):
    code = "seal-import-malformed"


class SealImportChanged(Refused):
    """What is applied must be the very file that was looked at, once."""

    code = "seal-import-changed"
