"""Words for passkeys and single sign-on: what was done, what went wrong, what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

PASSKEY_NOTICES: Final[Mapping[str, str]] = {
    "passkey-added": N_("The passkey is added. For signing in it counts at once."),
    "passkey-renamed": N_("The passkey has its new name."),
    "passkey-removed": N_("The passkey is removed."),
}
PASSKEY_PROBLEMS: Final[Mapping[str, str]] = {
    "passkey-refused": N_("The passkey's answer does not hold; please try again."),
    "passkey-unreadable": N_("This is no passkey's answer; please try again."),
    "passkey-challenge-stale": N_("The question to the passkey is too old; please try again."),
    "passkey-known": N_("This passkey was added before."),
    "passkeys-too-many": N_("You have as many passkeys as one person may have; remove one first."),
    "passkey-not-found": N_("You have no such passkey."),
    "passkeys-off": N_("Passkeys need a server that is reached by its name."),
    "passkey-evidence-needed": N_("This is decided with a passkey alone."),
    "passkey-not-vouched": N_("Two officers have not vouched for a passkey of yours yet."),
    "passkey-decision-stale": N_("This is not what your passkey signed, or it was too long ago; please look again."),
    "colleague-missing": N_("Say who decides instead."),
    "passkey-busy": N_("The signer is just taking this passkey up; please try again in a moment."),
    "single-sign-on-refused": N_("The single sign-on did not work; please try again, or ask the administrator."),
    "single-sign-on-unavailable": N_("The single sign-on does not answer; please use your password."),
    "single-sign-on-off": N_("There is no single sign-on here."),
}
PASSKEY_EVENTS: Final[Mapping[str, str]] = {
    "PasskeyAdded": N_("passkey added"),
    "PasskeyRenamed": N_("passkey renamed"),
    "PasskeyRemoved": N_("passkey removed"),
    "SingleSignOnFailed": N_("single sign-on failed"),
}
PASSKEY_STATES: Final[Mapping[str, str]] = {
    "vouched": N_("vouched for"),
    "proposed": N_("waits for two officers"),
    "confirmed": N_("the signer takes it up"),
    "signing-in": N_("only for signing in"),
}
PASSKEY_TONES: Final[Mapping[str, str]] = {
    "vouched": "success",
    "proposed": "warning",
    "confirmed": "info",
    "signing-in": "secondary",
}
