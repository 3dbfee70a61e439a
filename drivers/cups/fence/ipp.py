"""As much of the Internet Printing Protocol as one question and its answer need. Source: RFC 8010, RFC 8011.

Strict: an answer that is odd in any way is no answer. What reads it is bounded in time and memory by `printer`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

LARGEST_MESSAGE = 64 * 1024
CANCEL_JOB, GET_JOB_ATTRIBUTES = 0x0008, 0x0009

_OPERATION_GROUP, _JOB_GROUP, _END_OF_ATTRIBUTES, _UNSUPPORTED_GROUP = 0x01, 0x02, 0x03, 0x05
_INTEGER, _ENUM = 0x21, 0x23
_NAME_WITH_LANGUAGE, _NAME, _KEYWORD, _URI, _CHARSET, _LANGUAGE = 0x36, 0x42, 0x44, 0x45, 0x47, 0x48
_OUT_OF_BAND = range(0x10, 0x20)  # unsupported, unknown, no-value …
_STATES = {
    3: "pending",
    4: "pending-held",
    5: "processing",
    6: "processing-stopped",
    7: "canceled",
    8: "aborted",
    9: "completed",
}
_WANTED = ("job-id", "job-name", "job-state", "job-impressions-completed")

Value = tuple[int, bytes]


class NoAnswer(Exception):
    """The printer did not answer the question, whatever it said."""


@dataclass(frozen=True)
class JobAnswer:
    """impressions: None if the printer does not count."""

    job_id: int
    job_name: str
    state: str
    impressions: int | None


def question(operation: int, request_id: int, printer_uri: str, job_id: int, user: str) -> bytes:
    """A request about one job of the printer."""
    message = struct.pack(">BBHIB", 2, 0, operation, request_id, _OPERATION_GROUP)
    message += _attribute(_CHARSET, "attributes-charset", b"utf-8")
    message += _attribute(_LANGUAGE, "attributes-natural-language", b"en")
    message += _attribute(_URI, "printer-uri", printer_uri.encode("ascii"))
    message += _attribute(_INTEGER, "job-id", struct.pack(">i", job_id))
    message += _attribute(_NAME, "requesting-user-name", user.encode("utf-8"))
    if operation == GET_JOB_ATTRIBUTES:
        for place, wanted in enumerate(_WANTED):
            message += _attribute(_KEYWORD, "" if place else "requested-attributes", wanted.encode("ascii"))
    return message + bytes([_END_OF_ATTRIBUTES])


def job_answer(message: bytes, request_id: int) -> JobAnswer:
    """What the printer says of the job.   Raises NoAnswer."""
    job = _job_attributes(message, request_id)
    return JobAnswer(
        job_id=_number(job, "job-id", _INTEGER),
        job_name=_name(job),
        state=_state(job),
        impressions=_impressions(job),
    )


def _attribute(tag: int, name: str, value: bytes) -> bytes:
    own = name.encode("ascii")
    return struct.pack(">BH", tag, len(own)) + own + struct.pack(">H", len(value)) + value


def _job_attributes(message: bytes, request_id: int) -> dict[str, list[Value]]:
    """The attributes of the one job group, by name, each with its values."""
    if not 9 <= len(message) <= LARGEST_MESSAGE:
        raise NoAnswer
    major, _minor, status, answered = struct.unpack_from(">BBHI", message)
    if major not in (1, 2) or status > 0x00FF or answered != request_id:
        raise NoAnswer
    groups: dict[int, dict[str, list[Value]]] = {}
    at, group, values = 8, None, None
    while at < len(message):
        tag, at = message[at], at + 1
        if tag == _END_OF_ATTRIBUTES:
            return groups.get(_JOB_GROUP, {})
        if tag < 0x10:
            if tag in groups or tag not in (_OPERATION_GROUP, _JOB_GROUP, _UNSUPPORTED_GROUP):
                raise NoAnswer
            group, values = groups.setdefault(tag, {}), None
            continue
        name, at = _counted(message, at)
        value, at = _counted(message, at)
        if name:
            values = _new_values(group, name)
        if values is None:
            raise NoAnswer
        values.append((tag, value))
    raise NoAnswer


def _new_values(group: dict[str, list[Value]] | None, octets: bytes) -> list[Value]:
    name = octets.decode("ascii", "replace")
    if group is None or name in group:
        raise NoAnswer
    return group.setdefault(name, [])


def _counted(message: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + int.from_bytes(message[at:start], "big")
    if end > len(message) or start > len(message):
        raise NoAnswer
    return message[start:end], end


def _one(job: dict[str, list[Value]], name: str) -> Value:
    values = job.get(name, [])
    if len(values) != 1:
        raise NoAnswer
    return values[0]


def _number(job: dict[str, list[Value]], name: str, wanted: int) -> int:
    tag, octets = _one(job, name)
    if tag != wanted or len(octets) != 4:
        raise NoAnswer
    number: int = struct.unpack(">i", octets)[0]
    if number < 0:
        raise NoAnswer
    return number


def _state(job: dict[str, list[Value]]) -> str:
    try:
        return _STATES[_number(job, "job-state", _ENUM)]
    except KeyError:
        raise NoAnswer from None


def _impressions(job: dict[str, list[Value]]) -> int | None:
    if "job-impressions-completed" not in job or _one(job, "job-impressions-completed")[0] in _OUT_OF_BAND:
        return None
    return _number(job, "job-impressions-completed", _INTEGER)


def _name(job: dict[str, list[Value]]) -> str:
    tag, octets = _one(job, "job-name")
    if tag == _NAME_WITH_LANGUAGE:
        _, after = _counted(octets, 0)
        octets, end = _counted(octets, after)
        if end != len(_one(job, "job-name")[1]):
            raise NoAnswer
    elif tag != _NAME:
        raise NoAnswer
    return octets.decode("utf-8", "replace")
