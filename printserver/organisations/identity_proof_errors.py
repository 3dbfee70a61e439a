"""What is refused about proofs of identity."""

from __future__ import annotations

from printserver.foundation.errors import Malformed, NotFound, Refused


class IdentityProofNotFound(NotFound):
    code = "identity-proof-not-found"


class IdentityProofMalformed(Malformed):
    code = "identity-proof-malformed"


class IdentityNumberWrong(Malformed):
    """The number has a typing error: it is not as the document's numbers are made."""

    code = "identity-number-wrong"


class IdentityProofOpen(Refused):
    """One is waiting to be looked at already."""

    code = "identity-proof-open"


class IdentityNumberTaken(Refused):
    """Somebody else is proved with the same number: two accounts of one person, or a fraud."""

    code = "identity-number-taken"


class IdentityRetained(Refused):
    """It is kept for a while after its end."""

    code = "identity-retained"


class IdentityErased(Refused):
    """Nothing of it can be read any more."""

    code = "identity-erased"


class IdentityNotProved(Refused):
    """The organisation asks for a proof of identity first."""

    code = "identity-not-proved"


class IdentityPolicyMalformed(Malformed):
    code = "identity-policy-malformed"
