"""What is refused about key media."""

from __future__ import annotations

from printserver.foundation.errors import Malformed, NotFound, Refused


class MediumNotFound(NotFound):
    code = "key-medium-not-found"


class MediumMalformed(Malformed):
    code = "key-medium-malformed"


class MediumNumberTaken(Refused):
    """Another medium of this maker with this serial number is about."""

    code = "key-medium-number-taken"


class MediumReplacedAlready(Refused):
    """Another one was applied for in its place."""

    code = "key-medium-replaced-already"


class MediumStepWaits(Refused):
    """A step of this medium waits for a second person: confirm or drop that one first."""

    code = "key-medium-step-waits"


class MediumStepNotAsked(Refused):
    """No step of this medium waits for a second person."""

    code = "key-medium-step-not-asked"


class NotYours(Refused):
    """Only the holder signs for it."""

    code = "key-medium-not-yours"


class CertificateUnreadable(Malformed):
    code = "certificate-unreadable"
