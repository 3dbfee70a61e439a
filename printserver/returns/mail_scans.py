"""The scans that a mail carries. Only the envelope of MIME is read; what the parts hold is for the gate to judge."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final

MOST_PARTS: Final = 100
MOST_DEEP: Final = 20
_SCANS: Final = frozenset({"application/pdf", "image/tiff", "image/jpeg", "image/jpg", "image/png", "image/heic"})
_TEXTS: Final = frozenset({"text/plain", "text/html", "text/calendar"})


class MailUnreadable(Exception):
    """Nothing can be taken out of the mail; the message says why, in ASCII, for the SMTP reply."""


@dataclass(frozen=True)
class MailScan:
    """filename: as the sender named it; empty when it did not."""

    filename: str
    data: bytes


def scans_in(content: bytes) -> tuple[MailScan, ...]:
    """Each attachment that could be a scan, in order; what the mail itself says is left out, as are pictures within it.

    Raises: MailUnreadable, also for a mail without any attachment.
    """
    try:
        mail = email.message_from_bytes(content, policy=email.policy.compat32)
        scans = tuple(_scan(part) for part, within in _parts(mail) if _is_attachment(part, within=within))
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError):
        raise MailUnreadable("the mail cannot be read") from None
    if not scans:
        raise MailUnreadable("the mail has no scan attached")
    return scans


def _parts(mail: Message) -> Iterator[tuple[Message, bool]]:
    """Each part that has content, and whether it lies within a text with its pictures. No deeper than MOST_DEEP."""
    waiting: list[tuple[Message, int, bool]] = [(mail, 0, False)]
    count = 0
    while waiting:
        part, depth, within = waiting.pop()
        count += 1
        if count > MOST_PARTS or depth > MOST_DEEP:
            raise MailUnreadable("the mail has too many parts")
        inner = part.get_payload()
        if isinstance(inner, list):
            related = within or part.get_content_type() == "multipart/related"
            waiting += [(each, depth + 1, related) for each in reversed(inner) if isinstance(each, Message)]
        else:
            yield part, within


def _is_attachment(part: Message, *, within: bool) -> bool:
    """A picture that a text shows (a logo) is none."""
    if within and part.get("Content-ID") is not None and part.get_content_disposition() != "attachment":
        return False
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment" or kind in _SCANS:
        return True
    return part.get_filename() is not None and kind not in _TEXTS


def _scan(part: Message) -> MailScan:
    payload = part.get_payload(decode=True)
    name = part.get_filename()
    return MailScan(str(name) if name else "", payload if isinstance(payload, bytes) else b"")
