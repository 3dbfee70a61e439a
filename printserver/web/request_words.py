"""Words for people: what print requests, their classes, drafts and decisions are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

REQUEST_STATE: Final[Mapping[str, str]] = {
    "rendering": N_("being drawn"),
    "pending-approval": N_("waits for approval"),
    "pending-custody": N_("waits for the seal's custodian"),
    "approved": N_("being signed"),
    "issued": N_("issued"),
    "refused": N_("refused"),
    "withdrawn": N_("withdrawn"),
    "expired": N_("expired"),
    "failed": N_("failed"),
    "recalled": N_("taken back to be changed"),
    "physical-seal": N_("waits to be sealed by hand"),
    "sealed-by-hand": N_("sealed by hand"),
}
REQUEST_EVENTS: Final[Mapping[str, str]] = {}
REQUEST_NOTICES: Final[Mapping[str, str]] = {}
REQUEST_FIELDS: Final[Mapping[str, str]] = {}
REQUEST_PROBLEMS: Final[Mapping[str, str]] = {}
