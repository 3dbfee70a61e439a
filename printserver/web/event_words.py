"""Words for what the log records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.archive_words import ARCHIVE_EVENTS
from printserver.web.document_words import DOCUMENT_EVENTS
from printserver.web.evidence_words import EVIDENCE_EVENTS
from printserver.web.identity_words import IDENTITY_EVENTS
from printserver.web.intake_words import INTAKE_EVENTS
from printserver.web.key_words import KEY_EVENTS
from printserver.web.languages import N_
from printserver.web.paper_words import PAPER_EVENTS
from printserver.web.passkey_words import PASSKEY_EVENTS
from printserver.web.people_words import PEOPLE_EVENTS
from printserver.web.request_words import REQUEST_EVENTS
from printserver.web.retention_words import RETENTION_EVENTS
from printserver.web.seal_words import SEAL_EVENTS
from printserver.web.sign_in_words import SIGN_IN_EVENTS
from printserver.web.verdict_words import SEALING_EVENTS

EVENT_WORDS: Final[Mapping[str, str]] = {
    **PEOPLE_EVENTS,
    **ARCHIVE_EVENTS,
    **DOCUMENT_EVENTS,
    **EVIDENCE_EVENTS,
    **IDENTITY_EVENTS,
    **KEY_EVENTS,
    **INTAKE_EVENTS,
    **PASSKEY_EVENTS,
    **PAPER_EVENTS,
    **RETENTION_EVENTS,
    **SIGN_IN_EVENTS,
    **REQUEST_EVENTS,
    **SEAL_EVENTS,
    "OrganisationCreated": N_("organisation created"),
    "BranchCreated": N_("branch created"),
    "UserCreated": N_("person registered"),
    "SignedIn": N_("signed in"),
    "SignInFailed": N_("sign-in failed"),
    "SignedOut": N_("signed out"),
    "ApiTokenIssued": N_("API token issued"),
    "ApiTokenRevoked": N_("API token revoked"),
    "PrinterEnrolled": N_("printer enrolled"),
    "PrinterPaused": N_("printer paused or resumed"),
    "PrinterPinRenewed": N_("printer's new certificate trusted"),
    "PrinterChanged": N_("printer changed"),
    "PrinterCapabilitiesAsked": N_("printer asked what it can do"),
    "PrinterTakenOutOfService": N_("printer taken out of service"),
    "ProcessSheetTaken": N_("process sheet taken out"),
    "PrinterCalibrated": N_("printer calibrated"),
    "CalibrationSheetDrawn": N_("calibration sheet taken out"),
    "PrinterCounterRead": N_("printer's page counter read"),
    "DocumentTakenIn": N_("document taken in"),
    "RequestSubmitted": N_("print request submitted"),
    "ApprovalFlowOpened": N_("approval flow opened"),
    "RequestMoved": N_("print request changed its state"),
    "RequestDecided": N_("print request decided on"),
    "CopyRendered": N_("copy drawn"),
    "CopyMoved": N_("copy changed its state"),
    **SEALING_EVENTS,
    "CopySigned": N_("copy signed"),
    "ElectronicOriginalTaken": N_("electronic original downloaded"),
    "CopyStarted": N_("first octets of a copy handed to the printer"),
    "ReleaseCodeMade": N_("release code made"),
    "ReleaseCodeUsed": N_("release code used"),
    "ReleaseCodeRefused": N_("wrong release code typed"),
    "CopyLossConfirmed": N_("loss of a copy confirmed by a second person"),
    "HolderNotified": N_("holder of a copy notified"),
    "AuthorisationGranted": N_("authorisation granted"),
    "AuthorisationRedeemed": N_("authorisation redeemed"),
    "AuthorisationRefused": N_("authorisation refused"),
    "WebhookCreated": N_("webhook made"),
    "WebhookChanged": N_("webhook changed"),
    "WebhookSecretRenewed": N_("a webhook's secret renewed"),
    "WebhookTested": N_("webhook tried out"),
    "DeliveryAskedAgain": N_("a webhook's message asked for again"),
    "DeliveryGivenUp": N_("a webhook's message given up"),
    "MailPreferencesChanged": N_("choice of mails changed"),
    "EmailChanged": N_("e-mail address changed"),
    "StatementProposed": N_("statement to the signer's register proposed"),
    "StatementSigned": N_("statement to the signer's register signed"),
    "StatementMoved": N_("statement to the signer's register changed its state"),
    "StatementRegistered": N_("statement taken into the signer's register"),
    "StatementWithoutEffect": N_("a registered statement could not take effect here"),
    "EndForged": N_("the log names an end of the signer's files that the signer never wrote: an alarm"),
    "ReturnHandedIn": N_("scan handed in"),
    "ReturnRead": N_("scan read"),
    "ReturnFailed": N_("scan not readable"),
    "ReturnedScanRead": N_("scan looked at"),
    "PageMatched": N_("page matched"),
    "PageDoubted": N_("page doubtful"),
    "PageSettled": N_("page settled"),
    "PageDiscarded": N_("page discarded"),
    "PagesTakenOver": N_("pages taken over from a reading that failed"),
    "ProcessSheetMet": N_("process sheet met in a scan"),
    "PageAttached": N_("page put to a request"),
    "PageVersionKept": N_("page kept as a further scan"),
    "ReturnedPapersRead": N_("pages that came home were fetched"),
    "CopyArchived": N_("copy archived"),
    "ArchivedFileRead": N_("archived file fetched"),
    "CountAlarmOpened": N_("alarm about a counter opened"),
    "CountAlarmClosed": N_("alarm about a counter closed"),
}
