"""Logs: one line of JSON an event; nothing a stranger sends can begin a second one, and no secret gets in.

Every process configures them at its start: the library's own way prints the local variables of a traceback, among
them whatever personal data or PIN was at hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog
from sqlalchemy.exc import StatementError

LONGEST_VALUE: Final = 500
LONGEST_TRACEBACK: Final = 8_000
HIDDEN: Final = "[hidden]"
_SECRET_NAMES: Final = frozenset(
    {"authorization", "cookie", "csrf_token", "passphrase", "password", "pin", "secret", "set-cookie", "token"}
)
_OUR_TOKENS: Final = re.compile(r"\bps_[A-Za-z0-9_-]{20,}")


def configure(stream: TextIO | None = None) -> None:
    """From now on this process's events go to `stream` (else standard error), a JSON object a line, ASCII only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_parameters,
            structlog.processors.format_exc_info,
            tidy,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=lambda *_names: structlog.WriteLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure_unless_done() -> None:
    """For the start of a process; what a test or a program has configured stays."""
    if not structlog.is_configured():
        configure()


def hide_parameters(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave the values of a failed SQL statement out of its traceback."""
    error = event.get("exc_info")
    while isinstance(error, BaseException):
        if isinstance(error, StatementError):
            error.hide_parameters = True
        error = error.__cause__ or error.__context__
    return event


def tidy(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide secrets by their names and our tokens by their form; cut long texts."""
    return {name: _tidied(name, value) for name, value in event.items()}


def _tidied(name: str, value: Any) -> Any:
    if name.lower() in _SECRET_NAMES:
        return HIDDEN
    if isinstance(value, bool | int | float | None):
        return value
    text = _OUR_TOKENS.sub(f"ps_{HIDDEN}", str(value))
    longest = LONGEST_TRACEBACK if name == "exception" else LONGEST_VALUE
    # Of a traceback the end says what happened.
    return text if len(text) <= longest else f"…{text[-longest:]}" if name == "exception" else f"{text[:longest]}…"
