"""Words for people: how long records are kept, legal holds and disposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

RETENTION_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "standing": {
        "due": N_("due"),
        "held": N_("held"),
        "held-by-log": N_("held by the log, though no hold is shown any more: an alarm"),
        "not-due": N_("not due yet"),
        "end-unknown": N_("end unknown"),
        "permanent": N_("permanent"),
        "disposed": N_("disposed of"),
    },
    "hold_state": {
        "set": N_("works, to be confirmed"),
        "confirmed": N_("works"),
        "lifting": N_("works, to be lifted"),
        "lifted": N_("lifted"),
        "unproved": N_("works still: its lifting was not signed"),
    },
    "retention_change": {
        "waiting": N_("waits for a second person"),
        "in-force": N_("in force"),
        "refused": N_("refused"),
    },
    "disposal_state": {
        "proposed": N_("waits for a second person"),
        "approved": N_("being carried out"),
        "done": N_("carried out"),
        "refused": N_("refused"),
        "withdrawn": N_("withdrawn"),
        "stopped": N_("stopped: an alarm"),
    },
    "disposal_line": {
        "listed": N_("listed"),
        "marked": N_("being erased"),
        "disposed": N_("erased"),
        "kept": N_("kept"),
    },
    "disposal_why": {
        "held": N_("held"),
        "held-by-log": N_("held by the log, though no hold is shown any more: an alarm"),
        "not-due": N_("not due yet"),
        "end-unknown": N_("end unknown"),
        "permanent": N_("permanent"),
        "disposed": N_("disposed of"),
        "changed": N_("its time was changed after the listing"),
        "being-read": N_("its searchable file is just being made"),
    },
}
RETENTION_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "standing": {"due": "warning", "held": "danger", "end-unknown": "warning", "disposed": "secondary"},
    "hold_state": {
        "set": "warning",
        "confirmed": "danger",
        "lifting": "warning",
        "lifted": "secondary",
        "unproved": "danger",
    },
    "retention_change": {"waiting": "warning", "in-force": "success", "refused": "secondary"},
    "disposal_state": {"proposed": "warning", "approved": "info", "done": "success", "stopped": "danger"},
    "disposal_line": {"disposed": "secondary", "kept": "success"},
}
RETENTION_NOTICES: Final[Mapping[str, str]] = {
    "retention-asked": N_("It is on record. Longer is in force; shorter waits for a second person."),
    "retention-confirmed": N_("The shorter time is in force."),
    "retention-refused": N_("The record is kept as before."),
    "hold-set": N_("The hold works. A second person has to confirm it."),
    "hold-confirmed": N_("The hold is confirmed."),
    "hold-lift-asked": N_("The hold works on until a second person has agreed."),
    "hold-lifted": N_("The hold is lifted."),
    "hold-kept": N_("The hold works on."),
    "disposal-proposed": N_("The list waits for a second person. Nothing is gone yet."),
    "disposal-approved": N_("The list is approved; it is being carried out."),
    "disposal-refused": N_("The list is refused; nothing is gone."),
    "disposal-withdrawn": N_("The list is taken back; nothing is gone."),
}
RETENTION_EVENTS: Final[Mapping[str, str]] = {
    "RetentionChangeAsked": N_("shorter time of a record asked for"),
    "RetentionChanged": N_("time of a record changed"),
    "RetentionChangeRefused": N_("shorter time of a record refused"),
    "HoldSet": N_("legal hold set"),
    "HoldConfirmed": N_("legal hold confirmed"),
    "HoldLiftAsked": N_("lifting of a legal hold asked for"),
    "HoldLifted": N_("legal hold lifted"),
    "HoldKept": N_("legal hold kept"),
    "DisposalProposed": N_("disposal proposed"),
    "DisposalApproved": N_("disposal approved"),
    "DisposalEnded": N_("disposal refused or withdrawn"),
    "DisposalCompleted": N_("disposal carried out"),
    "DisposalStopped": N_("disposal stopped, because it cannot be proved: an alarm"),
    "RecordMarked": N_("record about to be erased"),
    "RecordDisposed": N_("record disposed of"),
    "RecordKept": N_("record kept in spite of a disposal list"),
}
RETENTION_PROBLEMS: Final[Mapping[str, str]] = {
    "retention-reason-missing": N_("Say why, in at most 500 characters."),
    "retention-malformed": N_("Choose how long it is kept, and give the contract's end as a day."),
    "retention-unchanged": N_("The record is kept that long already."),
    "retention-overtaken": N_("The record was changed since this was asked for; please ask again."),
    "retention-change-not-found": N_("There is no such change."),
    "record-held": N_("A legal hold covers this record; its time is not shortened."),
    "record-disposed": N_("This record has been disposed of; nothing is left of it."),
    "legal-hold-not-found": N_("There is no such legal hold."),
    "legal-hold-malformed": N_("Name the matter and the branch, and words that find at least one record."),
    "disposal-not-found": N_("There is no such disposal."),
    "nothing-to-dispose": N_("Nothing that is due was chosen."),
    "disposal-list-changed": N_("This is not the list that was shown to you; please look at it again."),
    "disposal-list-forged": N_("The list in the database is not the one that was approved. Please tell your auditors."),
    "disposal-log-broken": N_(
        "The log is not what was recorded, so nobody can say what is held. Please tell your auditors."
    ),
    "log-not-ready": N_("The log has not taken up everything yet. Please try again in a moment."),
    "words-not-signed": N_("Two persons have not signed it."),
}
