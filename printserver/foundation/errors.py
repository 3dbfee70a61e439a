"""The kinds of refusal. Nothing here knows of HTTP; `http_edge.problems` maps kinds to status codes.

`code` is stable and documented, never renamed; the message is for a person and says what to do.
"""

from __future__ import annotations

from typing import ClassVar


class PrintServerError(Exception):
    """Something the product itself refuses or cannot do. The message is safe to show to the caller."""

    code: ClassVar[str] = "error"


class Unauthenticated(PrintServerError):
    code = "unauthenticated"


class Forbidden(PrintServerError):
    code = "forbidden"


class NotFound(PrintServerError):
    """Also the answer for an object of another branch: whether it exists is not said."""

    code = "not-found"


class Refused(PrintServerError):
    """The request is well formed, but a rule or the present state forbids it."""

    code = "refused"


class TransitionRefused(Refused):
    code = "transition-refused"


class Malformed(PrintServerError):
    """What was handed in cannot be used as it is."""

    code = "malformed"


class TooLarge(PrintServerError):
    code = "too-large"


class TooMany(PrintServerError):
    code = "too-many-requests"


class Unavailable(PrintServerError):
    """A part outside this process (HSM, CUPS, signer) does not answer; nothing was changed."""

    code = "unavailable"


class IntegrityError(PrintServerError):
    """Stored bytes, evidence or a log do not agree with what was recorded: an alarm, never a retry."""

    code = "integrity"
