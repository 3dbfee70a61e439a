"""Words for people: papers that are owed, who holds them, signings by hand, and printers' days beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

PAPER_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "paper_standing": {
        "open": N_("owed"),
        "soon": N_("due soon"),
        "overdue": N_("overdue"),
        "home": N_("came home"),
        "void": N_("void"),
        "missing": N_("missing"),
        "destroyed": N_("destroyed"),
        "replaced": N_("replaced"),
        "kept": N_("stays with us"),
        "never": N_("will never come"),
    },
    "owed_shown": {"owed": N_("owed"), "overdue": N_("overdue"), "left": N_("owed no more")},
    "owed_column": {
        "branch": N_("Branch"),
        "title": N_("Title"),
        "own_reference": N_("Own reference"),
        "copy": N_("Copy"),
        "serial": N_("Copy serial"),
        "applicant": N_("Applicant"),
        "printed": N_("Printed"),
        "due": N_("Due"),
        "standing": N_("State"),
        "days_overdue": N_("Days overdue"),
        "reason": N_("Reason"),
    },
    "reconciliation_column": {
        "day": N_("Day"),
        "printer": N_("Printer"),
        "finding": N_("Finding"),
        "window_from": N_("Reading before"),
        "window_to": N_("Reading after"),
        "authorised_copies": N_("Copies authorised"),
        "authorised_impressions": N_("Pages authorised"),
        "sent_copies": N_("Copies sent"),
        "sent_impressions": N_("Pages sent"),
        "sent_sheets": N_("Sheets sent"),
        "reported_impressions": N_("Impressions reported by the printer"),
        "expected_impressions_least": N_("Impressions expected, at least"),
        "expected_impressions_most": N_("Impressions expected, at most"),
        "counted_impressions": N_("Impressions counted"),
        "difference_impressions": N_("Difference in impressions"),
        "expected_sheets_least": N_("Sheets expected, at least"),
        "expected_sheets_most": N_("Sheets expected, at most"),
        "counted_sheets": N_("Sheets counted"),
        "difference_sheets": N_("Difference in sheets"),
        "scanned_back_pages": N_("Pages scanned back"),
        "archived_copies": N_("Copies archived"),
        "ended_copies": N_("Copies void, missing or destroyed"),
        "owed_copies": N_("Papers owed"),
        "overdue_copies": N_("Papers overdue"),
        "kept_copies": N_("Papers that need not come back"),
        "unsettled_copies": N_("Copies whose outcome is open"),
        "alarm": N_("Alarm"),
        "alarm_closed_by": N_("Closed by"),
        "alarm_reason": N_("What explains it"),
    },
    "counted_from": {"printing": N_("printing"), "hand-over": N_("the first hand-over")},
    "blocked": {
        "too-many": N_("too many papers are overdue"),
        "too-long": N_("a paper is overdue for too long"),
    },
    "holder_kind": {
        "party": N_("a party of the contract"),
        "person": N_("another person or company"),
        "branch": N_("a branch of ours"),
        "us": N_("with us"),
    },
    "hand_over_means": {"signature": N_("against a signature"), "courier": N_("by courier")},
    "identity_check": {
        "identity-card": N_("identity card"),
        "passport": N_("passport"),
        "driving-licence": N_("driving licence"),
        "business-licence": N_("business licence and letter of authority"),
        "known-personally": N_("known personally"),
        "none": N_("not checked"),
    },
    "signing_decision": {
        "waits": N_("waits for a second person"),
        "confirmed": N_("confirmed"),
        "refused": N_("refused"),
    },
    "signing_lateness": {"late": N_("late entry")},
}
PAPER_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "paper_standing": {"open": "light", "soon": "warning", "overdue": "danger", "home": "success"},
    "signing_decision": {"waits": "warning", "confirmed": "success", "refused": "danger"},
    "signing_lateness": {"late": "warning"},
}
PAPER_NOTICES: Final[Mapping[str, str]] = {
    "due-date-moved": N_("The due date is moved."),
    "paper-written-off": N_("The paper is owed no more."),
    "handed-over": N_("The hand-over is on record."),
    "hand-over-corrected": N_("The hand-over is corrected; what it said before stays on record."),
    "signing-recorded": N_("The signing is on record; a second person has to confirm it."),
    "signing-decided": N_("The decision is on record."),
    "exception-granted": N_("The branch may hand in for the time being."),
    "exception-ended": N_("The exception has ended."),
}
PAPER_EVENTS: Final[Mapping[str, str]] = {
    "ReturnPolicyChanged": N_("rule about signed papers changed"),
    "DueDateExtended": N_("due date of a signed paper moved"),
    "DueDateRecounted": N_("due date counted from the hand-over"),
    "PaperWrittenOff": N_("signed paper owed no more"),
    "ReturnReminded": N_("reminded of a signed paper"),
    "CopyHandedOver": N_("copy handed over"),
    "HandOverCorrected": N_("hand-over corrected"),
    "HandOverProofRead": N_("proof of a hand-over read"),
    "BlockExceptionGranted": N_("branch allowed to hand in although it owes papers"),
    "BlockExceptionUsed": N_("request handed in by an exception"),
    "BlockExceptionEnded": N_("exception for a branch ended"),
    "SigningRecorded": N_("signing by hand recorded"),
    "SigningCorrected": N_("record of a signing corrected"),
    "SigningDecided": N_("record of a signing confirmed or refused"),
}
PAPER_PROBLEMS: Final[Mapping[str, str]] = {
    "return-policy-malformed": N_("Type whole numbers, or nothing where there is no limit."),
    "due-date-malformed": N_("Give a reason, and another due date that lies in the future, within a year."),
    "returns-overdue": N_(
        "Your branch owes too many signed papers, and may hand in nothing of this class. Bring back the overdue ones,"
        " or ask an archivist for time; this application can be kept as a draft."
    ),
    "block-exception-malformed": N_("Give a reason, a day within 31 days, and for 1 to 100 requests."),
    "hand-over-malformed": N_(
        "Say who holds it, who signed for it or the courier's number, and when: after the printing, in order, and not"
        " in the future."
    ),
    "hand-over-proof-malformed": N_("A proof is a JPEG, PNG or PDF file of at most 10 MiB."),
    "signing-record-malformed": N_(
        "Say who signed, how they were known, where, and when: after the printing, and not in the future."
    ),
    "signing-same-person": N_("Somebody else than who recorded it has to confirm it."),
    "signing-capture-taken": N_("This was recorded before with other words; correct that record instead."),
    "signing-capture-unreadable": N_("What the telephone kept cannot be read here. Record the signing again."),
    "signing-record-not-found": N_("There is no such record of a signing."),
}
