"""What becomes of an Office file that names fonts which this machine lacks: a choice of the settings."""

from __future__ import annotations

from enum import StrEnum


class FontRule(StrEnum):
    ASK = "ask"
    REFUSE = "refuse"
