"""Words for signing in: factors, permissions, what was done, what went wrong, what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

SIGN_IN_PROBLEMS: Final[Mapping[str, str]] = {
    "step-up-needed": N_("Please show that it is you."),
    "step-up-refused": N_("This is not right, or the account rests for a moment."),
    "second-factor-needed": N_("Please give the code of your second factor as well."),
    "second-factor-code-wrong": N_("This is not the code that the app shows now."),
    "second-factor-not-begun": N_("Please begin again."),
    "last-second-factor": N_("Your role needs a second factor; set up another one first."),
    "second-factor-missing": N_("Your role needs a second factor; please set one up first."),
    "password-change-needed": N_("Please choose a new password first."),
    "password-used-before": N_("This is one of your last passwords; please choose another one."),
    "passwords-differ": N_("The new password was typed in two ways."),
    "token-limits-malformed": N_(
        "A scope or a network cannot be used as it is; a network is an address or such as 192.0.2.0/24."
    ),
    "reset-reason-missing": N_("Please say why; it goes into the log."),
    "another-person-needed": N_("Another person than the one who ordered it, or whose it is, completes this."),
    "service-account-not-found": N_("There is no such service account."),
    "service-account-malformed": N_(
        "A service account has a name and a role; a token of it has at least one right of the account."
    ),
    "role-not-for-programs": N_("No program holds this role."),
    "secrets-damaged": N_("Something went wrong on our side. Please give the number to whoever runs this server."),
}
SIGN_IN_EVENTS: Final[Mapping[str, str]] = {
    "SecondFactorFailed": N_("second factor failed"),
    "AccountRested": N_("account rests after failures"),
    "SteppedUp": N_("showed again who it is"),
    "SessionsEnded": N_("sessions ended"),
    "PasswordChanged": N_("password changed"),
    "PasswordReset": N_("new first password"),
    "AccessResetOrdered": N_("new first password ordered, waits for a second person"),
    "SecondFactorEnrolled": N_("second factor set up"),
    "SecondFactorRemoved": N_("second factor removed"),
    "RecoveryCodesMade": N_("recovery codes made"),
    "RecoveryCodeSpent": N_("recovery code used"),
    "ServiceAccountCreated": N_("service account made"),
    "ServiceAccountClosed": N_("service account closed"),
}
SIGN_IN_NOTICES: Final[Mapping[str, str]] = {
    "password-changed": N_("The password is changed. You are signed out everywhere else."),
    "second-factor-removed": N_("The app's codes are asked for no more."),
    "sessions-ended": N_("Signed out there."),
    "account-closed": N_("The account is closed; none of its tokens works any more."),
}
FACTORS: Final[Mapping[str, str]] = {
    "password": N_("password"),
    "totp": N_("app on the phone"),
    "recovery-code": N_("recovery code"),
    "passkey": N_("passkey"),
    "single-sign-on": N_("single sign-on"),
}
PERMISSIONS: Final[Mapping[str, str]] = {
    "create-request": N_("apply for sealed copies"),
    "read-requests": N_("read requests"),
    "approve-request": N_("approve requests"),
    "confirm-seal-use": N_("confirm the use of seals"),
    "release-copies": N_("release copies at the printer"),
    "read-printers": N_("read the printers"),
    "manage-printers": N_("manage printers"),
    "settle-copies": N_("settle copies"),
    "hand-in-returns": N_("hand in scans"),
    "read-returns": N_("read returns"),
    "settle-returns": N_("settle doubtful pages"),
    "read-archive": N_("read the archive"),
    "read-evidence": N_("take evidence packages out of the archive"),
    "import-archive": N_("take archives of other installations in"),
    "manage-retention": N_("say how long records are kept, hold them, propose their disposal"),
    "confirm-retention": N_("confirm holds and disposals as the second person"),
    "read-audit": N_("read the log"),
    "read-seals": N_("read the seals"),
    "manage-seals": N_("manage seals"),
    "manage-documents": N_("manage document classes"),
    "manage-people": N_("manage people"),
    "read-people": N_("read the people"),
    "review-rights": N_("review rights"),
    "manage-integrations": N_("manage integrations"),
    "manage-keys": N_("manage keys"),
    "confirm-statements": N_("sign statements as an officer"),
}
